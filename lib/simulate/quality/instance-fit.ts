import { inferenceAmis } from '../../container';
import { requireInstance } from '../../hardware';
import { planAnswer, type PlanAnswer } from '../../rules';
import type { Scheme } from '../../scheme';
import type { ContainerFamily, EndpointSpec } from '../../spec/types';
import { kvTypes, type KvQuantization } from '../forward/kv-cache';

/** Tokens that a sequence should be able to have, where the model takes as many: what chats and retrieval commonly ask for. */
export const FIT_CONTEXT = 8192;

/** Whether a model in a scheme can be served from an instance, by the planner's memory model. Sizes are of one accelerator. */
export interface InstanceFit {
  readonly instanceType: string;
  readonly container: ContainerFamily;
  /** Tokens that sequences were planned with. */
  readonly context: number;
  /** False where a rule says that the endpoint would not start. */
  readonly fits: boolean;
  /** Bytes; null where the planner does not know. */
  readonly weightBytes: number | null;
  readonly memoryBytes: number | null;
  readonly kvCacheBytes: number | null;
  /** Sequences of `context` tokens at once. */
  readonly maxConcurrency: number | null;
  /** Why it does not fit, in a sentence. */
  readonly reason?: string;
}

/**
 * Plans the model once for each instance type.
 *
 * @param config the checkpoint's config.json
 * @param kv how the endpoint will store keys and values
 * @throws HardwareError for an instance type that is not known
 */
export function instanceFits(
  config: Readonly<Record<string, unknown>>,
  scheme: Scheme,
  kv: KvQuantization,
  instanceTypes: readonly string[],
): InstanceFit[] {
  return instanceTypes.map((instanceType) => instanceFit(config, scheme, kv, instanceType));
}

function instanceFit(
  config: Readonly<Record<string, unknown>>,
  scheme: Scheme,
  kv: KvQuantization,
  instanceType: string,
): InstanceFit {
  const container = containerFor(scheme, requireInstance(instanceType).kind);
  const positions = config.max_position_embeddings;
  const context = typeof positions === 'number' ? Math.min(positions, FIT_CONTEXT) : FIT_CONTEXT;
  const spec: EndpointSpec = {
    model: { config },
    quantization: scheme.name,
    groupSize: scheme.groupSize,
    instanceType,
    container: { family: container },
    options: { maxModelLen: context, ...cacheOptions(kv, container) },
  };
  const { findings, memory, maxConcurrency } = planWithDriver(spec);
  const refusal = findings.find(({ severity }) => severity === 'error');
  return {
    instanceType,
    container,
    context,
    fits: refusal === undefined,
    weightBytes: memory.weights,
    memoryBytes: memory.total,
    kvCacheBytes: memory.kvCache,
    maxConcurrency,
    reason: refusal?.message,
  };
}

/** With the service's own driver where that serves, else with the oldest that does. */
function planWithDriver(spec: EndpointSpec): PlanAnswer {
  const own = planAnswer(spec);
  if (own.verdict !== 'error') return own;
  const others = [...inferenceAmis]
    .filter(({ accelerator }) => accelerator === 'gpu')
    .sort((left, right) => left.driver - right.driver);
  for (const { name } of others) {
    const answer = planAnswer({ ...spec, endpoint: { inferenceAmiVersion: name } });
    if (answer.verdict !== 'error') return answer;
  }
  return own;
}

/** The container that serves the scheme from such an instance: llama.cpp's for GGUF, else the Large Model Inference ones. */
function containerFor({ layout }: Scheme, kind: string): ContainerFamily {
  if (layout === 'gguf') return 'llama-cpp';
  return kind === 'neuron' ? 'lmi-neuron' : 'lmi';
}

function cacheOptions(kv: KvQuantization, container: ContainerFamily): EndpointSpec['options'] {
  if (kv === 'none') return {};
  if (container !== 'llama-cpp') return { kvCacheDtype: 'fp8' };
  // Of the types of other engines, the one that takes as much room.
  const { keys, values } = kvTypes(kv);
  const own = (type: string): string => (type === 'fp8' ? 'q8_0' : type);
  return { kvTypeK: own(keys), kvTypeV: own(values) };
}
