import type { GgufMetadata } from '../../format/gguf/value';
import { integerOf, stringOf } from '../../format/gguf/value';
import { fileTypeName, mixedType, pureType, type MixContext } from '../../plan/gguf/file-type';
import type { GgmlType } from '../../plan/gguf/ggml-type';
import type { TensorCategory } from '../../plan/gguf/tensor-category';

/** A tensor as a GGUF file names and stores it. */
export interface NamedTensor {
  readonly name: string;
  readonly dtype: GgmlType;
  /** Row-major. */
  readonly shape: readonly number[];
}

/** What a file is to become: a file type's mix, or one type for every linear layer of the blocks and nothing else. */
export type GgufTarget =
  { readonly kind: 'mix'; readonly fileType: string } | { readonly kind: 'pure'; readonly tensorType: GgmlType };

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
  tensors: readonly NamedTensor[],
  metadata: GgufMetadata,
  target: GgufTarget,
  hasImportanceMatrix = false,
): ReadonlyMap<string, GgmlType> {
  const context = contextOf(tensors, metadata, target, hasImportanceMatrix);
  const values = tensors.filter(({ name }) => isValue(categoryOf(name))).length;
  let value = 0;
  let down = 0;
  const types = new Map<string, GgmlType>();
  for (const tensor of tensors) {
    const { name, shape } = tensor;
    if (!isQuantized(tensor)) {
      types.set(name, tensor.dtype);
      continue;
    }
    const category = categoryOf(name);
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
  tensors: readonly NamedTensor[],
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
    is70b: layers === 80 && queriesPerKvHead > 1,
    hasImportanceMatrix,
  };
}

/** A number, or the first of an array: head counts may differ from layer to layer. */
function firstOf(metadata: GgufMetadata, key: string): number | undefined {
  const value = metadata.get(key);
  if (value?.type === 'array') return value.values.length > 0 ? Number(value.values[0]) : undefined;
  return integerOf(value);
}

function isValue(category: TensorCategory): boolean {
  return category === 'attn_v' || category === 'attn_qkv';
}

/** `tensor_get_category`. */
const CATEGORIES: readonly (readonly [string, TensorCategory])[] = [
  ['attn_qkv.weight', 'attn_qkv'],
  ['attn_kv_b.weight', 'attn_v'],
  ['attn_v.weight', 'attn_v'],
  ['attn_k.weight', 'attn_k'],
  ['attn_q.weight', 'attn_q'],
  ['attn_output.weight', 'attn_output'],
  ['ffn_up', 'ffn_up'],
  ['ffn_gate', 'ffn_gate'],
  ['ffn_down', 'ffn_down'],
];

function categoryOf(name: string): TensorCategory {
  if (name === 'output.weight') return 'output';
  if (name === 'token_embd.weight' || name === 'per_layer_token_embd.weight') return 'token_embd';
  return CATEGORIES.find(([part]) => name.includes(part))?.[1] ?? 'other';
}

/** Parts of names that llama-quantize leaves as they are: `tensor_allows_quantization`. */
const LEFT_ALONE = [
  '_norm.weight',
  'ffn_gate_inp.weight',
  'ffn_gate_tid2eid.weight',
  'altup',
  'laurel',
  'per_layer_model_proj',
  'ssm_conv1d',
  'shortconv.conv.weight',
  'indexer.k_proj.weight',
  'indexer.q_proj.weight',
  'time_mix_first.weight',
  'time_mix_w0.weight',
  'time_mix_w1.weight',
  'time_mix_w2.weight',
  'time_mix_v0.weight',
  'time_mix_v1.weight',
  'time_mix_v2.weight',
  'time_mix_a0.weight',
  'time_mix_a1.weight',
  'time_mix_a2.weight',
  'time_mix_g1.weight',
  'time_mix_g2.weight',
  'time_mix_decay_w1.weight',
  'time_mix_decay_w2.weight',
  'time_mix_lerp_fused.weight',
  'attn_rel_b.weight',
  '.position_embd',
  'sam.pos_embd',
  'sam.neck.',
  'sam.net_',
  '.rel_pos',
  '.patch_embd',
  '.patch_merger',
  'a.rvq.codebook',
  'mm.a.code_embd',
];
const LEFT_ALONE_PARTS = new RegExp(LEFT_ALONE.map((part) => part.replaceAll('.', '\\.')).join('|'));
const LEFT_ALONE_NAMES = new Set(['position_embd.weight', 'token_types.weight']);

function isQuantized({ name, shape }: NamedTensor): boolean {
  // ggml counts dimensions up to the last that is not 1.
  const dimensions = shape.length - shape.findIndex((size) => size !== 1);
  if (shape.every((size) => size === 1) || dimensions < 2 || !name.endsWith('weight')) return false;
  return !LEFT_ALONE_NAMES.has(name) && !LEFT_ALONE_PARTS.test(name);
}
