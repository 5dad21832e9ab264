import data from './data/vllm-v1.json';
import type { Instance } from '../hardware/types';
import type { ModelDescription } from '../model/types';
import type { Scheme } from '../scheme/types';
import { lookup } from '../text/lookup';
import { parseVersion } from '../text/version';
import { usesBitsandbytes } from './bitsandbytes';
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

interface V0Argument {
  /** Values that ask nothing of it. */
  readonly unless?: readonly string[];
  /** First version whose V1 has it. */
  readonly since?: string;
}

/** By name, the first version whose V1 has it; attention back ends that are not there are V0's alone. */
const ARCHITECTURES: Readonly<Record<string, string>> = data.architectures;
const BACKENDS: Readonly<Record<string, string>> = data.attentionBackends;
const ARGUMENTS: Readonly<Record<string, V0Argument>> = data.arguments;

/** Compute capability × 10 of GPUs for which FlashAttention 3 is built, which reads FP8. */
const HOPPER = 90;
const BLACKWELL = 100;

/**
 * What vLLM's V1 engine cannot do in 0.8.0 to 0.10.1 of what is asked, in words: V0 starts in its place, or nothing where VLLM_USE_V1 insists.
 * Source: vllm/engine/arg_utils.py, `_is_v1_supported_oracle`, of each version from 0.8.0 to 0.10.1.
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

function unsupportedWeights(endpoint: AskedOfVllm, since: Since): string | undefined {
  const { options, scheme } = endpoint;
  if (scheme.layout === 'gguf' && !since(0, 9)) return 'GGUF';
  if (usesBitsandbytes(endpoint) && !since(0, 8, 3)) return 'bitsandbytes';
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
  const first = lookup(ARCHITECTURES, model.architecture);
  return first === undefined || isFrom(first, since) ? undefined : model.architecture;
}

function unsupportedArgument(endpoint: AskedOfVllm, since: Since): string | undefined {
  const backend = endpoint.spec.environment?.VLLM_ATTENTION_BACKEND;
  if (backend !== undefined) {
    const first = lookup(BACKENDS, backend);
    if (first === undefined || !isFrom(first, since)) return `the attention back end ${backend}`;
  }
  const prefix = argumentVariable(endpoint, '');
  if (prefix === undefined) return undefined;
  return Object.entries(endpoint.spec.environment ?? {}).find(([name, value]) => {
    const argument = name.startsWith(prefix) ? lookup(ARGUMENTS, name.slice(prefix.length)) : undefined;
    if (argument === undefined || (argument.since !== undefined && isFrom(argument.since, since))) return false;
    // `xgrammar:disable-any-whitespace` is xgrammar.
    return argument.unless?.includes(value.trim().toLowerCase().split(':')[0]) !== true;
  })?.[0];
}

const isFrom = (version: string, since: Since): boolean => since(...(parseVersion(version) ?? []));

/** What V1 does where it is asked for, and V0 where nobody says: `_warn_or_fallback` in the same place. */
export function isLeftToV0(endpoint: AskedOfVllm): boolean {
  const { container, model, options } = endpoint;
  const since: Since = (...least) => isSince(container?.engineVersion, ...least);
  if (!since(0, 8, 3) && (options.enableLora === true || (options.pipelineParallelSize ?? 1) > 1)) return true;
  if (!since(0, 9) && speculationOf(endpoint) !== undefined) return true;
  return model !== undefined && model.kv.some(({ kind }) => kind === 'recurrent');
}
