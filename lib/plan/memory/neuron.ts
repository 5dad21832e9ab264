import type { ModelDescription } from '../../model/types';
import type { Subject } from '../subject';
import { loadedBytes } from '../weights/loaded';
import type { EngineMemory } from './types';

/**
 * Neuron: everything is compiled for one batch and one length, and the cache is allocated whole. Figures are for one logical NeuronCore,
 * because tensor parallelism counts cores and the compiler enforces each core's share of the device's memory.
 * Sources: Neuron SDK docs (transformers-neuronx developer guide, "memory"; NxD Inference, logical NeuronCore configuration);
 * neuronx-distributed-inference modules/attention/gqa.py for the padding of KV heads.
 */
export function neuronMemory(subject: Subject): EngineMemory {
  const { model, scheme, accelerator, options, kvElementBytes } = subject;
  const cores = accelerator?.neuronCores;
  const logical = Math.max(1, options.logicalNeuronCores ?? 1);
  const total =
    accelerator === undefined || cores === undefined || cores === 0
      ? undefined
      : Math.floor((accelerator.memoryBytesUsable / cores) * logical);
  const weights = loadedBytes(model, scheme, subject.loader);
  const length = options.sequenceLength ?? options.maxModelLen;
  const batch = Math.max(1, options.batchSize ?? 1);
  const perToken =
    kvElementBytes === undefined ? null : cacheBytesPerToken(model, options.tensorParallelSize, kvElementBytes);
  const wanted = perToken === null || length === undefined ? null : perToken * length * batch;
  const room = total === undefined || weights === null ? null : Math.max(0, total - weights);
  const fits = wanted === null || room === null ? null : wanted <= room;
  const longest = perToken === null || room === null || perToken === 0 ? null : Math.floor(room / (perToken * batch));
  return {
    memory: {
      total: total ?? null,
      usable: total ?? null,
      weights,
      // The compiler's scratch is not documented.
      activations: null,
      graphs: null,
      runtime: null,
      kvCache: wanted === null ? null : Math.floor(room === null ? wanted : Math.min(wanted, room)),
    },
    kvBytesPerToken: perToken,
    kvCacheTokens: fits === null || length === undefined ? null : fits ? length * batch : (longest ?? 0) * batch,
    maxConcurrency: fits === null ? null : fits ? batch : 0,
    largestMaxModelLen: longest === null ? null : Math.min(longest, model.maxPositionEmbeddings ?? Infinity),
  };
}

/**
 * Heads of the cache on one core: as they are where they divide by the ranks, copied where the ranks divide by them, else turned into
 * full attention with the query heads padded.
 */
function cacheBytesPerToken(model: ModelDescription, ranks: number, bytes: number): number {
  return model.kv.reduce((total, group) => {
    if (group.kind === 'recurrent' || group.kind === 'cross') return total;
    if (group.kind === 'mla') return total + group.elementsPerToken * bytes * group.layers;
    const heads = neuronKvHeads(group.kvHeads, model.numAttentionHeads, ranks);
    return total + (heads / ranks) * (group.keyDim + group.valueDim) * bytes * group.layers;
  }, 0);
}

function neuronKvHeads(kvHeads: number, queryHeads: number, ranks: number): number {
  if (kvHeads >= ranks && kvHeads % ranks === 0) return kvHeads;
  if (ranks % kvHeads === 0) return ranks;
  return Math.ceil(queryHeads / ranks) * ranks;
}
