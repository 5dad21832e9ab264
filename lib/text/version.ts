/** A version as numbers, most significant first: `[0, 6, 3, 1]` for `0.6.3.post1`. */
export type Version = readonly number[];

/**
 * The leading numbers of a version; `.post1` counts as a further number, a pre-release or build suffix is dropped.
 * `undefined` for text that does not begin with a number.
 */
export function parseVersion(text: string): Version | undefined {
  const known = parsed.get(text);
  if (known !== undefined || parsed.has(text)) return known;
  const version = parse(text);
  if (parsed.size < MOST_REMEMBERED) parsed.set(text, version);
  return version;
}

/** The versions of our data are compared over and over. */
const parsed = new Map<string, Version | undefined>();
const MOST_REMEMBERED = 4096;

function parse(text: string): Version | undefined {
  const match = /^v?(\d{1,9}(?:\.\d{1,9})*)(?:\.?post(\d{1,9}))?/.exec(text.trim());
  if (!match) return undefined;
  const parts = match[1].split('.').map(Number);
  if (match[2] === undefined) return parts;
  while (parts.length < 3) parts.push(0);
  return [...parts, Number(match[2])];
}

/** Negative: `a` is older. Missing parts count as 0. */
export function compareVersions(a: Version, b: Version): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Is `version` at least `least`, given as text (`0.24.0`)? */
export function isAtLeast(version: Version, least: string): boolean {
  return compareVersions(version, parseVersion(least) ?? []) >= 0;
}

/** `0.6.3.post1` for `[0, 6, 3, 1]`, three numbers otherwise. */
export function formatVersion(version: Version): string {
  const [head, post] = [version.slice(0, 3).join('.'), version[3]];
  return post === undefined ? head : `${head}.post${post}`;
}
