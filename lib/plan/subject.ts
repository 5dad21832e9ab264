import type { EngineName, ResolvedContainer } from '../container/types';
import type { EffectiveOptions, ResolvedEndpoint } from '../endpoint/types';
import { projectorPlace } from '../endpoint/projector';
import { attentionGroups } from '../endpoint/sglang-memory';
import { isSince } from '../endpoint/version';
import { startsV1 } from '../endpoint/vllm-engine';
import type { Accelerator, Instance } from '../hardware/types';
import type { ModelDescription } from '../model/types';
import type { Scheme } from '../scheme/types';
import { kvElementBytes } from './kv/dtype';
import { mediaLimits, type MediaLimits } from './memory/media-limits';
import { copiesTower, skipsTower } from './memory/skipped-tower';
import { usesSecondRunner } from './memory/second-runner';
import { servedDtypeBytes } from './weights/dtype';
import { servedScheme } from './online';
import { speculationOf } from '../endpoint/speculation';
import { argumentOf } from '../endpoint/vllm-argument';
import { draftOf, type Draft } from './speculative';
import type { Loader } from './weights/loader';

/** What a plan is made of: an endpoint whose model is known, with what follows from its parts worked out once. */
export interface Subject {
  readonly model: ModelDescription;
  readonly scheme: Scheme;
  readonly options: EffectiveOptions;
  readonly instance?: Instance;
  readonly accelerator?: Accelerator;
  readonly engine: EngineName;
  readonly engineVersion?: readonly number[];
  readonly container?: ResolvedContainer;
  /** vLLM's V1 engine. */
  readonly usesV1: boolean;
  /** vLLM's second model runner, as far as memory depends on it. */
  readonly usesSecondRunner: boolean;
  /** How it guesses ahead, if it does; lower case. */
  readonly speculation?: string;
  /** Tokens that are guessed ahead in each step. */
  readonly guessedTokens: number;
  /** Is the next step scheduled while one runs? undefined: as vLLM sees fit. */
  readonly overlapsSteps?: boolean;
  /** `VLLM_USE_FLASHINFER_SAMPLER=1`. Source: vllm/envs.py. */
  readonly asksForFlashInferSampler: boolean;
  /** Where llama-server keeps its projector, if it has one. */
  readonly projector?: 'gpu' | 'host';
  /** What a prompt may hold beside text. */
  readonly mediaLimits: MediaLimits;
  /** Bytes of a computed element. */
  readonly elementBytes: number;
  /** Bytes of a cached element; undefined for a format that is not known. */
  readonly kvElementBytes?: number;
  readonly hasNvlink: boolean;
  readonly loader: Loader;
  /** What guesses ahead, with speculative decoding. */
  readonly draft?: Draft;
}

/** Nothing but text goes into these models: what may be beside it is not looked for. */
const TEXT_ALONE: MediaLimits = {};

