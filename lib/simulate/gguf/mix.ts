import type { Checkpoint } from '../../format';
import { byLayerAndName, ggufTensorTypes } from '../../format/gguf/tensor-types';
import { typeChooser } from '../../plan/gguf/file-bytes';
import { tensorCategory } from '../../plan/gguf/tensor-category';
import type { Scheme } from '../../scheme';
import { isGgufQuantizedType } from '../../scheme/gguf/quantized-types';
import { ggufTarget } from '../../scheme/gguf/target';
import { ggmlBytes, type GgmlType } from '../../scheme/gguf/types';
import { modelOf, weightPattern } from '../layers/linear-layers';

/**
 * The type that each tensor of a checkpoint gets in a GGUF file, by its name in the checkpoint. Empty where the checkpoint's own names
 * say too little: it is then taken for one type throughout.
 *
 * @throws SimulationError `GGUF_TYPE_NOT_WRITTEN`
 */
export function ggufTypesOf(checkpoint: Checkpoint, scheme: Scheme): ReadonlyMap<string, GgmlType> {
  const hasImportanceMatrix = scheme.importanceMatrix === true;
  const target = ggufTarget(scheme, hasImportanceMatrix);
  const tensors = [...checkpoint.tensors.values()];
  if (checkpoint.gguf !== undefined)
    return ggufTensorTypes(byLayerAndName(tensors), checkpoint.gguf, target, hasImportanceMatrix);

  const types = new Map<string, GgmlType>();
  const model = modelOf(checkpoint);
  const typeOf = model?.known === true ? typeChooser(model, scheme) : undefined;
  if (model === undefined || typeOf === undefined) return types;
  const groups = model.weights.map((group) => ({
    group,
    pattern: weightPattern(group),
    category: tensorCategory(group),
  }));
  for (const { name } of tensors) {
    const asked = name.replace(FUSED_EXPERTS, (_, module: string) => `.experts.0.${module}_proj.weight`);
    for (const { group, pattern, category } of groups) {
      const match = pattern.exec(asked);
      if (match === null) continue;
      const layer = Number(match.groups?.layer ?? 0);
      types.set(name, typeOf(group, category, Math.max(group.layers.indexOf(layer), 0)));
      break;
    }
  }
  return types;
}

/** A tensor of all experts has the type of each; where it holds gate and up, they have one type. */
const FUSED_EXPERTS = /\.experts\.(?:gate_)?(up|down)_proj(?:\.weight)?$/;

/** Bytes of the tensors of a file: each in its type, those that are not known as they are stored. */
export function ggufTensorBytes(checkpoint: Checkpoint, types: ReadonlyMap<string, GgmlType>): number {
  let bytes = 0;
  for (const tensor of checkpoint.tensors.values()) {
    const type = types.get(tensor.name);
    bytes += type === undefined ? tensor.bytes : ggmlBytes(type, tensor.elements);
  }
  return bytes;
}

/** Tensors that are quantized too, beside the layers of the figures. */
export function quantizedBesides(types: ReadonlyMap<string, GgmlType>, layers: ReadonlySet<string>): string[] {
  const found = new Set<string>();
  for (const [name, type] of types) if (isGgufQuantizedType(type) && !layers.has(name)) found.add(`${name} (${type})`);
  return [...found];
}
