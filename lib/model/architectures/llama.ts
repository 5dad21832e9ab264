import type { Architecture } from '../architecture';
import type { AttentionTraits } from '../blocks/attention';
import { fusedAttention } from '../blocks/attention';
import type { DecoderTraits } from '../blocks/decoder';
import { decoder } from '../blocks/decoder';
import { gatedMlp } from '../blocks/mlp';
import { windowEverywhere, windowWhenUsed } from '../blocks/windows';
import type { ConfigReader } from '../config';

/** One switch for the biases of all four projections. */
export function attentionBias(config: ConfigReader): AttentionTraits {
  const bias = config.flag('attention_bias', false);
  return { qkvBias: bias, outBias: bias };
}

const llamaTraits: DecoderTraits = {
  attentionTraits: (config) => {
    const bias = config.flag('attention_bias', config.flag('bias', false));
    return { qkvBias: bias, outBias: bias };
  },
  mlpBias: (config) => config.flag('mlp_bias', false),
};

/** Llama 1 to 3 and what loads as Llama: Yi, DeepSeek LLM and Coder, SmolLM, Vicuna, TinyLlama, Aquila, XVERSE. */
export const llama: Architecture = {
  names: [
    'LlamaForCausalLM',
    'LLaMAForCausalLM',
    'LlamaModel',
    'LlamaForSequenceClassification',
    'AquilaModel',
    'AquilaForCausalLM',
    'YiForCausalLM',
    'XverseForCausalLM',
    'CwmForCausalLM',
    'TeleChat3ForCausalLM',
  ],
  modelTypes: ['llama', 'aquila', 'Yi', 'code_llama', 'xverse', 'cwm'],
  describe: decoder(llamaTraits),
};

export const mistral: Architecture = {
  names: ['MistralForCausalLM', 'MistralModel', 'Ministral3ForCausalLM', 'MinistralForCausalLM'],
  modelTypes: ['mistral', 'ministral', 'ministral3'],
  describe: decoder({ windows: windowEverywhere }),
};

/** Qwen 1.5, 2, 2.5 and QwQ: biases on query, key and value only. */
export const qwen2: Architecture = {
  names: ['Qwen2ForCausalLM', 'Qwen2Model', 'Qwen2ForSequenceClassification'],
  modelTypes: ['qwen2', 'qwen2_vl_text', 'qwen2_5_vl_text'],
  describe: decoder({ attentionTraits: () => ({ qkvBias: true }), windows: windowWhenUsed }),
};

/** Qwen 3: no biases, a norm on each query and key head. */
export const qwen3: Architecture = {
  names: ['Qwen3ForCausalLM', 'Qwen3Model', 'Qwen3ForSequenceClassification'],
  modelTypes: ['qwen3', 'qwen3_vl_text'],
  describe: decoder({
    attentionTraits: (config) => ({ ...attentionBias(config), qkNorm: 'head' }),
    windows: windowWhenUsed,
  }),
};

/** InternLM 1 and 3: Llama with a `bias` switch of its own. */
export const internlm: Architecture = {
  names: ['InternLMForCausalLM', 'InternLM3ForCausalLM'],
  modelTypes: ['internlm', 'internlm3'],
  describe: decoder({
    attentionTraits: (config) => ({
      qkvBias: config.flag('qkv_bias', config.flag('bias', config.text('model_type') === 'internlm')),
      outBias: config.flag('bias', config.text('model_type') === 'internlm'),
    }),
    mlpBias: (config) => config.text('model_type') === 'internlm3' && config.flag('bias', false),
  }),
};

