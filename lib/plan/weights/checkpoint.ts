import type { ModelDescription, WeightGroup } from '../../model/types';
import type { Scheme } from '../../scheme/types';
import type { ModelSpec } from '../../spec/types';
import { ggufFileBytes } from '../gguf/file-bytes';
import { remembered } from '../remember';
import { checkpointDtypeBytes, dtypeBytes } from './dtype';
import { isEmbeddingOrHead, joiningElements, predictionLayers, type PredictionLayers } from './prediction';
import { repeatsEmbedding } from './repeated-head';
import { selectionOf, type Selection } from './selection';
import { schemeOf, storedTensors } from './stored';

/**
 * Bytes of the checkpoint's weight files in this scheme.
 *
 * @param spec what it says of the model's name, and of the size of a checkpoint that exists, which is taken as it is
 * @returns `null` for a layout whose storage is not known
 */
export function checkpointBytes(
  model: ModelDescription,
  scheme: Scheme,
  { id, weightBytes }: Pick<ModelSpec, 'id' | 'weightBytes'> = {},
): number | null {
  if (weightBytes !== undefined && scheme.origin !== 'spec') return weightBytes;
  const prediction = predictionLayers(model, id);
  const repeats = repeatsEmbedding(model, scheme.origin === 'spec' ? undefined : id);
  return remembered(model, scheme, `checkpoint|${prediction?.count}|${repeats}`, () =>
    storedBytes(model, scheme, prediction, repeats),
  );
}

function storedBytes(
  model: ModelDescription,
  scheme: Scheme,
  prediction: PredictionLayers | undefined,
  repeats: boolean,
): number | null {
  if (scheme.layout === 'gguf') return ggufFileBytes(model, scheme);
  const selection = selectionOf(model, scheme);
  const plain = plainBytes(model, scheme);
  let total = prediction === undefined ? 0 : prediction.count * joiningElements(model) * plain;
  for (const group of model.weights) {
    const quantized = quantizedLayers(group, selection);
    const each = quantized > 0 ? quantizedBytes(group, schemeOf(group, scheme)) : 0;
    if (each === undefined) return null;
    const matrix = (group.elements / Math.max(1, group.layers.length)) * plain;
    total += each * quantized + matrix * (Math.max(1, group.layers.length) - quantized);
    if (group.role === 'embedding' && repeats) total += matrix;
    if (prediction === undefined) continue;
    if (group.layers.includes(prediction.like))
      total += prediction.count * (selection.quantizesPrediction(group, prediction.like) ? each : matrix);
    else if (prediction.copiesEmbeddings && isEmbeddingOrHead(group)) total += prediction.count * matrix;
  }
  return Math.round(total);
}

/** How many of a group's matrices the scheme quantizes. */
function quantizedLayers(group: WeightGroup, selection: Selection): number {
  if (group.layers.length === 0) return selection.quantizes(group, undefined) ? 1 : 0;
  if (selection.dependsOnLayer) return group.layers.filter((layer) => selection.quantizes(group, layer)).length;
  return selection.quantizes(group, group.layers[0]) ? group.layers.length : 0;
}

/** Bytes of a group's tensors in one layer; `undefined` for a layout whose storage is not known. */
function quantizedBytes(group: WeightGroup, scheme: Scheme): number | undefined {
  const tensors = storedTensors(scheme, { rows: group.shape[0], columns: group.shape[1] });
  return tensors && tensors.reduce((sum, bytes) => sum + bytes, 0) * group.experts;
}

/** Bytes of an unquantized element: what `fp16` or `fp32` ask for, else the checkpoint's own dtype. AWQ and GPTQ tools write float16. */
function plainBytes(model: ModelDescription, scheme: Scheme): number {
  if (scheme.layout === 'plain' && scheme.name !== 'none') return dtypeBytes(scheme.name) ?? 2;
  const own = checkpointDtypeBytes(model.dtype);
  return scheme.layout === 'plain' ? own : Math.min(own, 2);
}
