import { ggmlShape, type GgmlType } from './types';

/**
 * What llama-quantize takes a tensor for, by its name in the file.
 * Source: llama.cpp src/llama-quant.cpp, `tensor_category`.
 */
export type TensorCategory =
  | 'token_embd'
  | 'output'
  | 'attn_q'
  | 'attn_k'
  | 'attn_v'
  | 'attn_qkv'
  | 'attn_output'
  | 'ffn_up'
  | 'ffn_gate'
  | 'ffn_down'
  | 'other'
  /** Never quantized: one-dimensional, a norm, a router, a convolution, a position table. */
  | 'unquantized';

/** A tensor as a GGUF file names and stores it. */
export interface GgufNamedTensor {
  readonly name: string;
  readonly dtype: GgmlType;
  /** Row-major. */
  readonly shape: readonly number[];
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

/** What llama-quantize takes a tensor for that it quantizes. */
export function ggufTensorCategory(name: string): TensorCategory {
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

/** Does llama-quantize quantize a tensor at all? */
export function isGgufQuantizable({ name, shape }: GgufNamedTensor): boolean {
  if (ggmlShape(shape).length < 2 || !name.endsWith('weight')) return false;
  return !LEFT_ALONE_NAMES.has(name) && !LEFT_ALONE_PARTS.test(name);
}
