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

/** Every expert by itself, and one router. */
const MIXTRAL_LAYER: NameMap = {
  ...LLAMA_LAYER,
  'block_sparse_moe.gate': 'ffn_gate_inp',
};

const QWEN_MOE_LAYER: NameMap = {
  ...LLAMA_LAYER,
  'mlp.gate': 'ffn_gate_inp',
};

/** One more expert that all tokens go through, by a gate of its own. */
const QWEN_2_MOE_LAYER: NameMap = {
  ...QWEN_MOE_LAYER,
  'mlp.shared_expert_gate': 'ffn_gate_inp_shexp',
  'mlp.shared_expert.gate_proj': 'ffn_gate_shexp',
  'mlp.shared_expert.up_proj': 'ffn_up_shexp',
  'mlp.shared_expert.down_proj': 'ffn_down_shexp',
};

/** Within `model.layers.{layer}.block_sparse_moe.experts.{expert}.`: the tensors that the matrices of all experts are stacked in. */
const MIXTRAL_EXPERT: NameMap = { w1: 'ffn_gate_exps', w2: 'ffn_down_exps', w3: 'ffn_up_exps' };

/** Within `model.layers.{layer}.mlp.experts.{expert}.`. */
const QWEN_EXPERT: NameMap = { gate_proj: 'ffn_gate_exps', up_proj: 'ffn_up_exps', down_proj: 'ffn_down_exps' };

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
  readonly expert?: NameMap;
}

const LLAMA: NameSet = { outside: OUTSIDE, layer: LLAMA_LAYER };
const GEMMA_2: NameSet = { outside: OUTSIDE, layer: GEMMA_2_LAYER };
const PHI_3: NameSet = { outside: OUTSIDE, layer: PHI_3_LAYER };
const PHI_2: NameSet = { outside: PHI_2_OUTSIDE, layer: PHI_2_LAYER };
const MIXTRAL: NameSet = { outside: OUTSIDE, layer: MIXTRAL_LAYER, expert: MIXTRAL_EXPERT };
const QWEN_MOE: NameSet = { outside: OUTSIDE, layer: QWEN_MOE_LAYER, expert: QWEN_EXPERT };
const QWEN_2_MOE: NameSet = { outside: OUTSIDE, layer: QWEN_2_MOE_LAYER, expert: QWEN_EXPERT };

/** By the name in `architectures` of config.json. */
const NAMES: Readonly<Record<string, NameSet>> = {
  LlamaForCausalLM: LLAMA,
  MistralForCausalLM: LLAMA,
  MixtralForCausalLM: MIXTRAL,
  Qwen2ForCausalLM: LLAMA,
  Qwen2MoeForCausalLM: QWEN_2_MOE,
  Qwen3ForCausalLM: LLAMA,
  Qwen3MoeForCausalLM: QWEN_MOE,
  OlmoeForCausalLM: QWEN_MOE,
  GemmaForCausalLM: LLAMA,
  Gemma2ForCausalLM: GEMMA_2,
  Gemma3ForCausalLM: GEMMA_2,
  Gemma3ForConditionalGeneration: GEMMA_2,
  PhiForCausalLM: PHI_2,
  Phi3ForCausalLM: PHI_3,
  PhiMoEForCausalLM: MIXTRAL,
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

/** Where a tensor of a checkpoint stands in a GGUF file. */
export interface GgufPlace {
  readonly name: string;
  /** Which of the matrices stacked in that tensor it is, for one of an expert. */
  readonly expert?: number;
}

/** The place of a tensor of a text model; undefined where the architecture has no such tensor, or is not known. */
export function ggufPlace(name: string, architecture: string): GgufPlace | undefined {
  const set = lookup(NAMES, architecture);
  const match = /^(.*)\.(weight|bias)$/.exec(name);
  if (set === undefined || match === null) return undefined;
  const [, module, kind] = match;
  const outside = lookup(set.outside, module);
  if (outside !== undefined) return { name: `${outside}.${kind}` };
  const inLayer = /^model\.layers\.(\d+)\.(.+)$/.exec(module);
  return inLayer === null ? undefined : placeInLayer(set, inLayer[1], inLayer[2], kind);
}

function placeInLayer(set: NameSet, layer: string, module: string, kind: string): GgufPlace | undefined {
  const place = lookup(set.layer, module);
  if (place !== undefined) return { name: `blk.${layer}.${place}.${kind}` };
  const inExpert = /^(?:mlp|block_sparse_moe)\.experts\.(0|[1-9]\d*)\.(\w+)$/.exec(module);
  const stack = inExpert === null || set.expert === undefined ? undefined : lookup(set.expert, inExpert[2]);
  return stack === undefined ? undefined : { name: `blk.${layer}.${stack}.${kind}`, expert: Number(inExpert?.[1]) };
}

/** Modules that one tensor of all experts holds, one half after the other where there are two. */
const FUSED: Readonly<Record<string, readonly string[]>> = {
  gate_up_proj: ['gate_proj', 'up_proj'],
  down_proj: ['down_proj'],
};

const FUSES_EXPERTS = new Set(['Qwen2MoeForCausalLM', 'Qwen3MoeForCausalLM']);

/**
 * The names of the stacks that a tensor of all experts is taken apart into: rows of each expert's matrix are shared among them in this
 * order. Source: llama.cpp conversion/qwen.py, `Qwen2MoeModel.modify_tensors`.
 */
export function ggufFusedExperts(name: string, architecture: string): readonly string[] {
  const set = lookup(NAMES, architecture)?.expert;
  const match = /^model\.layers\.(\d+)\.mlp\.experts\.(\w+?)(?:\.weight)?$/.exec(name);
  const modules = match === null ? undefined : lookup(FUSED, match[2]);
  if (set === undefined || modules === undefined || !FUSES_EXPERTS.has(architecture)) return [];
  return modules.map((module) => `blk.${match?.[1]}.${set[module]}.weight`);
}

/** The name in a GGUF file of a tensor in a block of some model: of no architecture in particular. */
export function ggufNameInBlock(name: string): string | undefined {
  const match = /layers\.(\d+)\.(.+)\.(weight|bias)$/.exec(name);
  if (match === null) return undefined;
  const [, layer, module, kind] = match;
  for (const set of [QWEN_2_MOE, MIXTRAL, PHI_3, PHI_2]) {
    const place = placeInLayer(set, layer, module, kind);
    if (place !== undefined) return place.name;
  }
  return undefined;
}

/** Where a tensor of a checkpoint stands in a GGUF; undefined for one that has no place there, or of an architecture that is not known. */
export function ggufPlacer({ format, config }: Checkpoint): (name: string) => GgufPlace | undefined {
  if (format === 'gguf') return (name) => ({ name });
  if (!isJsonObject(config)) return () => undefined;
  const architecture = architectureName(textModelConfig(config));
  return (name) => ggufPlace(textModelName(name), architecture);
}
