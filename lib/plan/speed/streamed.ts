import type { ModelDescription, WeightGroup } from '../../model/types';
import { ggufGroupBytes } from '../gguf/file-bytes';
import type { Subject } from '../subject';
import { Selection } from '../weights/selection';
import { matrixOf, shardOf } from '../weights/shard';
import { storedTensors } from '../weights/stored';

/**
 * Bytes of weights that one decoding step reads, on one tensor-parallel rank and over all pipeline stages. Every matrix is read whole, but
 * for: the embedding, of which a step reads only rows (all of it where it is also the head); vision and audio parts; experts that no
 * sequence of the batch chose.
 *
 * @returns `null` for a layout whose storage is not known
 */
export function streamedBytes(subject: Subject, batch: number): number | null {
  const { model, scheme, loader } = subject;
  const experts = touchedExperts(model, batch);
  if (scheme.layout === 'gguf') {
    const bytesOf = ggufGroupBytes(model, scheme);
    if (bytesOf === null) return null;
    return model.weights.reduce((total, group) => total + bytesOf(group) * readShare(group, model, experts), 0);
  }
  const selection = new Selection(model, scheme);
  let total = 0;
  for (const group of model.weights) {
    const share = readShare(group, model, experts);
    if (share === 0) continue;
    const shard = shardOf(group, model, loader.parallelism);
    const quantized = selection.quantizes(group, group.layers[0]);
    const elements = shard.shape.reduce((product, dimension) => product * dimension, 1);
    const stored = quantized ? storedTensors(scheme, matrixOf(shard.shape)) : [elements * loader.plainBytes];
    if (stored === undefined) return null;
    const bytes = stored.reduce((sum, part) => sum + part, 0);
    total += bytes * shard.experts * Math.max(1, group.layers.length) * share;
  }
  return total;
}

function readShare(group: WeightGroup, model: ModelDescription, experts: number): number {
  if (group.place === 'vision' || group.place === 'audio' || group.place === 'projector') return 0;
  if (group.role === 'embedding') return model.tieWordEmbeddings && group.split === 'vocabulary' ? 1 : 0;
  return group.role === 'expert' ? experts : 1;
}

/** Expected share of the experts that a batch touches, each token choosing without regard to the others: 1 − (1 − k/E)^batch. */
export function touchedExperts(model: ModelDescription, batch: number): number {
  if (model.moe === undefined || model.moe.experts === 0) return 1;
  return 1 - (1 - model.moe.expertsPerToken / model.moe.experts) ** Math.max(1, batch);
}
