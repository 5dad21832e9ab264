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
import type { Plan } from './types';
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
export function makePlan(resolved: ResolvedEndpoint, { prices = currentPrices() }: PlanOptions = {}): Plan {
  const { spec, model, container } = resolved;
  const region = spec.region;
  if (model === undefined) {
    return {
      parameters: null,
      checkpointBytes: spec.model.weightBytes ?? null,
      ...planMemory(resolved),
      estimate: UNKNOWN_SPEED,
      cost: costEstimate(spec.instanceType, region, null, prices),
    };
  }
  const subject = subjectOf(resolved, model);
  const figures = engineMemory(subject);
  // How fast weights come from the host's memory depends on a link that the data does not have.
  const offloads = (subject.options.cpuOffloadGib ?? 0) > 0;
  const estimated = offloads ? UNKNOWN_SPEED : speedEstimate(subject, container, spec.workload, figures.kvCacheTokens);
  const correction = correctionFor(resolved);
  const estimate = correction === undefined ? estimated : correctSpeed(estimated, correction, spec.workload);
  const copies = Math.max(1, spec.endpoint?.copyCount ?? 1);
  const perSecond = estimate.outputTokensPerSecond === null ? null : estimate.outputTokensPerSecond * copies;
  return {
    parameters: model.parameterCount,
    checkpointBytes: checkpointBytes(model, resolved.scheme, spec.model),
    ...figures,
    estimate,
    cost: costEstimate(spec.instanceType, region, perSecond, prices),
  };
}

/** The memory of `makePlan` alone, for a search that only asks what fits. */
export function planMemory(resolved: ResolvedEndpoint): EngineMemory {
  const { model, instance } = resolved;
  if (model === undefined) return partialMemory({ total: instance?.accelerator?.memoryBytesUsable ?? null }, null);
  return engineMemory(subjectOf(resolved, model));
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
  const { model, scheme, accelerator, options, kvElementBytes } = subject;
  const weights = scheme.layout === 'gguf' ? null : loadedBytes(model, scheme, subject.loader);
  return partialMemory(
    { total: accelerator?.memoryBytesUsable ?? null, weights },
    kvElementBytes === undefined ? null : tokenBytes(model, options.tensorParallelSize, kvElementBytes),
  );
}

function tokenBytes(model: ModelDescription, tensorParallel: number, bytes: number): number {
  return bytesPerToken(kvGroups(model, { tensorParallel, pipelineParallel: 1, keyBytes: bytes, valueBytes: bytes }));
}