export function subjectOf(resolved: ResolvedEndpoint, model: ModelDescription): Subject {
  const { options, instance, container } = resolved;
  const scheme = servedScheme(resolved);
  const accelerator = instance?.accelerator;
  const engine = container?.engine ?? 'unknown';
  const elementBytes = servedBytes(options.dtype, scheme);
  const version = container?.engineVersion;
  const speculation = speculationOf(resolved);
  const method = speculation === undefined ? undefined : (speculation.method?.toLowerCase() ?? 'draft');
  const attention = engine === 'sglang' ? attentionRanks(resolved) : undefined;
  const limits = model.multimodal ? mediaLimits(resolved) : TEXT_ALONE;
  const loader: Loader = {
    engine,
    version,
    sm: accelerator?.sm,
    plainBytes: elementBytes,
    parallelism: {
      tensor: options.tensorParallelSize,
      pipeline: options.pipelineParallelSize,
      experts: options.expertParallel,
      expertReplicas: engine === 'vllm' ? Math.max(1, options.dataParallelSize ?? 1) : 1,
      attention,
      wholeEmbedding: attention === undefined ? undefined : keepsEmbeddingWhole(model, version),
      wholeTower: copiesTower(resolved, model),
    },
    loras: options.enableLora ? { count: options.maxLoras, rank: options.maxLoraRank } : undefined,
    skipsTower: skipsTower(resolved, model, limits),
    stepTokens: options.maxNumBatchedTokens,
  };
  return {
    model,
    scheme,
    options,
    instance,
    accelerator,
    engine,
    engineVersion: version,
    container,
    usesV1: engine === 'vllm' && startsV1(resolved),
    usesSecondRunner: usesSecondRunner({
      model,
      scheme,
      version,
      asked: resolved.spec.environment?.VLLM_USE_V2_MODEL_RUNNER,
      speculation: method,
    }),
    speculation: method,
    guessedTokens: speculation?.tokens ?? 0,
    overlapsSteps: engine === 'vllm' ? overlapsSteps(resolved) : undefined,
    asksForFlashInferSampler: resolved.spec.environment?.VLLM_USE_FLASHINFER_SAMPLER === '1',
    projector: model.multimodal ? projectorPlace(resolved) : undefined,
    mediaLimits: limits,
    elementBytes,
    kvElementBytes: kvElementBytes(kvDtype(options.kvCacheDtype, model), elementBytes),
    hasNvlink: hasNvlink(accelerator?.interconnect),
    loader,
    draft: draftOf(speculation, { model, id: resolved.spec.model.id, scheme, loader }),
  };
}

/** `--async-scheduling`, `--no-async-scheduling`. */
function overlapsSteps(endpoint: ResolvedEndpoint): boolean | undefined {
  const isOn = (argument: string): boolean | undefined => {
    const set = argumentOf(endpoint, argument);
    return set === undefined ? undefined : !/^\s*(false|0)\s*$/i.test(set.value);
  };
  return isOn('NO_ASYNC_SCHEDULING') === true ? false : isOn('ASYNC_SCHEDULING');
}

/** Ranks that attend together, where SGLang puts those of tensor parallelism into groups. */
function attentionRanks({ options, spec }: ResolvedEndpoint): number | undefined {
  const groups = attentionGroups(spec.environment);
  return groups === 0 ? undefined : Math.max(1, Math.floor(options.tensorParallelSize / groups));
}

/**
 * Where ranks attend in groups, SGLang cuts the embedding over one from 0.5.8 on for latent attention, and from 0.5.9 for the rest.
 * Source: sglang/srt/models/deepseek_v2.py, qwen2_moe.py and glm4_moe.py of 0.4.6 to 0.5.20, `VocabParallelEmbedding`.
 */
function keepsEmbeddingWhole({ mla }: ModelDescription, version: readonly number[] | undefined): boolean {
  return mla === undefined ? !isSince(version, 0, 5, 9) : !isSince(version, 0, 5, 8);
}

/** The data also says where there is none: `PCIe 4.0 x16 (no NVLink)`. */
function hasNvlink(interconnect = ''): boolean {
  return /nvlink|nvswitch/i.test(interconnect) && !/\bno\b/i.test(interconnect);
}

function servedBytes(dtype: string, scheme: Scheme): number {
  if (dtype !== 'auto') return servedDtypeBytes(dtype);
  return scheme.name === 'fp32' ? 4 : 2;
}

/** A checkpoint may bring scales for its cache, and `auto` takes them. Source: compressed-tensors `kv_cache_scheme`; ModelOpt `kv_cache_quant_algo`. */
export function kvDtype(dtype: string, model: ModelDescription): string {
  if (dtype !== 'auto') return dtype;
  const raw = model.quantization?.raw;
  if (raw === undefined) return dtype;
  const scheme = raw.kv_cache_scheme as { num_bits?: unknown } | null | undefined;
  if (scheme?.num_bits === 8) return 'fp8';
  const inner = (raw.quantization ?? raw) as { kv_cache_quant_algo?: unknown };
  const algorithm = inner.kv_cache_quant_algo;
  return typeof algorithm === 'string' && algorithm.toUpperCase() === 'FP8' ? 'fp8' : dtype;
}
