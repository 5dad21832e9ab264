import type { ContainerFamily, ServingOptions } from '../spec/types';
import type { LlamaCppOptions } from './types';

/**
 * An option as a container variable sets it. Names of a container that the engine-neutral options have no word for
 * (`gpuLayers`, `quantizationFlag`, `dataParallelSize`) are kept too, because plan and rules depend on them.
 */
export interface EnvironmentOptions extends ServingOptions, LlamaCppOptions {
  readonly quantizationFlag?: string;
  /** vLLM `--cpu-offload-gb`: GiB of each GPU's weights that stay in the host's memory. */
  readonly cpuOffloadGib?: number;
  /** vLLM `--kv-cache-memory-bytes`: the cache of each GPU, whatever the rest takes. */
  readonly kvCacheBytes?: number;
  /** vLLM `--data-parallel-size`, and optimum-neuron’s. */
  readonly dataParallelSize?: number;
  /** llama.cpp `--n-gpu-layers`; a number beyond the model's layers means all of them. */
  readonly gpuLayers?: number;
  /** llama.cpp `--kv-unified`: one cache shared by all slots. */
  readonly unifiedKvCache?: boolean;
}

/** An option and the variable that sets it, so that a rule can name the variable. */
export interface EnvironmentSetting {
  readonly option: keyof EnvironmentOptions;
  readonly variable: string;
  readonly value: EnvironmentOptions[keyof EnvironmentOptions];
}

type OptionName = keyof EnvironmentOptions;
type Reader = (text: string) => EnvironmentOptions[OptionName] | undefined;

const text: Reader = (value) => value;
const integer: Reader = (value) => (/^[+-]?\d+$/.test(value.trim()) ? Number(value) : undefined);
/** A degree or a count; one below 1 is none that a plan could be made for, and has a rule of its own. */
const positive: Reader = (value) => {
  const read = integer(value);
  return typeof read === 'number' && read >= 1 ? read : undefined;
};
/** SGLang says over how many ranks experts are spread; 1 is tensor parallelism. */
const severalRanks: Reader = (value) => {
  const ranks = integer(value);
  return typeof ranks === 'number' ? ranks > 1 : undefined;
};
const number: Reader = (value) => (value.trim() !== '' && Number.isFinite(Number(value)) ? Number(value) : undefined);
const boolean: Reader = (value) => {
  const word = value.trim().toLowerCase();
  if (word === 'true' || word === '1' || word === 'on' || word === 'yes') return true;
  if (word === 'false' || word === '0' || word === 'off' || word === 'no') return false;
  return undefined;
};
/** A count that may have a decimal (k) or binary (K) unit; only the first with a fraction. Source: vllm/utils/argparse_utils.py, `human_readable_int`. */
const amount: Reader = (value) => {
  const match = /^(?:(\d+)([KMGT]?)|(\d+(?:\.\d+)?)([kmgt]))$/.exec(value.trim());
  if (match === null) return undefined;
  const [, whole, binary, decimal, unit] = match;
  return whole === undefined
    ? Math.floor(Number(decimal) * 1000 ** (1 + 'kmgt'.indexOf(unit)))
    : Number(whole) * 1024 ** ' KMGT'.indexOf(binary || ' ');
};
/** The same, or -1: as many as there is room for. */
const amountOrAll: Reader = (value) => (value.trim() === '-1' ? -1 : amount(value));
/** A bare flag that says no: `NO_ENABLE_PREFIX_CACHING=true`. */
const negated: Reader = (value) => {
  const read = boolean(value);
  return read === undefined ? undefined : !read;
};
/** A flag that the entry point drops when it is `false`, leaving the server's own default; an empty value is the bare flag. */
const bareFlag: Reader = (value) => (value === '' || boolean(value) === true ? true : undefined);
/** `--n-gpu-layers` takes a number, `all` or `auto`; `auto` is the server's default and so says nothing. */
const layers: Reader = (value) => (value.trim().toLowerCase() === 'all' ? Infinity : integer(value));

/** `3,1` or `3/1`, with nothing for what does not begin with a number. Source: llama.cpp common/arg.cpp, --tensor-split. */
const shares: Reader = (value) => {
  const read = value.split(/[,/]/).map((part) => Number(part.trim() || '0'));
  return read.every((share) => Number.isFinite(share) && share >= 0) && read.some((share) => share > 0)
    ? read
    : undefined;
};
const allLayers: Reader = (value) => (bareFlag(value) === true ? Infinity : undefined);
/** The commonest of the patterns that send tensors elsewhere: experts to the CPU (`exps=CPU`, `.ffn_.*_exps.=CPU`), taken for those of all layers. */
const expertsToHost: Reader = (value) =>
  value.split(',').some((part) => /exps?\b[^=]*=CPU$/i.test(part.trim())) ? Infinity : undefined;

