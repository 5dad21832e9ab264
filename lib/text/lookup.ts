/** The record's own entry: a key such as `constructor`, which anyone may write, is not one. */
export function lookup<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
