import { llamaCppHas } from '../container';
import type { Instance } from '../hardware/types';
import { shortestContext } from '../model';
import type { ModelDescription } from '../model/types';
import { GIB } from '../units';
import type { DefaultsContext } from './defaults-context';
import { sglangMemory } from './sglang-memory';
import { speculationOf } from './speculation';
import { atLeast, isSince } from './version';
import { startsV1 } from './vllm-engine';

/** What a container does with an option that nobody set, on this instance and model. */
export interface ContainerDefaults {
  readonly tensorParallelSize: number;
  readonly pipelineParallelSize: number;
  readonly gpuMemoryUtilization: number;
  readonly maxModelLen?: number;
  readonly maxNumSeqs?: number;
  readonly maxNumBatchedTokens?: number;
  readonly enablePrefixCaching?: boolean;
  readonly enableChunkedPrefill?: boolean;
  readonly slots?: number;
  readonly slotsAsked?: number;
  readonly unifiedKvCache?: boolean;
  readonly gpuLayers?: number;
  readonly fitsContext?: boolean;
  readonly batchSize?: number;
  readonly sequenceLength?: number;
  readonly logicalNeuronCores?: number;
}

/** What vLLM took until 0.19 (0.92 since): the figure where no engine is known. Source: vllm/config/cache.py of 0.19.0 and 0.21.0. */
const GPU_MEMORY_UTILIZATION = 0.9;

export function containerDefaults(context: DefaultsContext): ContainerDefaults {
  const { container, model } = context;
  // Spreading objects that share keys takes ten times as long as assigning them, and searches resolve thousands of endpoints.
  const base: ContainerDefaults = {
    tensorParallelSize: 1,
    pipelineParallelSize: 1,
    gpuMemoryUtilization: GPU_MEMORY_UTILIZATION,
    maxModelLen: model?.maxPositionEmbeddings,
  };
  switch (container?.family) {
    case 'lmi':
      return Object.assign(base, vllmDefaults(context), lmiDefaults(context));
    case 'lmi-trtllm':
      return Object.assign(base, lmiTrtllmDefaults(context));
    case 'vllm':
      return Object.assign(base, vllmDefaults(context));
    case 'sglang':
      return Object.assign(base, sglangDefaults(context));
    case 'llama-cpp':
      return Object.assign(base, llamaCppDefaults(context));
    case 'lmi-neuron':
      return Object.assign(base, lmiNeuronDefaults(context));
    case 'hf-vllm-neuron':
    case 'vllm-neuron':
      return Object.assign(base, hfVllmNeuronDefaults(context));
    default:
      // A server that is not named takes all there are: what may fit is not called too large.
      return context.instance?.kind === 'neuron'
        ? Object.assign(base, { tensorParallelSize: allNeuronCores(context.instance, context.set.logicalNeuronCores) })
        : base;
  }
}

/**
 * vLLM's own, for its OpenAI server.
 *
 * V1: 256 sequences and 2,048 tokens a step; on devices of 70 GiB and more 1,024 and 8,192 (A100 excepted from 0.9 on), of
 * 160 GiB and more 16,384 tokens (from 0.28). Unless set, tokens are at least the context where prefill is not chunked, and at most all
 * sequences' contexts together; sequences at most the tokens.
 * V0: 256 sequences; as many tokens as the context is long, at least 2,048; beyond 32 K of context prefill is chunked by 512 tokens
 * from 0.5.3, 2,048 from 0.6.5; with LoRA or speculative decoding it is not, nor that of models whose layers all have a window, of
 * multimodal ones from 0.6.2 (whose steps have at least 4,096 tokens, 5,120 from 0.6.3) and of latent attention from 0.8.
 * Sources: vllm/engine/arg_utils.py, `get_batch_defaults`, `_set_default_max_num_seqs_and_batched_tokens_args`, `create_engine_config` and
 * `_set_default_args_v0`; vllm/config.py, `SchedulerConfig`, of 0.5.1, 0.5.3, 0.6.2, 0.6.3, 0.8.5, 0.9.2, 0.14.1, 0.28.0 and 0.30.0.
 */
