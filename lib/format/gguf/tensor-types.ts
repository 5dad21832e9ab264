import { ggufTensorCategory, isGgufQuantizable, type GgufNamedTensor } from '../../scheme/gguf/category';
import { mixedType, pureType, type MixContext } from '../../scheme/gguf/mix';
import type { GgufTarget } from '../../scheme/gguf/target';
import { fileTypeName, type GgmlType } from '../../scheme/gguf/types';
import { integerOf, stringOf, type GgufMetadata } from './value';

/**
 * Tensors in the order in which llama-quantize takes and writes them: those outside the layers first, then by layer, then by name.
 * Source: llama.cpp src/llama-model-loader.h, `weight_name_comparer`.
 */
export function byLayerAndName<Tensor extends { readonly name: string }>(tensors: readonly Tensor[]): Tensor[] {
  // Each name is read once: a sort compares it a dozen times.
  return tensors
    .map((tensor) => ({ tensor, layer: layerOf(tensor.name) }))
    .sort((left, right) => left.layer - right.layer || compareNames(left.tensor.name, right.tensor.name))
    .map(({ tensor }) => tensor);
}

function compareNames(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

function layerOf(name: string): number {
  const match = /^blk\.(\d+)\./.exec(name);
  return match === null ? -1 : Number(match[1]);
}

/**
 * The type llama-quantize stores each tensor in.
 * Source: llama.cpp src/llama-quant.cpp, `llama_tensor_get_type`, as of October 2026.
 *
 * @param tensors in the order of `byLayerAndName`
 * @param hasImportanceMatrix is there one? It gives some tensors another type
 */
export function ggufTensorTypes(
  tensors: readonly GgufNamedTensor[],
  metadata: GgufMetadata,
  target: GgufTarget,
  hasImportanceMatrix = false,
): ReadonlyMap<string, GgmlType> {
  const context = contextOf(tensors, metadata, target, hasImportanceMatrix);
  const values = tensors.filter(({ name }) => isValue(ggufTensorCategory(name))).length;
  let value = 0;
  let down = 0;
  const types = new Map<string, GgmlType>();
  for (const tensor of tensors) {
    const { name, shape } = tensor;
    if (!isGgufQuantizable(tensor)) {
      types.set(name, tensor.dtype);
      continue;
    }
    const category = ggufTensorCategory(name);
    // Values are counted as they come; so are the other kinds, unless a layer has several of them (experts).
    const layer = isValue(category) ? value++ : category === 'ffn_down' ? down++ : Math.max(layerOf(name), 0);
    const columns = shape[shape.length - 1];
    if (target.kind === 'pure') {
      const type = pureType(target.tensorType, columns) ?? target.tensorType;
      types.set(name, layerOf(name) < 0 ? tensor.dtype : type);
    } else {
      const place = context.experts > 1 && category === 'ffn_down' ? layerOf(name) : layer;
      const of = isValue(category) ? values : context.layers;
      const experts = shape.length > 2 ? shape[0] : 1;
      types.set(name, mixedType({ category, layer: place, of, columns, experts }, context));
    }
  }
  return types;
}

function contextOf(
  tensors: readonly GgufNamedTensor[],
  metadata: GgufMetadata,
  target: GgufTarget,
  hasImportanceMatrix: boolean,
): MixContext {
  const architecture = stringOf(metadata.get('general.architecture')) ?? '';
  const number = (key: string): number | undefined => firstOf(metadata, `${architecture}.${key}`);
  const layers = number('block_count') ?? 1 + Math.max(-1, ...tensors.map(({ name }) => layerOf(name)));
  const heads = number('attention.head_count') ?? 1;
  const queriesPerKvHead = heads / (number('attention.head_count_kv') ?? heads);
  return {
    fileType: target.kind === 'mix' ? (fileTypeName(target.fileType) ?? target.fileType) : '',
    layers,
    experts: number('expert_count') ?? 0,
    queriesPerKvHead,
    tied: !tensors.some(({ name }) => name === 'output.weight'),
    falcon: architecture === 'falcon',
    hasImportanceMatrix,
  };
}

/** A number, or the first of an array: head counts may differ from layer to layer. */
function firstOf(metadata: GgufMetadata, key: string): number | undefined {
  const value = metadata.get(key);
  if (value?.type === 'array') return value.values.length > 0 ? Number(value.values[0]) : undefined;
  return integerOf(value);
}

function isValue(category: string): boolean {
  return category === 'attn_v' || category === 'attn_qkv';
}
