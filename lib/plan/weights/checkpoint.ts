import type { ModelDescription, WeightGroup } from '../../model/types';
import type { Scheme } from '../../scheme/types';
import { ggufFileBytes } from '../gguf/file-bytes';
import { remembered } from '../remember';
import { checkpointDtypeBytes, dtypeBytes } from './dtype';
import { selectionOf, type Selection } from './selection';
import { storedTensors } from './stored';

/**
 * Bytes of the checkpoint's weight files in this scheme.
 *
 * @param weightBytes what the spec says of a checkpoint that exists: taken as it is
 * @returns `null` for a layout whose storage is not known
 */
export function checkpointBytes(model: ModelDescription, scheme: Scheme, weightBytes?: number): number | null {
  if (weightBytes !== undefined && scheme.origin !== 'spec') return weightBytes;
  return remembered(model, scheme, 'checkpoint', () => storedBytes(model, scheme));
}

function storedBytes(model: ModelDescription, scheme: Scheme): number | null {
  if (scheme.layout === 'gguf') return ggufFileBytes(model, scheme);
  const selection = selectionOf(model, scheme);
  const plain = plainBytes(model, scheme);
  let total = 0;
  for (const group of model.weights) {
    const bytes = groupBytes(group, scheme, selection, plain);
    if (bytes === undefined) return null;
    total += bytes;
  }
  return Math.round(total);
}

function groupBytes(group: WeightGroup, scheme: Scheme, selection: Selection, plain: number): number | undefined {
  const matrices = Math.max(1, group.layers.length);
  let quantized = 0;
  if (group.layers.length === 0) quantized = selection.quantizes(group, undefined) ? 1 : 0;
  else if (selection.dependsOnLayer)
    quantized = group.layers.filter((layer) => selection.quantizes(group, layer)).length;
  else quantized = selection.quantizes(group, group.layers[0]) ? group.layers.length : 0;
  let total = (group.elements / matrices) * (matrices - quantized) * plain;
  if (quantized > 0) {
    const tensors = storedTensors(scheme, { rows: group.shape[0], columns: group.shape[1] });
    if (tensors === undefined) return undefined;
    total += tensors.reduce((sum, bytes) => sum + bytes, 0) * group.experts * quantized;
  }
  return total;
}

/** Bytes of an unquantized element: what `fp16` or `fp32` ask for, else the checkpoint's own dtype. AWQ and GPTQ tools write float16. */
function plainBytes(model: ModelDescription, scheme: Scheme): number {
  if (scheme.layout === 'plain' && scheme.name !== 'none') return dtypeBytes(scheme.name) ?? 2;
  const own = checkpointDtypeBytes(model.dtype);
  return scheme.layout === 'plain' ? own : Math.min(own, 2);
}