function vllmDefaults(endpoint: DefaultsContext): Partial<ContainerDefaults> {
  const { container, instance, model, scheme, set, spec } = endpoint;
  const version = container?.engineVersion;
  const since = (...least: number[]) => isSince(version, ...least);
  const gpuMemoryUtilization = since(0, 20) ? 0.92 : 0.9;
  const maxModelLen = model === undefined ? undefined : shortestContext(model)?.tokens;
  const context = set.maxModelLen ?? maxModelLen;
  // Searches resolve thousands of endpoints of the newest version.
  if (!since(0, 11) && !startsV1({ container, instance, model, scheme, spec, options: set })) {
    return {
      gpuMemoryUtilization,
      maxModelLen,
      maxNumSeqs: 256,
      enablePrefixCaching: false,
      ...v0Steps(endpoint, context, since),
    };
  }
  const bytes = instance?.accelerator?.memoryBytesUsable ?? 0;
  const isLarge = bytes >= 70 * GIB && !(since(0, 9) && instance?.accelerator?.key.startsWith('A100'));
  const chunked = set.enableChunkedPrefill ?? true;
  const sequences = set.maxNumSeqs ?? (isLarge ? 1024 : 256);
  let tokens = since(0, 28) && bytes >= 160 * GIB ? 16_384 : isLarge ? 8192 : 2048;
  if (context !== undefined) {
    if (!chunked) tokens = Math.max(tokens, context);
    if (since(0, 11)) tokens = Math.min(tokens, sequences * context);
  }
  return {
    gpuMemoryUtilization,
    maxModelLen,
    maxNumSeqs: Math.min(sequences, set.maxNumBatchedTokens ?? tokens),
    maxNumBatchedTokens: tokens,
    enablePrefixCaching: cachesPrefixes(model, since),
    enableChunkedPrefill: chunked,
  };
}

/**
 * V1 caches prefixes by itself, those of models with recurrent layers beside attention from 0.28 on, of recurrent layers alone never.
 * Sources: vllm/config/model.py, `is_prefix_caching_supported`, of 0.19.0, 0.25.0 and 0.28.0; vllm/engine/arg_utils.py of 0.27.1 and 0.28.0,
 * `default_prefix_caching`.
 */
function cachesPrefixes(model: ModelDescription | undefined, since: (...least: number[]) => boolean): boolean {
  if (model === undefined || !model.kv.some(({ kind }) => kind === 'recurrent')) return true;
  return since(0, 28) && model.kv.some(({ kind }) => kind !== 'recurrent');
}

/** Models some of whose layers alone have a window. */
const INTERLEAVED = /^(cohere2|gemma2|gemma3_text)$/;

/** Does V0 know the model for one with a window? Source: vllm/config.py of 0.6.3 and 0.8.4, `get_hf_config_sliding_window`. */
function hasWindow(model: ModelDescription | undefined): boolean {
  const { sliding_window: window, use_sliding_window: uses = true } = model?.textConfig ?? {};
  return typeof window === 'number' && uses === true && !INTERLEAVED.test(model?.modelType ?? '');
}

/** How V0 cuts prompts into steps, as `vllmDefaults` says. */
function v0Steps(
  endpoint: DefaultsContext,
  context: number | undefined,
  since: (...least: number[]) => boolean,
): Pick<ContainerDefaults, 'enableChunkedPrefill' | 'maxNumBatchedTokens'> {
  const { model, set } = endpoint;
  const hasImages = model?.multimodal === true && since(0, 6, 2);
  const isLatent = model?.mla !== undefined && since(0, 8);
  const mayCut = since(0, 5, 3) && !hasImages && !isLatent && !hasWindow(model) && set.enableLora !== true;
  const isLong = context !== undefined && context > 32_768;
  const enableChunkedPrefill = set.enableChunkedPrefill ?? (mayCut && isLong && speculationOf(endpoint) === undefined);
  const chunk = since(0, 6, 5) ? 2048 : 512;
  const least = hasImages ? (since(0, 6, 3) ? 5120 : 4096) : 0;
  const step = enableChunkedPrefill ? chunk : context && Math.max(context, 2048);
  return { enableChunkedPrefill, maxNumBatchedTokens: step && Math.max(step, least) };
}

/**
 * LMI: tensor parallelism over all GPUs, and 32 sequences where vLLM alone would take 256: its own recommender sets it for every mode but
 * `rolling_batch=vllm`. From LMI 17 (engine 0.11.1) the asynchronous mode, with 32, is the default.
 * Source: djl-serving wlm/.../LmiConfigRecommender.java, `setRollingBatchSize`.
 */
function lmiDefaults({ container, instance, set, environment }: DefaultsContext): Partial<ContainerDefaults> {
  const asynchronous = isSince(container?.engineVersion, 0, 11, 1);
  const rolling = environment?.OPTION_ROLLING_BATCH;
  const batch = rolling === 'vllm' || rolling === 'lmi-dist' || (!asynchronous && rolling !== 'disable') ? 256 : 32;
  return { tensorParallelSize: allDevices(instance, set.pipelineParallelSize), maxNumSeqs: batch };
}

/** Source: djl-serving lmi docs, "trt_llm_user_guide": max_num_tokens 16,384, kv_cache_free_gpu_mem_fraction 0.95, batch 256. */
function lmiTrtllmDefaults({ instance, set }: DefaultsContext): Partial<ContainerDefaults> {
  return {
    tensorParallelSize: allDevices(instance, set.pipelineParallelSize),
    maxNumSeqs: 256,
    maxNumBatchedTokens: 16_384,
    gpuMemoryUtilization: 0.95,
  };
}

