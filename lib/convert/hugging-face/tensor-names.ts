/** Where a tensor goes: its GGUF name, `{layer}` in place of the layer's number. */
type NameMap = Readonly<Record<string, string>>;

/** Names outside the layers. Source of all names: gguf-py/gguf/tensor_mapping.py and constants.py. */
const OUTSIDE: NameMap = {
  'model.embed_tokens': 'token_embd',
  'model.norm': 'output_norm',
  lm_head: 'output',
};

/** Within `model.layers.{layer}.`. */
const LLAMA_LAYER: NameMap = {
  input_layernorm: 'attn_norm',
  'self_attn.q_proj': 'attn_q',
  'self_attn.k_proj': 'attn_k',
  'self_attn.v_proj': 'attn_v',
  'self_attn.o_proj': 'attn_output',
  'self_attn.q_norm': 'attn_q_norm',
  'self_attn.k_norm': 'attn_k_norm',
  post_attention_layernorm: 'ffn_norm',
  'mlp.gate_proj': 'ffn_gate',
  'mlp.up_proj': 'ffn_up',
  'mlp.down_proj': 'ffn_down',
};

/** Norms on both sides of attention and feed-forward. */
const GEMMA_2_LAYER: NameMap = {
  ...LLAMA_LAYER,
  post_attention_layernorm: 'post_attention_norm',
  pre_feedforward_layernorm: 'ffn_norm',
  post_feedforward_layernorm: 'post_ffw_norm',
};

/** Query, key and value in one matrix; gate and up in another. */
const PHI_3_LAYER: NameMap = {
  input_layernorm: 'attn_norm',
  'self_attn.qkv_proj': 'attn_qkv',
  'self_attn.o_proj': 'attn_output',
  post_attention_layernorm: 'ffn_norm',
  'mlp.gate_up_proj': 'ffn_up',
  'mlp.down_proj': 'ffn_down',
};

const PHI_2_OUTSIDE: NameMap = {
  'model.embed_tokens': 'token_embd',
  'model.final_layernorm': 'output_norm',
  lm_head: 'output',
};

/** One norm for both halves of a layer. */
const PHI_2_LAYER: NameMap = {
  input_layernorm: 'attn_norm',
  'self_attn.q_proj': 'attn_q',
  'self_attn.k_proj': 'attn_k',
  'self_attn.v_proj': 'attn_v',
  'self_attn.dense': 'attn_output',
  'mlp.fc1': 'ffn_up',
  'mlp.fc2': 'ffn_down',
};

export const TENSOR_NAMES = {
  llama: { outside: OUTSIDE, layer: LLAMA_LAYER },
  gemma2: { outside: OUTSIDE, layer: GEMMA_2_LAYER },
  phi3: { outside: OUTSIDE, layer: PHI_3_LAYER },
  phi2: { outside: PHI_2_OUTSIDE, layer: PHI_2_LAYER },
} as const;

export type TensorNameSet = keyof typeof TENSOR_NAMES;

/** The name that a tensor of a text model has where it stands alone: some stand in a larger model. */
export function textModelName(name: string): string {
  return name.replace(/^(?:model\.language_model|language_model\.model)\./, 'model.').replace(/^language_model\./, '');
}

/** The name in a GGUF file of a tensor of a checkpoint; undefined where the architecture has no such tensor. */
export function ggufTensorName(name: string, set: TensorNameSet): string | undefined {
  const { outside, layer } = TENSOR_NAMES[set] as { readonly outside: NameMap; readonly layer: NameMap };
  const match = /^(.*)\.(weight|bias)$/.exec(name);
  if (match === null) return undefined;
  const [, module, kind] = match;
  if (Object.hasOwn(outside, module)) return `${outside[module]}.${kind}`;
  const inLayer = /^model\.layers\.(\d+)\.(.+)$/.exec(module);
  if (inLayer === null || !Object.hasOwn(layer, inLayer[2])) return undefined;
  return `blk.${inLayer[1]}.${layer[inLayer[2]]}.${kind}`;
}
