import type { ResolvedEndpoint } from '../endpoint/types';
import type { PriceTable } from '../hardware';
import type { ModelDescription } from '../model/types';
import { costEstimate } from './cost';
import { currentPrices } from './prices/current';
import { bytesPerToken, kvGroups } from './kv/groups';
import { llamaCppMemory } from './memory/llama-cpp';
import { correctionFor, correctSpeed } from './measured/corrections';
import { neuronMemory } from './memory/neuron';
import { sglangMemory } from './memory/sglang';
import { trtllmMemory } from './memory/trtllm';
import type { EngineMemory } from './memory/types';
import { partialMemory } from './memory/unknown';
import { vllmMemory } from './memory/vllm';
import { speedEstimate, UNKNOWN_SPEED } from './speed/estimate';
import { subjectOf, type Subject } from './subject';
import type { CostEstimate, MemoryPlan, Plan, SpeedEstimate } from './types';
import { checkpointBytes } from './weights/checkpoint';
import { loadedBytes } from './weights/loaded';

/** What a plan may be told beside the endpoint. */
export interface PlanOptions {
  /** Prices that win over those this package ships; default: those of `setPrices`. */
  readonly prices?: PriceTable;
}

/**
 * What fits, how fast it is and what it costs. Sizes are for one accelerator (on Neuron: one logical core), the one that holds most; a
 * figure that cannot be known is `null`.
 */
export function makePlan(resolved: ResolvedEndpoint, options: PlanOptions = {}): Plan {
  return new PlanInParts(resolved, options).whole;
}

/** The memory of `makePlan` alone, for a search that only asks what fits. */
export function planMemory(resolved: ResolvedEndpoint): EngineMemory {
  return new PlanInParts(resolved).fit;
}

/** A plan of which each part is made when it is first read: nearly every rule asks what fits, and few how fast it is or what it costs. */
export class PlanInParts implements Plan {
  private readonly prices: PriceTable | undefined;
  private madeSubject: Subject | undefined;
  private madeCheckpointBytes: number | null | undefined;
  private madeFit: EngineMemory | undefined;
  private madeEstimate: SpeedEstimate | undefined;

  constructor(
    private readonly resolved: ResolvedEndpoint,
    { prices = currentPrices() }: PlanOptions = {},
  ) {
    this.prices = prices;
  }

  /** As a plain object, which can be spread and written as JSON. */
  get whole(): Plan {
    const { parameters, checkpointBytes, fit, estimate, cost } = this;
    return { parameters, checkpointBytes, ...fit, estimate, cost };
  }

  get parameters(): number | null {
    return this.resolved.model?.parameterCount ?? null;
  }

  get checkpointBytes(): number | null {
    if (this.madeCheckpointBytes === undefined) this.madeCheckpointBytes = this.makeCheckpointBytes();
    return this.madeCheckpointBytes;
  }

  private makeCheckpointBytes(): number | null {
    const { model, scheme, spec } = this.resolved;
    return model === undefined ? (spec.model.weightBytes ?? null) : checkpointBytes(model, scheme, spec.model);
  }

  get memory(): MemoryPlan {
    return this.fit.memory;
  }

  get kvBytesPerToken(): number | null {
    return this.fit.kvBytesPerToken;
  }

  get kvCacheTokens(): number | null {
    return this.fit.kvCacheTokens;
  }

  get maxConcurrency(): number | null {
    return this.fit.maxConcurrency;
  }

  get largestMaxModelLen(): number | null {
    return this.fit.largestMaxModelLen;
  }

  get estimate(): SpeedEstimate {
    return (this.madeEstimate ??= this.makeEstimate());
  }

  get cost(): CostEstimate {
    const { spec } = this.resolved;
    const perSecond = this.estimate.outputTokensPerSecond;
    const copies = Math.max(1, spec.endpoint?.copyCount ?? 1);
    const ofAll = perSecond === null ? null : perSecond * copies;
    return costEstimate(spec.instanceType, spec.region, ofAll, this.prices);
  }

  /** What the accelerator holds. */
  get fit(): EngineMemory {
    return (this.madeFit ??= this.makeFit());
  }

  private makeFit(): EngineMemory {
    const { model, instance } = this.resolved;
    if (model === undefined) return partialMemory({ total: instance?.accelerator?.memoryBytesUsable ?? null }, null);
    return engineMemory(this.subjectOf(model));
  }

  private makeEstimate(): SpeedEstimate {
    const { model, container, spec } = this.resolved;
    if (model === undefined) return UNKNOWN_SPEED;
    const subject = this.subjectOf(model);
    // How fast weights come from the host's memory depends on a link that the data does not have.
    const offloads = (subject.options.cpuOffloadGib ?? 0) > 0;
    const estimated = offloads
      ? UNKNOWN_SPEED
      : speedEstimate(subject, container, spec.workload, this.fit.kvCacheTokens);
    const correction = correctionFor(this.resolved);
    return correction === undefined ? estimated : correctSpeed(estimated, correction, spec.workload);
  }

  private subjectOf(model: ModelDescription): Subject {
    return (this.madeSubject ??= subjectOf(this.resolved, model));
  }
}

function engineMemory(subject: Subject): EngineMemory {
  switch (subject.engine) {
    case 'vllm':
      return vllmMemory(subject);
    case 'sglang':
      return sglangMemory(subject);
    case 'tensorrt-llm':
      return trtllmMemory(subject);
    case 'llama.cpp':
      return llamaCppMemory(subject);
    case 'neuron-vllm':
    case 'transformers-neuronx':
      return neuronMemory(subject);
    default:
      return unknownEngine(subject);
  }
}

/** Weights and the size of a token are the same for every engine; what else one takes is its own. */
function unknownEngine(subject: Subject): EngineMemory {
  if (subject.accelerator?.neuronCores !== undefined) return unknownOnNeuron(subject);
  const { model, scheme, accelerator, options, kvElementBytes } = subject;
  const weights = scheme.layout === 'gguf' ? null : loadedBytes(model, scheme, subject.loader);
  return partialMemory(
    { total: accelerator?.memoryBytesUsable ?? null, weights },
    kvElementBytes === undefined ? null : tokenBytes(model, options.tensorParallelSize, kvElementBytes),
  );
}

/** What is asked of an instance's cores is asked of each, whatever the server; the length that it compiles for is not known. */
function unknownOnNeuron(subject: Subject): EngineMemory {
  const { memory, kvBytesPerToken } = neuronMemory(subject);
  return partialMemory({ total: memory.total, weights: memory.weights }, kvBytesPerToken);
}

function tokenBytes(model: ModelDescription, tensorParallel: number, bytes: number): number {
  return bytesPerToken(kvGroups(model, { tensorParallel, pipelineParallel: 1, keyBytes: bytes, valueBytes: bytes }));
}
