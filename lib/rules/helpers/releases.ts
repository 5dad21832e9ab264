import { compareVersions, type Version } from '../../text/version';

/** The nearest releases that were read: twice the version itself where it was; `before` is undefined ahead of all, `after` beyond all of them. */
export interface Neighbours {
  readonly before?: Version;
  readonly after?: Version;
}

/** Between which releases that were read does a version lie? They are in ascending order. */
export function neighbours(version: Version, read: readonly Version[]): Neighbours {
  const index = firstFrom(version, read);
  if (index === read.length) return { before: read[index - 1] };
  const after = read[index];
  return { before: compareVersions(after, version) === 0 ? after : read[index - 1], after };
}

/** The place of the first release that is not before a version; the lists are long, so it is looked for by halves. */
function firstFrom(version: Version, read: readonly Version[]): number {
  let from = 0;
  let to = read.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (compareVersions(read[middle], version) < 0) from = middle + 1;
    else to = middle;
  }
  return from;
}

/**
 * What a version counts as where only something that came is looked for: the next release of its minor version that was read, or the first
 * of all where it is older, so that nothing is called missing that may be there; else itself.
 */
export function countsAs(version: Version, read: readonly Version[]): Version {
  const { before, after } = neighbours(version, read);
  return after !== undefined && (before === undefined || isSameMinor(after, version)) ? after : version;
}

/** Is a version up to `limit`, or a patch of its minor version with no release that was read in between? */
export function isUpTo(version: Version, limit: Version, read: readonly Version[]): boolean {
  if (compareVersions(version, limit) <= 0) return true;
  const { before } = neighbours(version, read);
  return isSameMinor(version, limit) && (before === undefined || compareVersions(before, limit) <= 0);
}

const isSameMinor = (a: Version, b: Version): boolean => a[0] === b[0] && a[1] === b[1];
