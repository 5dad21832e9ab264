/** Is `version` the same as or newer than `least`? `[0, 8, 3]` is at least `[0, 8]`. */
export function atLeast(version: readonly number[] | undefined, least: readonly number[]): boolean {
  if (version === undefined) return false;
  for (let i = 0; i < least.length; i++) {
    const part = version[i] ?? 0;
    if (part !== least[i]) return part > least[i];
  }
  return true;
}
