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

interface Algorithms {
  readonly since: string;
  readonly version: Version;
  readonly algorithms: readonly string[];
}

const MODELOPT: readonly Algorithms[] = (
  data.modelOptAlgorithms as unknown as readonly (readonly [string, readonly string[]])[]
).map(([since, algorithms]) => ({ since, version: parseVersion(since) ?? [], algorithms }));

/** Algorithms of ModelOpt that a version loads; undefined where it has no ModelOpt at all. */
export function modelOptAlgorithmsOf(version: Version): readonly string[] | undefined {
  return MODELOPT.filter((row) => compareVersions(version, row.version) >= 0).at(-1)?.algorithms;
}

/** The first version that loads an algorithm; undefined where none does. */
export function firstWithModelOptAlgorithm(algorithm: string): string | undefined {
  return MODELOPT.find(({ algorithms }) => algorithms.includes(algorithm))?.since;
}

/** Experts that a range of versions sends to a kernel that is not compiled for some GPUs. */
export interface ExpertsWithoutKernel {
  readonly weights: string;
  /** `null`: whatever the checkpoint’s layout. */
  readonly layout: string | null;
  /** Compute capability × 10, from here on. */
  readonly fromSm: number;
  readonly since: string;
  readonly before: string;
}

export const EXPERTS_WITHOUT_KERNEL: readonly ExpertsWithoutKernel[] = (
  data.expertsWithoutKernel as unknown as readonly (readonly [string, string | null, number, string, string])[]
).map(([weights, layout, fromSm, since, before]) => ({ weights, layout, fromSm, since, before }));

interface Backend {
  readonly name: string;
  /** The last version read that does not have it yet; undefined: the oldest one read has it. */
  readonly after?: Version;
  /** The first version read that has it no more. */
  readonly until?: Version;
}

const BACKENDS: readonly Backend[] = (
  data.attentionBackends as unknown as readonly (readonly [string, string | null, string | null])[]
).map(([name, after, until]) => ({
  name,
  after: after === null ? undefined : parseVersion(after),
  until: until === null ? undefined : parseVersion(until),
}));

/** Names of attention backends in a version from 0.10.1 on; a release between two that were read may have those of both. */
export function attentionBackendsOf(version: Version): readonly string[] {
  return BACKENDS.filter(
    ({ after, until }) =>
      (after === undefined || compareVersions(version, after) > 0) &&
      (until === undefined || compareVersions(version, until) < 0),
  ).map(({ name }) => name);
}

/** Where the values come from, for `qe explain`. */
export const LIMITS_SOURCE = data.source;
