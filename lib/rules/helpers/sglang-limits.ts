import data from '../data/sglang-limits.json';
import type { VersionRange } from './engine';

/** Values of `--moe-runner-backend` that a range of versions has no code of for experts stored so. */
export interface RefusedRunners extends VersionRange {
  readonly weights: string;
  readonly names: readonly string[];
}

export const REFUSED_RUNNERS: readonly RefusedRunners[] = data.refusedRunners;

/** Compute capabilities × 10 on which a range of versions starts an attention backend. */
export interface BackendRange extends VersionRange {
  readonly name: string;
  /** Of models with latent attention, or of all others; both where nothing is said. */
  readonly latent?: boolean;
  readonly least: number;
  readonly most: number;
}

export const ATTENTION_BACKENDS: readonly BackendRange[] = data.attentionBackends;

/** Quantized weights for which a range of versions takes kernels of vLLM, which its own images do not bring. */
export interface NeedsVllm extends VersionRange {
  readonly layouts: readonly string[];
  /** Has somebody seen its image stop? */
  readonly verified: boolean;
}

export const NEEDS_VLLM: readonly NeedsVllm[] = data.needsVllm;

export const NEEDS_VLLM_SOURCE = data.vllmSource;

/** How a compressed-tensors checkpoint may be made that a range of versions has no code for. */
export interface MissingCompressedScheme extends VersionRange {
  readonly weights: string;
  /** Of any number, where none is said. */
  readonly weightBits?: number;
  readonly activationBits: number;
  /** The name of the scheme, where the type of the weights stands for several. */
  readonly scheme?: string;
  /** Only weights with zero points of their own (false), where it is said. */
  readonly symmetric?: boolean;
  /** Only on GPUs below this compute capability × 10. */
  readonly below?: number;
  /** What the server stops with. */
  readonly error: string;
  /** Is there code where vLLM is installed beside it? */
  readonly withVllm?: boolean;
}

export const MISSING_COMPRESSED_SCHEMES: readonly MissingCompressedScheme[] = data.compressedSchemes;

export const COMPRESSED_SOURCE = data.compressedSource;

/** Attention backends that a range of versions has beside gated delta nets, on GPUs of a range of compute capabilities × 10. */
export interface LinearAttention extends VersionRange {
  readonly least: number;
  readonly most: number;
  readonly backends: readonly string[];
}

export const LINEAR_ATTENTION: readonly LinearAttention[] = data.linearAttention;

/** Releases whose GGUF files are read by a Transformers that is known. */
export const GGUF_KNOWN: VersionRange = data.gguf;

const GGUF_SINCE: ReadonlyMap<string, string> = new Map(
  data.ggufTypes.flatMap(({ since, types }) => types.map((type) => [type, since] as const)),
);

/** First SGLang whose Transformers reads a GGUF of a model of this `model_type`; undefined where none of those known does. */
export function sglangReadsGgufSince(modelType: string): string | undefined {
  return GGUF_SINCE.get(modelType);
}

export const GGUF_SOURCE = data.ggufSource;

/** Where the values come from, for `qe explain`. */
export const SGLANG_SOURCE = data.source;