function sglangDefaults(context: DefaultsContext): Partial<ContainerDefaults> {
  const { fraction, chunk } = sglangMemory(context);
  return { gpuMemoryUtilization: fraction, maxNumBatchedTokens: chunk, enablePrefixCaching: true };
}

/** llama-server's context before it took the model's own. Source: llama.cpp common/common.h, `n_ctx`. */
const FORMER_CONTEXT = 4096;

/**
 * llama-server: without `--parallel` it takes four slots that share one cache of the whole context; layers are spread over all GPUs. A
 * context that nobody sets is the model's own, shortened until it fits. Older builds took one slot, and a context of 4,096 tokens.
 * Source: llama.cpp tools/server/README.md (`-np`, `--kv-unified`, `-ngl`, `--fit`); data/sources/llama-cpp-changes.json.
 */
function llamaCppDefaults({
  container,
  instance,
  model,
  set,
  environment,
}: DefaultsContext): Partial<ContainerDefaults> {
  const severalSlots = llamaCppHas(container, 'slotsByDefault') !== false;
  const fits = llamaCppHas(container, 'fitsMemory') !== false;
  const isFitOff = /^(off|0|false|disabled)$/i.test(environment?.SM_LLAMA_CPP_FIT ?? '');
  const isShared = set.splitMode !== 'none';
  const named = environment?.SM_LLAMA_CPP_DEVICE?.split(',').length;
  return {
    slots: severalSlots ? 4 : 1,
    slotsAsked: Math.max(1, set.slots ?? 1),
    unifiedKvCache: severalSlots && set.slots === undefined,
    pipelineParallelSize: isShared
      ? (set.tensorParallelSize ?? Math.min(named ?? Infinity, allDevices(instance, 1)))
      : 1,
    gpuLayers: instance === undefined || instance.kind === 'gpu' ? Infinity : 0,
    ...(set.maxModelLen
      ? {}
      : fits
        ? { fitsContext: !isFitOff }
        : { maxModelLen: Math.min(FORMER_CONTEXT, model?.maxPositionEmbeddings ?? FORMER_CONTEXT) }),
  };
}

/** Neuron SDK of LMI 0.30, which takes the model's own length, up to `LONGEST_BY_DEFAULT`. */
const OWN_LENGTH_SINCE_SDK = [2, 20];
const LONGEST_BY_DEFAULT = 4096;

/**
 * One sequence unless a rolling batch is asked for, of 128 tokens up to LMI 0.29. Source: djl-serving lmi docs, "tnx_user_guide":
 * `n_positions` 128; from 0.30 on transformers_neuronx.py, `set_max_position_embeddings` (deepjavalibrary/djl-serving#2316).
 */
function lmiNeuronDefaults({ container, instance, model, set }: DefaultsContext): Partial<ContainerDefaults> {
  const own = atLeast(container?.engineVersion, OWN_LENGTH_SINCE_SDK)
    ? Math.min(model?.maxPositionEmbeddings ?? LONGEST_BY_DEFAULT, LONGEST_BY_DEFAULT)
    : 128;
  const sequenceLength = set.sequenceLength ?? set.maxModelLen ?? own;
  return {
    tensorParallelSize: allNeuronCores(instance, set.logicalNeuronCores),
    sequenceLength,
    maxModelLen: sequenceLength,
    batchSize: set.maxNumSeqs ?? 1,
    logicalNeuronCores: defaultLogicalCores(instance),
  };
}

/** Source: optimum-neuron docs, "vLLM plugin": batch and length are those the artifact was compiled for. */
function hfVllmNeuronDefaults({ instance, model, set }: DefaultsContext): Partial<ContainerDefaults> {
  const sequenceLength = set.sequenceLength ?? set.maxModelLen ?? model?.maxPositionEmbeddings;
  return {
    tensorParallelSize: allNeuronCores(instance, set.logicalNeuronCores),
    sequenceLength,
    maxModelLen: sequenceLength,
    batchSize: set.maxNumSeqs ?? 1,
    logicalNeuronCores: defaultLogicalCores(instance),
  };
}

function allDevices(instance: Instance | undefined, pipelineParallelSize = 1): number {
  const devices = instance === undefined || instance.acceleratorCount === 0 ? 1 : instance.acceleratorCount;
  return Math.max(1, Math.floor(devices / Math.max(1, pipelineParallelSize)));
}

/** Trainium2 joins two physical cores to one logical core unless told otherwise; source: Neuron docs, "Logical NeuronCore configuration". */
function defaultLogicalCores(instance: Instance | undefined): number {
  return instance?.accelerator?.key === 'Trainium2' ? 2 : 1;
}

function allNeuronCores(instance: Instance | undefined, logicalNeuronCores: number | undefined): number {
  if (instance?.accelerator?.neuronCores === undefined) return 1;
  const physical = instance.accelerator.neuronCores * instance.acceleratorCount;
  return Math.max(1, Math.floor(physical / Math.max(1, logicalNeuronCores ?? defaultLogicalCores(instance))));
}
