import data from '../data/vllm-limits.json';
import { compareVersions, parseVersion, type Version } from '../../text/version';
import type { VersionRange } from './engine';

const versionOf = (text: string): Version => parseVersion(text) ?? [];

interface BlockSizes {
  readonly version: Version;
  /** undefined: any. */
  readonly sizes?: readonly number[];
}

const BLOCK_SIZES: readonly BlockSizes[] = data.blockSizes.map((row) => ({ ...row, version: versionOf(row.since) }));

/** What `--block-size` takes in a version; `null` where it takes any number, or where nothing is known. */
export function blockSizesOf(version: Version): readonly number[] | null {
  const rows = BLOCK_SIZES.filter((row) => compareVersions(version, row.version) >= 0);
  return rows.at(-1)?.sizes ?? null;
}

interface Algorithms {
  readonly since: string;
  readonly version: Version;
  readonly algorithms: readonly string[];
}

const MODELOPT: readonly Algorithms[] = data.modelOptAlgorithms.map((row) => ({
  ...row,
  version: versionOf(row.since),
}));

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
  /** undefined: whatever the checkpoint’s layout. */
  readonly layout?: string;
  /** Compute capability × 10, from here on. */
  readonly fromSm: number;
  readonly since: string;
  readonly before: string;
}

export const EXPERTS_WITHOUT_KERNEL: readonly ExpertsWithoutKernel[] = data.expertsWithoutKernel;

/** When something is there, by the versions that were read; a release between two of them may have what either has. */
interface Lifetime {
  /** The last version read that does not have it yet; undefined: the oldest one read has it. */
  readonly after?: Version;
  /** The first version read that has it no more. */
  readonly until?: Version;
}

function lifetimeOf({ after, until }: { readonly after?: string; readonly until?: string }): Lifetime {
  return {
    after: after === undefined ? undefined : versionOf(after),
    until: until === undefined ? undefined : versionOf(until),
  };
}

function isAlive({ after, until }: Lifetime, version: Version): boolean {
  return (
    (after === undefined || compareVersions(version, after) > 0) &&
    (until === undefined || compareVersions(version, until) < 0)
  );
}

interface Backend extends Lifetime {
  readonly name: string;
}

const BACKENDS: readonly Backend[] = data.attentionBackends.map((row) => ({ name: row.name, ...lifetimeOf(row) }));

/** Names of attention backends in a version from 0.10.1 on. */
export function attentionBackendsOf(version: Version): readonly string[] {
  return BACKENDS.filter((backend) => isAlive(backend, version)).map(({ name }) => name);
}

/** Where the values come from, for `qe explain`. */
export const LIMITS_SOURCE = data.source;

interface ExpertBackends {
  readonly weights: string;
  /** The first version read. */
  readonly read: Version;
  readonly backends: readonly Backend[];
}

const EXPERT_BACKENDS: readonly ExpertBackends[] = data.expertBackends.map(({ weights, read, names }) => ({
  weights,
  read: versionOf(read),
  backends: (names as [string, string | null][]).map(([name, after]) => ({
    name,
    ...lifetimeOf({ after: after ?? undefined }),
  })),
}));

/**
 * What `--moe-backend` takes for experts stored so (`plain`, `fp8`, `nvfp4`, `mxfp4`, `int8`, `int4`), a release between two that were read
 * counted as the later one; undefined where a version does not look at the argument, or none of that age was read.
 */
export function expertBackendsOf(version: Version, weights: string): readonly string[] | undefined {
  const row = EXPERT_BACKENDS.find((one) => one.weights === weights);
  if (row === undefined || compareVersions(version, row.read) < 0) return undefined;
  return row.backends.filter((backend) => isAlive(backend, version)).map(({ name }) => name);
}

/** Compute capabilities × 10, both inclusive. */
export interface GpuRange {
  readonly least: number;
  readonly most: number;
}

const EXPERT_BACKEND_GPUS: ReadonlyMap<string, GpuRange> = new Map(
  data.expertBackendGpus.map((row) => [row.weights === undefined ? row.name : `${row.name} ${row.weights}`, row]),
);

/** GPUs that a value of `--moe-backend` has kernels for, of experts stored so; undefined: not known, or any. */
export function expertBackendGpus(name: string, weights: string): GpuRange | undefined {
  return EXPERT_BACKEND_GPUS.get(`${name} ${weights}`) ?? EXPERT_BACKEND_GPUS.get(name);
}

/** A kernel of multi-head latent attention, as a range of versions has it. */
export interface LatentBackend extends Backend, GpuRange {
  /** Does it attend to the tokens that an indexer chose, or to all? */
  readonly sparse: boolean;
  readonly kv: 'any' | '16-bit' | 'fp8';
  /** Where it holds for entries of a cache below this many values alone. */
  readonly narrower?: number;
}

const LATENT_BACKENDS: readonly LatentBackend[] = data.latentBackends.map((row) => {
  const { name, sparse, least, most, kv, narrower } = row;
  return { name, sparse, least, most, kv: kv as LatentBackend['kv'], narrower, ...lifetimeOf(row) };
});

/** Kernels of latent attention in a version, which its list of names may not all have. */
export function latentBackendsOf(version: Version): readonly LatentBackend[] {
  const names = attentionBackendsOf(version);
  return LATENT_BACKENDS.filter((backend) => names.includes(backend.name) && isAlive(backend, version));
}

/** The GPUs that an attention backend of softmax attention needs, as a range of versions has it. */
export interface AttentionBackendGpu extends VersionRange {
  readonly name: string;
  /** Compute capability × 10. */
  readonly least: number;
  readonly because?: string;
}

export const ATTENTION_BACKEND_GPUS: readonly AttentionBackendGpu[] = data.attentionBackendGpus;

/** A kernel for experts that takes their hidden layer in multiples only, on GPUs and in versions that pick it by themselves. */
export interface ExpertAlignment extends GpuRange {
  readonly weights: string;
  /** undefined: whatever the activation. */
  readonly activation?: string;
  readonly multiple: number;
  readonly since: string;
  readonly before?: string;
}

export const EXPERT_ALIGNMENT: readonly ExpertAlignment[] = data.expertAlignment;

/** Kernels for INT4 experts that need all experts on each rank, on GPUs from a compute capability × 10 on. */
export interface KernelNotSpread extends VersionRange {
  readonly layout: string;
  /** On a rank; with more of them another kernel is taken. */
  readonly mostExperts?: number;
  readonly fromSm: number;
}

export const KERNELS_NOT_SPREAD: readonly KernelNotSpread[] = data.kernelsNotSpread;

/** Releases that read GGUF files. */
export const GGUF_READ: VersionRange = data.gguf;

const GGUF_SINCE: ReadonlyMap<string, string> = new Map(
  data.ggufTypes.flatMap(({ since, types }) => types.map((type) => [type, since] as const)),
);

/** First vLLM whose Transformers reads a GGUF of a model of this `model_type`; undefined where none does. */
export function vllmReadsGgufSince(modelType: string): string | undefined {
  return GGUF_SINCE.get(modelType);
}

export const GGUF_SOURCE = data.ggufSource;
