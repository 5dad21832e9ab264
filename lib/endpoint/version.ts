/** Is `version` the same as or newer than `least`? `[0, 8, 3]` is at least `[0, 8]`. */
export function atLeast(version: readonly number[] | undefined, least: readonly number[]): boolean {
  if (version === undefined) return false;
  for (let i = 0; i < least.length; i++) {
    const part = version[i] ?? 0;
    if (part !== least[i]) return part > least[i];
  }
  return true;
}

/** As `atLeast`, where a version that is not known counts as newer than everything: plans are made for the current engine then. */
export function isSince(version: readonly number[] | undefined, ...least: number[]): boolean {
  return version === undefined || atLeast(version, least);
}
