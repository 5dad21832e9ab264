/** A JSON object whose values are checked where they are taken. */
export type JsonObject = Readonly<Record<string, unknown>>;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Python writes these where JSON has no word: Nemotron-H's config.json has `"time_step_limit": [0.0, Infinity]`. */
const PYTHON_NUMBERS = /"(?:[^"\\]|\\.)*"|-?Infinity|NaN/g;

/**
 * As `JSON.parse`, and of what it refuses also what Python's `json.dumps` writes: `Infinity`, and `NaN`, which is read as `null`.
 *
 * @throws SyntaxError as `JSON.parse` does
 */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    if (!/Infinity|NaN/.test(text)) throw cause;
    try {
      return JSON.parse(text.replace(PYTHON_NUMBERS, inJson));
    } catch {
      throw cause;
    }
  }
}

function inJson(token: string): string {
  if (token.startsWith('"')) return token;
  return token === 'NaN' ? 'null' : token.replace('Infinity', '1e999');
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
