import { compareVersions, parseVersion, type Version } from '../../text/version';
import { countsAs, isUpTo } from './releases';

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

const remembered = new Map<string, readonly KnownRange[]>();

/** The same for texts of our data, each of which is read once. */
export function knownRanges(text: string): readonly KnownRange[] {
  let ranges = remembered.get(text);
  if (ranges === undefined) {
    ranges = readRanges(text);
    remembered.set(text, ranges);
  }
  return ranges;
}

/** Is a version in one of the ranges, which come from released versions that were read? What a minor version had at its end, its later patches have. */
export function isInRanges(version: Version, ranges: readonly KnownRange[], read: readonly Version[]): boolean {
  const nearest = countsAs(version, read);
  return ranges.some((range) => hasStarted(nearest, range) && !hasEnded(version, range, read));
}

/** Is it there in a version, as `countsAs` has it? */
export function hasStarted(nearest: Version, { since }: KnownRange): boolean {
  return compareVersions(nearest, parseVersion(since) ?? []) >= 0;
}

function hasEnded(version: Version, { last }: KnownRange, read: readonly Version[]): boolean {
  return last !== undefined && !isUpTo(version, parseVersion(last) ?? [], read);
}
