import type { Instance } from '../hardware/types';
import type { ModelDescription } from '../model/types';
import type { Scheme } from '../scheme/types';
import { lookup } from '../text/lookup';
import type { EnvironmentOptions } from './environment';
import { speculationOf } from './speculation';
import { isSince } from './version';
import { argumentOf, argumentVariable, type Served } from './vllm-argument';

/** What decides between vLLM's two engines. */
export interface AskedOfVllm extends Served {
  readonly instance?: Instance;
  readonly model?: ModelDescription;
  readonly scheme: Scheme;
  /** Of the spec and the environment, or as they are in effect. */
  readonly options: Pick<
    EnvironmentOptions,
    | 'cpuOffloadGib'
    | 'dtype'
    | 'enableLora'
    | 'kvCacheDtype'
    | 'loadFormat'
    | 'pipelineParallelSize'
    | 'quantizationFlag'
  >;
}

type Since = (...least: number[]) => boolean;

/** The last version in which a model is V0's alone, as `SupportsV0Only` says of its class: those whose layers are all attention. */
const LAST_OF_V0: Readonly<Record<string, readonly number[]>> = {
  BartForConditionalGeneration: [0, 10, 1],
  BertModel: [0, 10, 0],
  BloomForCausalLM: [0, 10, 1],
  Florence2ForConditionalGeneration: [0, 10, 1],
  Gemma3ForConditionalGeneration: [0, 8, 0],
  GlmForCausalLM: [0, 8, 4],
  GritLM: [0, 10, 1],
  MllamaForConditionalGeneration: [0, 10, 1],
  Phi4MMForCausalLM: [0, 8, 4],
  WhisperForConditionalGeneration: [0, 10, 1],
};

/** Attention back ends that V1 has, by the first version; others are V0's. */
const BACKENDS: Readonly<Record<string, readonly number[]>> = {
  CUTLASS_MLA: [0, 10, 1],
  CUTLASS_MLA_VLLM_V1: [0, 9, 2],
  FLASHINFER: [0, 8, 5],
  FLASHINFER_VLLM_V1: [0, 8, 5],
  FLASHMLA: [0, 8, 0],
  FLASH_ATTN: [0, 8, 0],
  FLASH_ATTN_VLLM_V1: [0, 8, 0],
  FLEX_ATTENTION: [0, 9, 2],
  TORCH_SDPA_VLLM_V1: [0, 9, 2],
  TREE_ATTN: [0, 10, 1],
  TRITON_ATTN_VLLM_V1: [0, 8, 2],
  TRITON_MLA: [0, 8, 0],
  XFORMERS_VLLM_V1: [0, 10, 1],
};

/** Arguments of V0 alone: those values that ask nothing of it, and the version from which V1 has them. */
const ARGUMENTS: Readonly<Record<string, { readonly unless?: RegExp; readonly until?: readonly number[] }>> = {
  NUM_SCHEDULER_STEPS: { unless: /^1$/, until: [0, 10, 1] },
  SCHEDULER_DELAY_FACTOR: { unless: /^0(\.0*)?$/ },
  SCHEDULING_POLICY: { unless: /^fcfs$/, until: [0, 9, 2] },
  PREEMPTION_MODE: {},
  LOGITS_PROCESSOR_PATTERN: {},
  DISABLE_ASYNC_OUTPUT_PROC: { unless: /^false$/i },
  ADDITIONAL_CONFIG: { until: [0, 8, 5] },
  KV_TRANSFER_CONFIG: { until: [0, 8, 5] },
  MAX_NUM_PARTIAL_PREFILLS: { unless: /^1$/ },
  MAX_LONG_PARTIAL_PREFILLS: { unless: /^1$/ },
  LONG_PREFILL_TOKEN_THRESHOLD: { unless: /^0$/, until: [0, 8, 3] },
  ENABLE_PROMPT_ADAPTER: { unless: /^false$/i },
  OTLP_TRACES_ENDPOINT: {},
  TASK: { unless: /^(auto|generate)$/, until: [0, 9, 2] },
  MODEL_IMPL: { unless: /^(auto|vllm)$/, until: [0, 8, 3] },
  GUIDED_DECODING_BACKEND: { unless: /^(auto|guidance|xgrammar)\b/, until: [0, 10, 0] },
};

/** Compute capability × 10 of GPUs for which FlashAttention 3 is built, which reads FP8. */
const HOPPER = 90;
const BLACKWELL = 100;

/**
 * What vLLM's V1 engine cannot do in 0.8.0 to 0.10.1 of what is asked, in words: V0 starts in its place, or nothing where VLLM_USE_V1 insists.
 * Source: vllm/engine/arg_utils.py, `_is_v1_supported_oracle`, of each version from 0.8.0 to 0.10.1; vllm/model_executor/models of the same.
 */
export function unsupportedByV1(endpoint: AskedOfVllm): string | undefined {
  const version = endpoint.container?.engineVersion;
  const since: Since = (...least) => isSince(version, ...least);
  return (
    unsupportedCache(endpoint, since) ??
    unsupportedWeights(endpoint, since) ??
    unsupportedStages(endpoint, since) ??
    unsupportedGuesses(endpoint, since) ??
    unsupportedModel(endpoint, since) ??
    unsupportedArgument(endpoint, since)
  );
}

