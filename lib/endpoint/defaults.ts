import type { ResolvedContainer } from '../container/types';
import type { Instance } from '../hardware/types';
import type { ModelDescription } from '../model/types';
import { atLeast } from './version';
import type { EnvironmentOptions } from './environment';

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
  readonly gpuLayers?: number;
  readonly batchSize?: number;
  readonly sequenceLength?: number;
  readonly logicalNeuronCores?: number;
}

/** What defaults depend on. */
export interface DefaultsContext {
  readonly container?: ResolvedContainer;
  readonly instance?: Instance;
  readonly model?: ModelDescription;
  /** What the user did set, for defaults that follow from other options. */
  readonly set: EnvironmentOptions;
  readonly environment?: Readonly<Record<string, string>>;
}

/**
 * vLLM's default since its first release; source: vllm/config/cache.py, `gpu_memory_utilization`.
 * SGLang and TensorRT-LLM have their own below.
 */
const VLLM_GPU_MEMORY_UTILIZATION = 0.9;

export function containerDefaults(context: DefaultsContext): ContainerDefaults {
  const { container, model } = context;
  const base: ContainerDefaults = {
    tensorParallelSize: 1,
    pipelineParallelSize: 1,
    gpuMemoryUtilization: VLLM_GPU_MEMORY_UTILIZATION,
    maxModelLen: model?.maxPositionEmbeddings,
  };
  switch (container?.family) {
    case 'lmi':
      return { ...base, ...vllmDefaults(context), ...lmiDefaults(context) };
    case 'lmi-trtllm':
      return { ...base, ...lmiTrtllmDefaults(context) };
    case 'vllm':
      return { ...base, ...vllmDefaults(context) };
    case 'sglang':
      return { ...base, ...sglangDefaults(context) };
    case 'llama-cpp':
      return { ...base, ...llamaCppDefaults(context) };
    case 'lmi-neuron':
      return { ...base, ...lmiNeuronDefaults(context) };
    case 'hf-vllm-neuron':
      return { ...base, ...hfVllmNeuronDefaults(context) };
    default:
      return base;
  }
}

/**
 * vLLM's own: `max_num_seqs` and `max_num_batched_tokens` by usage context (`OpenAI API server`) and device memory.
 * V1 (0.8 and later): 256 sequences and 2,048 tokens below 70 GiB, 1,024 and 8,192 from 70 GiB on (A100 keeps the smaller);
 * before that 256 sequences, and as many tokens as the context is long, at least 2,048.
 * Source: vllm/engine/arg_utils.py, `_set_default_args_v1` / `get_batch_defaults`; vllm/config.py `SchedulerConfig` of 0.6.
 */
function vllmDefaults({ container, instance, model, set }: DefaultsContext): Partial<ContainerDefaults> {
  const version = container?.engineVersion;
  const v1 = version === undefined || atLeast(version, [0, 8]);
  const maxModelLen = set.maxModelLen ?? model?.maxPositionEmbeddings;
  if (!v1) {
    // 0.4.0 to 0.7: chunked prefill is switched on by itself beyond 32 K of context, with 512 (then 2,048) tokens a step.
    const chunked =
      set.enableChunkedPrefill ?? (maxModelLen !== undefined && maxModelLen > 32_768 && atLeast(version, [0, 5, 1]));
    const chunkTokens = atLeast(version, [0, 6, 5]) ? 2048 : 512;
    return {
      maxNumSeqs: 256,
      enablePrefixCaching: false,
      enableChunkedPrefill: chunked,
      maxNumBatchedTokens: chunked ? chunkTokens : maxModelLen === undefined ? undefined : Math.max(maxModelLen, 2048),
    };
  }
  const large =
    (instance?.accelerator?.memoryBytesUsable ?? 0) >= LARGE_DEVICE_BYTES &&
    !instance?.accelerator?.key.startsWith('A100');
  const maxNumSeqs = large && atLeast(version ?? NEWEST, [0, 8, 3]) ? 1024 : 256;
  return {
    maxNumSeqs,
    maxNumBatchedTokens: Math.max(large ? 8192 : 2048, set.maxNumSeqs ?? 0),
    enablePrefixCaching: true,
    enableChunkedPrefill: true,
  };
}

const LARGE_DEVICE_BYTES = 70 * 2 ** 30;
const NEWEST = [Infinity];

/**
 * LMI: tensor parallelism over all GPUs, and 32 sequences where vLLM alone would take 256: its own recommender sets it for every mode but
 * `rolling_batch=vllm`. From LMI 17 (engine 0.11.1) the asynchronous mode, with 32, is the default.
 * Source: djl-serving wlm/.../LmiConfigRecommender.java, `setRollingBatchSize`.
 */
function lmiDefaults({ container, instance, set, environment }: DefaultsContext): Partial<ContainerDefaults> {
  const asynchronous = container?.engineVersion === undefined || atLeast(container.engineVersion, [0, 11, 1]);
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

/**
 * SGLang sets `mem_fraction_static` from the device's memory and the work buffers it foresees; 0.88 on one GPU, less with tensor parallelism
 * and long prefill chunks. Source: sglang/srt/server_args.py, `__post_init__` (0.88 / 0.87 / 0.85 / 0.81 / 0.79 by tp size).
 */
function sglangDefaults({ instance, set }: DefaultsContext): Partial<ContainerDefaults> {
  const tp = set.tensorParallelSize ?? 1;
  const fraction = tp >= 16 ? 0.79 : tp >= 8 ? 0.81 : tp >= 4 ? 0.85 : tp >= 2 ? 0.87 : 0.88;
  const bytes = instance?.accelerator?.memoryBytesAdvertised;
  const chunk = bytes === undefined ? 8192 : bytes < 35 * 2 ** 30 ? 2048 : bytes < 60 * 2 ** 30 ? 4096 : 8192;
  return { gpuMemoryUtilization: fraction, maxNumBatchedTokens: chunk, enablePrefixCaching: true };
}

/**
 * llama-server: without `--parallel` it takes four slots that share one cache of the whole context; layers are spread over all GPUs.
 * Source: llama.cpp tools/server/README.md (`-np`, `--kv-unified`, `-ngl`).
 */
function llamaCppDefaults({ instance, set }: DefaultsContext): Partial<ContainerDefaults> {
  return {
    slots: 4,
    pipelineParallelSize: set.tensorParallelSize ?? allDevices(instance, 1),
    gpuLayers: instance?.kind === 'gpu' ? Infinity : 0,
  };
}

/** Source: djl-serving lmi docs, "tnx_user_guide": `n_positions` 128, one sequence unless a rolling batch is asked for. */
function lmiNeuronDefaults({ instance, set }: DefaultsContext): Partial<ContainerDefaults> {
  const sequenceLength = set.sequenceLength ?? set.maxModelLen ?? 128;
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
  return {
    tensorParallelSize: allNeuronCores(instance, set.logicalNeuronCores),
    sequenceLength: set.maxModelLen ?? model?.maxPositionEmbeddings,
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