export const internlm2: Architecture = {
  names: ['InternLM2ForCausalLM', 'InternLM2VEForCausalLM'],
  modelTypes: ['internlm2'],
  describe: decoder({
    names: { embedding: 'tok_embeddings' },
    norms: ['attention_norm', 'ffn_norm'],
    attention: (layer, g, config) => {
      const bias = config.flag('bias', false);
      fusedAttention(layer, g, { qkv: 'attention.wqkv', o: 'attention.wo' }, { qkv: bias, o: bias });
    },
    mlp: (layer, g) =>
      gatedMlp(layer.under('feed_forward.'), g.hidden, g.intermediate, false, { gate: 'w1', up: 'w3', down: 'w2' }),
  }),
};

/** Baichuan 1 and 2: one packed matrix for query, key and value. */
export const baichuan: Architecture = {
  names: ['BaichuanForCausalLM', 'BaiChuanForCausalLM'],
  modelTypes: ['baichuan'],
  describe: decoder({
    attention: (layer, g) => fusedAttention(layer, g, { qkv: 'self_attn.W_pack', o: 'self_attn.o_proj' }),
  }),
};

/** Qwen 1. Its feed-forward halves the width that the config names. */
export const qwen1: Architecture = {
  names: ['QWenLMHeadModel'],
  modelTypes: ['qwen'],
  describe: decoder({
    names: { embedding: 'wte', layers: 'h', norm: 'ln_f' },
    norms: ['ln_1', 'ln_2'],
    attention: (layer, g) => fusedAttention(layer, g, { qkv: 'attn.c_attn', o: 'attn.c_proj' }, { qkv: true }),
    mlp: (layer, g) => {
      const half = Math.max(1, Math.floor(g.intermediate / 2));
      gatedMlp(layer.under('mlp.'), g.hidden, half, false, { gate: 'w2', up: 'w1', down: 'c_proj' });
    },
    body: 'transformer.',
  }),
};

/** Llama with a norm on queries and keys or another bias, under the same names. */
export const llamaKin: readonly Architecture[] = [
  {
    names: ['SmolLM3ForCausalLM'],
    modelTypes: ['smollm3'],
    describe: decoder({ ...llamaTraits, tiedByDefault: true, windows: windowWhenUsed }),
  },
  {
    names: ['SeedOssForCausalLM'],
    modelTypes: ['seed_oss'],
    describe: decoder({
      attentionTraits: (config) => ({
        qkvBias: config.flag('attention_bias', true),
        outBias: config.flag('attention_out_bias', false),
      }),
      mlpBias: (config) => config.flag('mlp_bias', false),
    }),
  },
  {
    names: ['MiMoForCausalLM'],
    modelTypes: ['mimo'],
    describe: decoder({ attentionTraits: (config) => ({ qkvBias: config.flag('attention_bias', true) }) }),
  },
  {
    names: ['Ernie4_5ForCausalLM', 'Ernie4_5_ForCausalLM'],
    modelTypes: ['ernie4_5'],
    describe: decoder({
      tiedByDefault: true,
      attentionTraits: (config) => {
        const bias = config.flag('use_bias', false);
        return { qkvBias: bias, outBias: bias };
      },
      mlpBias: (config) => config.flag('use_bias', false),
    }),
  },
  {
    names: ['HunYuanDenseV1ForCausalLM'],
    modelTypes: ['hunyuan_v1_dense'],
    describe: decoder({
      attentionTraits: (config) => ({
        ...attentionBias(config),
        qkNorm: 'head',
        names: { qNorm: 'query_layernorm', kNorm: 'key_layernorm' },
      }),
    }),
  },
  {
    names: ['MiniCPMForCausalLM'],
    modelTypes: ['minicpm'],
    describe: decoder({ ...llamaTraits, tiedByDefault: true }),
  },
  {
    names: ['OrionForCausalLM'],
    modelTypes: ['orion'],
    describe: decoder({ normBias: true }),
  },
  {
    names: ['SolarForCausalLM'],
    modelTypes: ['solar'],
    describe: decoder(llamaTraits),
  },
  {
    names: ['HeliumForCausalLM'],
    modelTypes: ['helium'],
    describe: decoder(llamaTraits),
  },
];
