import data from '../data/vllm-limits.json';
import { compareVersions, parseVersion, type Version } from '../../text/version';

interface BlockSizes {
  readonly since: Version;
  /** `null`: any. */
  readonly sizes: readonly number[] | null;
}

const BLOCK_SIZES: readonly BlockSizes[] = (
  data.blockSizes as unknown as readonly (readonly [string, readonly number[] | null])[]
).map(([since, sizes]) => ({ since: parseVersion(since) ?? [], sizes }));

/** What `--block-size` takes in a version; `null` where it takes any number, or where nothing is known. */
export function blockSizesOf(version: Version): readonly number[] | null {
  const rows = BLOCK_SIZES.filter(({ since }) => compareVersions(version, since) >= 0);
  return rows.at(-1)?.sizes ?? null;
}

/** Where the values come from, for `qe explain`. */
export const LIMITS_SOURCE = data.source;