type Table = Readonly<Record<string, readonly [OptionName, Reader]>>;

/** vLLM's engine arguments that both its own image and LMI pass on. Source: vllm/engine/arg_utils.py. */
const VLLM_ARGUMENTS: Table = {
  TENSOR_PARALLEL_SIZE: ['tensorParallelSize', positive],
  PIPELINE_PARALLEL_SIZE: ['pipelineParallelSize', positive],
  DATA_PARALLEL_SIZE: ['dataParallelSize', positive],
  MAX_MODEL_LEN: ['maxModelLen', amountOrAll],
  MAX_NUM_SEQS: ['maxNumSeqs', positive],
  MAX_NUM_BATCHED_TOKENS: ['maxNumBatchedTokens', amount],
  DTYPE: ['dtype', text],
  KV_CACHE_DTYPE: ['kvCacheDtype', text],
  GPU_MEMORY_UTILIZATION: ['gpuMemoryUtilization', number],
  MAX_LORAS: ['maxLoras', positive],
  MAX_LORA_RANK: ['maxLoraRank', integer],
  LOAD_FORMAT: ['loadFormat', text],
  QUANTIZATION: ['quantizationFlag', text],
  CPU_OFFLOAD_GB: ['cpuOffloadGib', number],
  KV_CACHE_MEMORY_BYTES: ['kvCacheBytes', amount],
};

/**
 * LMI: `OPTION_<NAME>`, the short names its start script translates, and the TGI names it still accepts.
 * Source: djl-serving serving/docker/dockerd-entrypoint-with-cuda-compat.sh and lmi docs, "deployment_guide/configurations".
 */
const LMI: Table = {
  ...prefixed('OPTION_', VLLM_ARGUMENTS),
  ...prefixed('OPTION_', {
    TENSOR_PARALLEL_DEGREE: ['tensorParallelSize', positive],
    PIPELINE_PARALLEL_DEGREE: ['pipelineParallelSize', positive],
    MAX_ROLLING_BATCH_SIZE: ['maxNumSeqs', positive],
    MAX_ROLLING_BATCH_PREFILL_TOKENS: ['maxNumBatchedTokens', integer],
    QUANTIZE: ['quantizationFlag', text],
    ENFORCE_EAGER: ['enforceEager', boolean],
    ENABLE_PREFIX_CACHING: ['enablePrefixCaching', boolean],
    ENABLE_CHUNKED_PREFILL: ['enableChunkedPrefill', boolean],
    ENABLE_LORA: ['enableLora', boolean],
    ENABLE_EXPERT_PARALLEL: ['expertParallel', boolean],
    TRUST_REMOTE_CODE: ['trustRemoteCode', boolean],
  }),
  TENSOR_PARALLEL_DEGREE: ['tensorParallelSize', positive],
  PIPELINE_PARALLEL_DEGREE: ['pipelineParallelSize', positive],
  SM_NUM_GPUS: ['tensorParallelSize', positive],
  MAX_BATCH_SIZE: ['maxNumSeqs', positive],
  MAX_BATCH_PREFILL_TOKENS: ['maxNumBatchedTokens', integer],
  HF_MODEL_QUANTIZE: ['quantizationFlag', text],
  HF_MODEL_TRUST_REMOTE_CODE: ['trustRemoteCode', boolean],
  CUDA_MEMORY_FRACTION: ['gpuMemoryUtilization', number],
};

/** TensorRT-LLM in LMI counts the prompt and the answer apart; source: djl-serving lmi docs, "trt_llm_user_guide". */
const LMI_TRTLLM: Table = {
  ...LMI,
  OPTION_QUANT_ALGO: ['quantizationFlag', text],
  OPTION_KV_CACHE_FREE_GPU_MEM_FRACTION: ['gpuMemoryUtilization', number],
  OPTION_MAX_NUM_TOKENS: ['maxNumBatchedTokens', integer],
  OPTION_MAX_SEQ_LEN: ['maxModelLen', integer],
};

