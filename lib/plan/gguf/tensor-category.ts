import type { WeightGroup } from '../../model/types';
import type { TensorCategory } from '../../scheme/gguf/category';
import { ggmlShape } from '../../scheme/gguf/types';

const BY_MODULE: readonly (readonly [RegExp, TensorCategory])[] = [
  // Fused projections that the converter keeps in one tensor.
  [/^(qkv_proj|query_key_value|wqkv|c_attn|qkv|att_proj)$/, 'attn_qkv'],
  [/^(q_proj|wq|query|q)$/, 'attn_q'],
  [/^(k_proj|wk|key|k)$/, 'attn_k'],
  [/^(v_proj|wv|value|v)$/, 'attn_v'],
  [/^(o_proj|wo|attn_out)$/, 'attn_output'],
  [/^(up_proj|gate_up_proj|fc1|dense_h_to_4h|c_fc|fc_in|w3|wi|wi_1|v1)$/, 'ffn_up'],
  [/^(gate_proj|w1|wi_0)$/, 'ffn_gate'],
  [/^(down_proj|fc2|dense_4h_to_h|fc_out|w2|wo_mlp)$/, 'ffn_down'],
];

/** Qwen's first generation, whose `w1` is the ordinary half of the feed-forward and whose `w2` is the gate; elsewhere `w2` leads out of it. */
const FIRST_QWEN_FEED_FORWARD = /^transformer\.h\..*\.mlp\.w[12]$/;

/** Modules whose name is the same in attention and feed-forward. */
const ATTENTION_PATH = /(attn|attention|mixer)/;

/** What leads out of a state-space model, a linear attention or a convolution: `ssm_out` and `shortconv.out_proj`, which no rule names. */
const STATE_OUT = /(^backbone\..*\.mixer|\.mamba|\.linear_attn|\.conv)\.out_proj$/;

/**
 * What llama-quantize takes a group's tensors for, by the names of its checkpoint, from which the converter derives those it decides by.
 * Source: gguf-py/gguf/tensor_mapping.py of llama.cpp.
 */
export function tensorCategory(group: WeightGroup): TensorCategory {
  if (group.role === 'embedding')
    return group.shape.length >= 2 && !/position|wpe/.test(group.name) ? 'token_embd' : 'unquantized';
  if (group.role === 'head') return 'output';
  if (group.role === 'norm' || group.role === 'bias' || group.role === 'router' || group.role === 'conv')
    return 'unquantized';
  // A gate of one row is a vector to ggml.
  if (ggmlShape(group.shape).length < 2) return 'unquantized';
  const path = group.name.replace(/\.weight$/, '');
  const module = path.slice(path.lastIndexOf('.') + 1).toLowerCase();
  if (FIRST_QWEN_FEED_FORWARD.test(path)) return module === 'w2' ? 'ffn_gate' : 'ffn_up';
  for (const [pattern, category] of BY_MODULE) if (pattern.test(module)) return category;
  if (STATE_OUT.test(path)) return 'other';
  if (/^(dense|out_proj|c_proj|proj)$/.test(module)) return ATTENTION_PATH.test(path) ? 'attn_output' : 'ffn_down';
  return 'other';
}
