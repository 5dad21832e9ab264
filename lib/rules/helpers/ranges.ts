import { compareVersions, parseVersion, type Version } from '../../text/version';

/** Versions between which a vLLM has something; `last` is undefined where the newest that was read still does. */
export interface KnownRange {
  readonly since: string;
  readonly last?: string;
}

/** `0.6.0..0.9.2 0.11.0`: ranges as the generated data writes them. */
export function readRanges(text: string): readonly KnownRange[] {
  return text
    .split(' ')
    .filter((part) => part !== '')
    .map((part) => {
      const [since, last] = part.split('..');
      return last === undefined ? { since } : { since, last };
    });
}

/**
 * Is a version in one of the ranges? They come from released versions that were read: a release between two of them counts as the next one
 * of its minor version, and one before all of them as the first, so that nothing is called missing that may be there; what a minor version
 * had at its end, its later patches have.
 */
export function isInRanges(version: Version, ranges: readonly KnownRange[], read: readonly Version[]): boolean {
  const next = read.find((known) => compareVersions(known, version) >= 0);
  const nearest = next !== undefined && (next === read[0] || isSameMinor(next, version)) ? next : version;
  return ranges.some(
    ({ since, last }) =>
      compareVersions(nearest, parseVersion(since) ?? []) >= 0 && (last === undefined || isUpTo(version, last, read)),
  );
}

/** Up to `last`, and the patches of its minor version that nobody read. */
export function isUpTo(version: Version, last: string, read: readonly Version[]): boolean {
  const limit = parseVersion(last) ?? [];
  if (compareVersions(version, limit) <= 0) return true;
  const isEnded = read.some((known) => compareVersions(known, limit) > 0 && compareVersions(known, version) <= 0);
  return !isEnded && isSameMinor(version, limit);
}

const isSameMinor = (a: Version, b: Version): boolean => a[0] === b[0] && a[1] === b[1];