/** transformers-neuronx in LMI 0.29; source: djl-serving lmi docs, "tnx_user_guide". */
const LMI_NEURON: Table = {
  ...LMI,
  OPTION_N_POSITIONS: ['sequenceLength', positive],
  OPTION_MAX_ROLLING_BATCH_SIZE: ['batchSize', positive],
  OPTION_BATCH_SIZE: ['batchSize', positive],
  NEURON_LOGICAL_NC_CONFIG: ['logicalNeuronCores', positive],
};

/** The vLLM image: `SM_VLLM_FOO_BAR` becomes `--foo-bar`; `true` a bare flag, `false` nothing at all. */
const VLLM: Table = {
  ...prefixed('SM_VLLM_', VLLM_ARGUMENTS),
  ...prefixed('SM_VLLM_', {
    ENFORCE_EAGER: ['enforceEager', bareFlag],
    ENABLE_PREFIX_CACHING: ['enablePrefixCaching', bareFlag],
    NO_ENABLE_PREFIX_CACHING: ['enablePrefixCaching', negated],
    ENABLE_CHUNKED_PREFILL: ['enableChunkedPrefill', bareFlag],
    NO_ENABLE_CHUNKED_PREFILL: ['enableChunkedPrefill', negated],
    ENABLE_LORA: ['enableLora', bareFlag],
    ENABLE_EXPERT_PARALLEL: ['expertParallel', bareFlag],
    TRUST_REMOTE_CODE: ['trustRemoteCode', bareFlag],
  }),
};

/** optimum-neuron: `SM_ON_BATCH_SIZE` becomes `--batch_size`. Source: optimum-neuron docs, "vLLM plugin". */
const HF_VLLM_NEURON: Table = {
  SM_ON_TENSOR_PARALLEL_SIZE: ['tensorParallelSize', positive],
  SM_ON_DATA_PARALLEL_SIZE: ['dataParallelSize', positive],
  SM_ON_SEQUENCE_LENGTH: ['sequenceLength', positive],
  SM_ON_BATCH_SIZE: ['batchSize', positive],
  NEURON_LOGICAL_NC_CONFIG: ['logicalNeuronCores', positive],
};

/** Our own image of vLLM on Neuron: what the model is compiled for. Source: images/vllm-neuron/serve. */
const VLLM_NEURON: Table = {
  SM_VLLM_TENSOR_PARALLEL_SIZE: ['tensorParallelSize', positive],
  SM_VLLM_MAX_MODEL_LEN: ['sequenceLength', positive],
  SM_VLLM_MAX_NUM_SEQS: ['batchSize', positive],
  SM_VLLM_DTYPE: ['dtype', text],
  SM_VLLM_ENABLE_PREFIX_CACHING: ['enablePrefixCaching', bareFlag],
  NEURON_LOGICAL_NC_CONFIG: ['logicalNeuronCores', positive],
};

/** Source: sglang/srt/server_args.py. */
const SGLANG: Table = prefixed('SM_SGLANG_', {
  TP: ['tensorParallelSize', positive],
  TP_SIZE: ['tensorParallelSize', positive],
  TENSOR_PARALLEL_SIZE: ['tensorParallelSize', positive],
  PP_SIZE: ['pipelineParallelSize', positive],
  PIPELINE_PARALLEL_SIZE: ['pipelineParallelSize', positive],
  EP: ['expertParallel', severalRanks],
  EP_SIZE: ['expertParallel', severalRanks],
  EXPERT_PARALLEL_SIZE: ['expertParallel', severalRanks],
  // Up to 0.5.2: as many ranks as tensors are cut into.
  ENABLE_EP_MOE: ['expertParallel', bareFlag],
  ENABLE_DEEPEP_MOE: ['expertParallel', bareFlag],
  CONTEXT_LENGTH: ['maxModelLen', integer],
  MAX_RUNNING_REQUESTS: ['maxNumSeqs', positive],
  CHUNKED_PREFILL_SIZE: ['maxNumBatchedTokens', integer],
  MEM_FRACTION_STATIC: ['gpuMemoryUtilization', number],
  DTYPE: ['dtype', text],
  KV_CACHE_DTYPE: ['kvCacheDtype', text],
  QUANTIZATION: ['quantizationFlag', text],
  LOAD_FORMAT: ['loadFormat', text],
  DISABLE_CUDA_GRAPH: ['enforceEager', bareFlag],
  DISABLE_RADIX_CACHE: ['enablePrefixCaching', negated],
  ENABLE_LORA: ['enableLora', bareFlag],
  MAX_LORAS_PER_BATCH: ['maxLoras', positive],
  MAX_LORA_RANK: ['maxLoraRank', integer],
  TRUST_REMOTE_CODE: ['trustRemoteCode', bareFlag],
});