function unsupportedCache({ options, instance, spec }: AskedOfVllm, since: Since): string | undefined {
  const dtype = options.kvCacheDtype ?? 'auto';
  if (dtype === 'auto') return undefined;
  if (!since(0, 8, 2)) return `a KV cache in ${dtype}`;
  const sm = instance?.accelerator?.sm;
  if (sm === undefined || (sm === BLACKWELL && since(0, 10))) return undefined;
  const backend = spec.environment?.VLLM_ATTENTION_BACKEND ?? 'FLASH_ATTN_VLLM_V1';
  const isRead = sm === HOPPER && dtype.startsWith('fp8') && backend === 'FLASH_ATTN_VLLM_V1';
  return isRead ? undefined : `a KV cache in ${dtype} on this GPU`;
}

function unsupportedWeights({ options, scheme }: AskedOfVllm, since: Since): string | undefined {
  if (scheme.layout === 'gguf' && !since(0, 9)) return 'GGUF';
  const isOnline = scheme.layout === 'plain' && options.quantizationFlag?.toLowerCase() === 'bitsandbytes';
  if ((scheme.layout === 'bitsandbytes' || isOnline) && !since(0, 8, 3)) return 'bitsandbytes';
  if (options.loadFormat === 'sharded_state') return 'weights in shards (sharded_state)';
  if (options.loadFormat === 'tensorizer' && !since(0, 9)) return 'tensorizer';
  if ((options.cpuOffloadGib ?? 0) > 0 && !since(0, 8, 3)) return 'weights in host memory';
  return /^float(32)?$/.test(options.dtype ?? 'auto') && !since(0, 9, 2) ? 'float32' : undefined;
}

/** Ray alone can from 0.8.3 on, processes too from 0.9 on, which until 0.9.1 had to be asked for. */
function unsupportedStages(endpoint: AskedOfVllm, since: Since): string | undefined {
  if ((endpoint.options.pipelineParallelSize ?? 1) <= 1 || !since(0, 8, 3) || since(0, 9, 2)) return undefined;
  const backend = argumentOf(endpoint, 'DISTRIBUTED_EXECUTOR_BACKEND')?.value;
  if (backend === 'ray' || (since(0, 9) && backend === 'mp')) return undefined;
  return 'pipeline parallelism without Ray';
}

/** From 0.10 on a draft model starts neither engine. */
function unsupportedGuesses(endpoint: AskedOfVllm, since: Since): string | undefined {
  if (since(0, 10)) return undefined;
  const speculation = speculationOf(endpoint);
  if (speculation === undefined) return undefined;
  const method = speculation.method?.toLowerCase() ?? 'draft';
  const isKnown = method === 'ngram' || (since(0, 9) ? /^(eagle3?|medusa|(deepseek_)?mtp)$/ : /^eagle3?$/).test(method);
  if (since(0, 8, 3) ? isKnown : method === 'ngram') return undefined;
  return 'this kind of speculative decoding';
}

function unsupportedModel({ model }: AskedOfVllm, since: Since): string | undefined {
  if (model === undefined) return undefined;
  if (model.kind === 'encoder-decoder') return model.architecture;
  if (!since(0, 9, 2) && model.kv.some(({ kind }) => kind === 'recurrent')) return model.architecture;
  const last = lookup(LAST_OF_V0, model.architecture);
  if (last === undefined) return undefined;
  const [major, minor, patch] = last;
  return since(major, minor, patch + 1) ? undefined : model.architecture;
}

function unsupportedArgument(endpoint: AskedOfVllm, since: Since): string | undefined {
  const backend = endpoint.spec.environment?.VLLM_ATTENTION_BACKEND;
  if (backend !== undefined) {
    const first = lookup(BACKENDS, backend);
    if (first === undefined || !since(...first)) return `the attention back end ${backend}`;
  }
  const prefix = argumentVariable(endpoint, '');
  if (prefix === undefined) return undefined;
  return Object.entries(endpoint.spec.environment ?? {}).find(([name, value]) => {
    const argument = name.startsWith(prefix) ? lookup(ARGUMENTS, name.slice(prefix.length)) : undefined;
    if (argument === undefined || (argument.until !== undefined && since(...argument.until))) return false;
    return argument.unless?.test(value.trim()) !== true;
  })?.[0];
}

/** What V1 does where it is asked for, and V0 where nobody says: `_warn_or_fallback` in the same place. */
export function isLeftToV0(endpoint: AskedOfVllm): boolean {
  const { container, model, options } = endpoint;
  const since: Since = (...least) => isSince(container?.engineVersion, ...least);
  if (!since(0, 8, 3) && (options.enableLora === true || (options.pipelineParallelSize ?? 1) > 1)) return true;
  if (!since(0, 9) && speculationOf(endpoint) !== undefined) return true;
  return model !== undefined && model.kv.some(({ kind }) => kind === 'recurrent');
}
