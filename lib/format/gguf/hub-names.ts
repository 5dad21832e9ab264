import { isJsonObject, type JsonObject } from '../../text/json';
import { lookup } from '../../text/lookup';
import type { Checkpoint } from '../checkpoint/checkpoint';

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

interface NameSet {
  readonly outside: NameMap;
  readonly layer: NameMap;
}

const LLAMA: NameSet = { outside: OUTSIDE, layer: LLAMA_LAYER };
const GEMMA_2: NameSet = { outside: OUTSIDE, layer: GEMMA_2_LAYER };
const PHI_3: NameSet = { outside: OUTSIDE, layer: PHI_3_LAYER };
const PHI_2: NameSet = { outside: PHI_2_OUTSIDE, layer: PHI_2_LAYER };

/** By the name in `architectures` of config.json. */
const NAMES: Readonly<Record<string, NameSet>> = {
  LlamaForCausalLM: LLAMA,
  MistralForCausalLM: LLAMA,
  Qwen2ForCausalLM: LLAMA,
  Qwen3ForCausalLM: LLAMA,
  GemmaForCausalLM: LLAMA,
  Gemma2ForCausalLM: GEMMA_2,
  Gemma3ForCausalLM: GEMMA_2,
  Gemma3ForConditionalGeneration: GEMMA_2,
  PhiForCausalLM: PHI_2,
  Phi3ForCausalLM: PHI_3,
};

/** The name that a tensor of a text model has where it stands alone: some stand in a larger model. */
export function textModelName(name: string): string {
  return name.replace(/^(?:model\.language_model|language_model\.model)\./, 'model.').replace(/^language_model\./, '');
}

/** The config of the text model, also where it is a part of a larger one. */
export function textModelConfig(config: JsonObject): JsonObject {
  return isJsonObject(config.text_config) ? { ...config, ...config.text_config } : config;
}

/** The architecture that a config names; empty without one. */
export function architectureName({ architectures }: JsonObject): string {
  return Array.isArray(architectures) && typeof architectures[0] === 'string' ? architectures[0] : '';
}

/** The name in a GGUF file of a tensor of a text model; undefined where the architecture has no such tensor, or is not known. */
export function ggufTensorName(name: string, architecture: string): string | undefined {
  const set = lookup(NAMES, architecture);
  const match = /^(.*)\.(weight|bias)$/.exec(name);
  if (set === undefined || match === null) return undefined;
  const [, module, kind] = match;
  const outside = lookup(set.outside, module);
  if (outside !== undefined) return `${outside}.${kind}`;
  const inLayer = /^model\.layers\.(\d+)\.(.+)$/.exec(module);
  const place = inLayer === null ? undefined : lookup(set.layer, inLayer[2]);
  return place === undefined ? undefined : `blk.${inLayer?.[1]}.${place}.${kind}`;
}

/** The name in a GGUF file of a tensor in a block of some model: of no architecture in particular. */
export function ggufNameInBlock(name: string): string | undefined {
  const match = /layers\.(\d+)\.(.+)\.(weight|bias)$/.exec(name);
  if (match === null) return undefined;
  const [, layer, module, kind] = match;
  for (const set of [LLAMA, PHI_3, PHI_2]) {
    const place = lookup(set.layer, module);
    if (place !== undefined) return `blk.${layer}.${place}.${kind}`;
  }
  return undefined;
}

/** What a tensor of a checkpoint is called in a GGUF; undefined for one that has no place there, or of an architecture that is not known. */
export function ggufNamer({ format, config }: Checkpoint): (name: string) => string | undefined {
  if (format === 'gguf') return (name) => name;
  if (!isJsonObject(config)) return () => undefined;
  const architecture = architectureName(textModelConfig(config));
  return (name) => ggufTensorName(textModelName(name), architecture);
}