/** What llama-server's arguments and its own variables say under one name. */
const LLAMA_CPP_EITHER: Table = {
  CTX_SIZE: ['maxModelLen', integer],
  CACHE_TYPE_K: ['kvTypeK', text],
  CACHE_TYPE_V: ['kvTypeV', text],
  FLASH_ATTN: ['flashAttention', text],
  N_GPU_LAYERS: ['gpuLayers', layers],
  KV_UNIFIED: ['unifiedKvCache', bareFlag],
  SWA_FULL: ['fullWindows', bareFlag],
  TENSOR_SPLIT: ['gpuShares', shares],
  SPLIT_MODE: ['splitMode', text],
  N_CPU_MOE: ['expertsOnHost', positive],
  CPU_MOE: ['expertsOnHost', allLayers],
  OVERRIDE_TENSOR: ['expertsOnHost', expertsToHost],
};

/** Sources: llama.cpp tools/server/README.md; for the variables that llama-server reads by itself common/arg.cpp, `set_env`. */
const LLAMA_CPP: Table = {
  ...prefixed('SM_LLAMA_CPP_', {
    ...LLAMA_CPP_EITHER,
    PARALLEL: ['slots', positive],
    BATCH_SIZE: ['maxNumBatchedTokens', integer],
    UBATCH_SIZE: ['microBatch', positive],
    GPU_LAYERS: ['gpuLayers', layers],
    NO_KV_OFFLOAD: ['cacheOnHost', bareFlag],
  }),
  ...prefixed('LLAMA_ARG_', {
    ...LLAMA_CPP_EITHER,
    N_PARALLEL: ['slots', positive],
    BATCH: ['maxNumBatchedTokens', integer],
    UBATCH: ['microBatch', positive],
  }),
};

/**
 * Text Generation Inference on Neuron, which has no family of its own here. No other server has variables of these names.
 * Source: optimum-neuron text-generation-inference/README.md of 0.0.28, "Choosing the correct batch size".
 */
const TGI_ON_NEURON: Table = {
  HF_NUM_CORES: ['tensorParallelSize', positive],
  HF_BATCH_SIZE: ['batchSize', positive],
  HF_SEQUENCE_LENGTH: ['sequenceLength', positive],
};

const TABLES: Readonly<Record<ContainerFamily, Table>> = {
  lmi: LMI,
  'lmi-trtllm': LMI_TRTLLM,
  'lmi-neuron': LMI_NEURON,
  vllm: VLLM,
  sglang: SGLANG,
  'llama-cpp': LLAMA_CPP,
  'hf-vllm-neuron': HF_VLLM_NEURON,
  'vllm-neuron': VLLM_NEURON,
  custom: {},
};

/**
 * What the container's variables say about the options, in the order they stand. A value that the option cannot have
 * (`OPTION_MAX_MODEL_LEN=auto`) sets nothing here; what the server makes of it is a rule's matter.
 */
export function environmentSettings(
  family: ContainerFamily | undefined,
  environment: Readonly<Record<string, string>> | undefined,
): readonly EnvironmentSetting[] {
  if (family === undefined || environment === undefined) return [];
  return settingsOf(TABLES[family], environment);
}

function settingsOf(table: Table, environment: Readonly<Record<string, string>>): readonly EnvironmentSetting[] {
  const settings: EnvironmentSetting[] = [];
  for (const [variable, text] of Object.entries(environment)) {
    if (!Object.hasOwn(table, variable)) continue;
    const [option, read] = table[variable];
    const value = read(text);
    if (value !== undefined) settings.push({ option, variable, value });
  }
  return settings;
}

/** The same as one object; of two variables for one option the later wins. */
export function environmentOptions(
  family: ContainerFamily | undefined,
  environment: Readonly<Record<string, string>> | undefined,
): EnvironmentOptions {
  return asOptions(environmentSettings(family, environment));
}

/** Of a server that is not named, on a Neuron instance. */
export function neuronEnvironmentOptions(
  environment: Readonly<Record<string, string>> | undefined,
): EnvironmentOptions {
  return environment === undefined ? {} : asOptions(settingsOf(TGI_ON_NEURON, environment));
}

function asOptions(settings: readonly EnvironmentSetting[]): EnvironmentOptions {
  return Object.fromEntries(settings.map(({ option, value }) => [option, value])) as EnvironmentOptions;
}

function prefixed(prefix: string, table: Table): Table {
  return Object.fromEntries(Object.entries(table).map(([name, entry]) => [prefix + name, entry]));
}
