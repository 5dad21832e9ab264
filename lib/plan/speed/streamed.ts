import type { ModelDescription, WeightGroup } from '../../model/types';
import { ggufGroupBytes } from '../gguf/file-bytes';
import { remembered } from '../remember';
import type { Subject } from '../subject';
import { selectionOf } from '../weights/selection';
import { matrixOf, shardOf } from '../weights/shard';
import { schemeOf, storedTensors } from '../weights/stored';

/**
 * Bytes of weights that one decoding step reads, on one tensor-parallel rank and over all pipeline stages. Every matrix is read whole, but
 * for: the embedding, of which a step reads only rows (all of it where it is also the head); vision and audio parts; experts that no
 * sequence of the batch chose.
 *
 * @returns `null` for a layout whose storage is not known
 */
export function streamedBytes(subject: Subject, batch: number): number | null {
  const parts = streamedParts(subject);
  return parts === null ? null : parts.always + parts.experts * touchedExperts(subject.model, batch);
}

/** What every step reads, and what it would read if all experts were chosen. */
interface Streamed {
  readonly always: number;
  readonly experts: number;
}

function streamedParts(subject: Subject): Streamed | null {
  const { tensor, experts, expertReplicas, attention } = subject.loader.parallelism;
  const key = `streamed|${subject.loader.plainBytes}|${tensor}|${experts}|${expertReplicas}|${attention}`;
  return remembered(subject.model, subject.scheme, key, () => {
    const always = bytesOfRole(subject, false);
    const chosen = bytesOfRole(subject, true);
    return always === null || chosen === null ? null : { always, experts: chosen };
  });
}

function bytesOfRole(subject: Subject, experts: boolean): number | null {
  const { model, scheme, loader } = subject;
  const groups = model.weights.filter((group) => (group.role === 'expert') === experts && isRead(group, model));
  if (scheme.layout === 'gguf') {
    const bytesOf = ggufGroupBytes(model, scheme);
    return bytesOf === null ? null : groups.reduce((total, group) => total + bytesOf(group), 0);
  }
  const selection = selectionOf(model, scheme);
  let total = 0;
  for (const group of groups) {
    const shard = shardOf(group, model, loader.parallelism);
    const quantized = selection.quantizes(group, group.layers[0]);
    const elements = shard.shape.reduce((product, dimension) => product * dimension, 1);
    const stored = quantized
      ? storedTensors(schemeOf(group, scheme), matrixOf(shard.shape))
      : [elements * loader.plainBytes];
    if (stored === undefined) return null;
    const bytes = stored.reduce((sum, part) => sum + part, 0);
    total += bytes * shard.experts * Math.max(1, group.layers.length);
  }
  return total;
}

function isRead(group: WeightGroup, model: ModelDescription): boolean {
  if (group.place === 'vision' || group.place === 'audio' || group.place === 'projector') return false;
  return group.role !== 'embedding' || (model.tieWordEmbeddings && group.split === 'vocabulary');
}

/** Expected share of the experts that a batch touches, each token choosing without regard to the others: 1 − (1 − k/E)^batch. */
export function touchedExperts(model: ModelDescription, batch: number): number {
  if (model.moe === undefined || model.moe.experts === 0) return 1;
  return 1 - (1 - model.moe.expertsPerToken / model.moe.experts) ** Math.max(1, batch);
}
