import type { ModelDescription, WeightGroup } from '../../model/types';
import type { Scheme } from '../../scheme/types';
import type { ModelSpec } from '../../spec/types';
import { ggufFileBytes } from '../gguf/file-bytes';
import { remembered } from '../remember';
import { checkpointDtypeBytes, dtypeBytes } from './dtype';
import { isEmbeddingOrHead, joiningElements, predictionLayers, type PredictionLayers } from './prediction';
import { repeatsEmbedding } from './repeated-head';
import { selectionOf } from './selection';
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
    const count = Math.max(1, group.layers.length);
    const matrix = (group.elements / count) * plain;
    const layers = selection.dependsOnLayer && group.layers.length > 0 ? group.layers : [group.layers.at(0)];
    for (const layer of layers) {
      const bytes = selection.quantizes(group, layer) ? quantizedBytes(group, schemeOf(group, scheme, layer)) : matrix;
      if (bytes === undefined) return null;
      total += bytes * (count / layers.length);
    }
    if (group.role === 'embedding' && repeats) total += matrix;
    if (prediction === undefined) continue;
    if (group.layers.includes(prediction.like)) {
      const isQuantized = selection.quantizesPrediction(group, prediction.like);
      const bytes = isQuantized ? quantizedBytes(group, schemeOf(group, scheme, prediction.like)) : matrix;
      total += prediction.count * (bytes ?? matrix);
    } else if (prediction.copiesEmbeddings && isEmbeddingOrHead(group)) total += prediction.count * matrix;
  }
  return Math.round(total);
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
