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

interface ExpertBackends {
  readonly weights: string;
  /** The first version read. */
  readonly read: Version;
  /** A value, and the last version read that does not have it yet. */
  readonly names: readonly { readonly name: string; readonly after?: Version }[];
}

const EXPERT_BACKENDS: readonly ExpertBackends[] = (
  data.expertBackends as unknown as readonly (readonly [
    string,
    string,
    readonly (readonly [string, string | null])[],
  ])[]
).map(([weights, read, names]) => ({
  weights,
  read: parseVersion(read) ?? [],
  names: names.map(([name, after]) => ({ name, after: after === null ? undefined : parseVersion(after) })),
}));

/**
 * What `--moe-backend` takes for experts stored so (`plain`, `fp8`, `nvfp4`, `mxfp4`, `int8`, `int4`), a release between two that were read
 * counted as the later one; undefined where a version does not look at the argument, or none of that age was read.
 */
export function expertBackendsOf(version: Version, weights: string): readonly string[] | undefined {
  const row = EXPERT_BACKENDS.find((one) => one.weights === weights);
  if (row === undefined || compareVersions(version, row.read) < 0) return undefined;
  return row.names
    .filter(({ after }) => after === undefined || compareVersions(version, after) > 0)
    .map(({ name }) => name);
}

/** Compute capabilities × 10, both inclusive. */
export interface GpuRange {
  readonly least: number;
  readonly most: number;
}

const EXPERT_BACKEND_GPUS: ReadonlyMap<string, GpuRange> = new Map(
  (data.expertBackendGpus as unknown as readonly (readonly [string, number, number])[]).map(([name, least, most]) => [
    name,
    { least, most },
  ]),
);

/** GPUs that a value of `--moe-backend` has kernels for; undefined: not known, or any. */
export function expertBackendGpus(name: string): GpuRange | undefined {
  return EXPERT_BACKEND_GPUS.get(name);
}

/** A kernel of multi-head latent attention, as a range of versions has it. */
export interface LatentBackend extends GpuRange {
  readonly name: string;
  /** Does it attend to the tokens that an indexer chose, or to all? */
  readonly sparse: boolean;
  readonly kv: 'any' | '16-bit' | 'fp8';
  readonly after?: Version;
  readonly until?: Version;
}

const LATENT_BACKENDS: readonly LatentBackend[] = (
  data.latentBackends as unknown as readonly (readonly [
    string,
    boolean,
    number,
    number,
    LatentBackend['kv'],
    string | null,
    string | null,
  ])[]
).map(([name, sparse, least, most, kv, after, until]) => ({
  name,
  sparse,
  least,
  most,
  kv,
  after: after === null ? undefined : parseVersion(after),
  until: until === null ? undefined : parseVersion(until),
}));

/** Kernels of latent attention in a version, which its list of names may not all have; of two versions read, one between has what either has. */
export function latentBackendsOf(version: Version): readonly LatentBackend[] {
  const names = attentionBackendsOf(version);
  return LATENT_BACKENDS.filter(
    ({ name, after, until }) =>
      names.includes(name) &&
      (after === undefined || compareVersions(version, after) > 0) &&
      (until === undefined || compareVersions(version, until) < 0),
  );
}

/** A kernel for experts that takes their hidden layer in multiples only, on GPUs and in versions that pick it by themselves. */
export interface ExpertAlignment extends GpuRange {
  readonly weights: string;
  /** `null`: whatever the activation. */
  readonly activation: string | null;
  readonly multiple: number;
  readonly since: string;
  readonly before?: string;
}

export const EXPERT_ALIGNMENT: readonly ExpertAlignment[] = (
  data.expertAlignment as unknown as readonly (readonly [
    string,
    string | null,
    number,
    number,
    number,
    string,
    string | null,
  ])[]
).map(([weights, activation, least, most, multiple, since, before]) => ({
  weights,
  activation,
  least,
  most,
  multiple,
  since,
  before: before ?? undefined,
}));
