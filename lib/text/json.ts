/** A JSON object whose values are checked where they are taken. */
export type JsonObject = Readonly<Record<string, unknown>>;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The object that a text holds; undefined for a text that is no JSON, or holds something else. */
export function parseJsonObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The same of the value of a variable, with or without the single quotes that some images need around JSON. */
export function parseQuotedJsonObject(text: string): JsonObject | undefined {
  return parseJsonObject(text.trim().replace(/^'(.*)'$/s, '$1'));
}
