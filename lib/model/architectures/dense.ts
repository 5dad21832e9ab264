import type { Architecture } from '../architecture';
import { fusedAttention, separateAttention } from '../blocks/attention';
import { decoder } from '../blocks/decoder';
import { gatedMlp, plainMlp } from '../blocks/mlp';
import { windowByPattern, windowEverywhere } from '../blocks/windows';
import { attentionBias } from './llama';

/** Cohere Command-R: one norm a layer, tied head, norms of each head where switched on. */
export const cohere: Architecture = {
  names: ['CohereForCausalLM'],
  modelTypes: ['cohere'],
  describe: decoder({
    tiedByDefault: true,
    norms: ['input_layernorm'],
    attention: (layer, g, config) => {
      const scope = layer.under('self_attn.');
      separateAttention(scope, g, attentionBias(config));
      if (config.flag('use_qk_norm', false)) {
        scope
          .parameter('q_norm.weight', [g.heads, g.headDim], 'column', 'norm')
          .parameter('k_norm.weight', [g.kvHeads, g.headDim], 'column', 'norm');
      }
    },
  }),
};

/** Command-R7B and Command A: three sliding layers to a full one. */
export const cohere2: Architecture = {
  names: ['Cohere2ForCausalLM'],
  modelTypes: ['cohere2'],
  describe: decoder({
    tiedByDefault: true,
    norms: ['input_layernorm'],
    attentionTraits: attentionBias,
    windows: (config, layers) => windowByPattern(config, layers, 4),
  }),
};

/** OLMo: norms without weights. */
export const olmo: Architecture = {
  names: ['OlmoForCausalLM', 'OLMoForCausalLM'],
  modelTypes: ['olmo'],
  describe: decoder({ attentionTraits: attentionBias, norms: [], finalNorm: () => false }),
};

/** OLMo 2 and 3: norms after the blocks, and one over all query heads and all key heads. */
export const olmo2: Architecture = {
  names: ['Olmo2ForCausalLM', 'Olmo3ForCausalLM'],
  modelTypes: ['olmo2', 'olmo3'],
  describe: decoder({
    attentionTraits: (config) => ({ ...attentionBias(config), qkNorm: 'all' }),
    norms: ['post_attention_layernorm', 'post_feedforward_layernorm'],
    windows: (config, layers) => windowByPattern(config, layers, 4),
  }),
};

/** StableLM 2 and StableLM 3B (epoch). */
export const stablelm: Architecture = {
  names: ['StableLmForCausalLM', 'StableLMEpochForCausalLM'],
  modelTypes: ['stablelm', 'stablelm_epoch'],
  describe: decoder({
    normBias: true,
    norms: (config) =>
      config.flag('use_parallel_residual', false)
        ? ['input_layernorm']
        : ['input_layernorm', 'post_attention_layernorm'],
    attention: (layer, g, config) => {
      const scope = layer.under('self_attn.');
      separateAttention(scope, g, { qkvBias: config.flag('use_qkv_bias', false) });
      if (config.flag('qk_layernorm', false)) {
        scope
          .parameter('q_layernorm.norms.weight', [g.heads, g.headDim], 'column', 'norm')
          .parameter('k_layernorm.norms.weight', [g.kvHeads, g.headDim], 'column', 'norm');
      }
    },
  }),
};

export const granite: Architecture = {
  names: ['GraniteForCausalLM'],
  modelTypes: ['granite'],
  describe: decoder({
    attentionTraits: attentionBias,
    mlpBias: (config) => config.flag('mlp_bias', false),
  }),
};

/** ChatGLM 2 and 3, GLM-4-9B of 2024. `multi_query_attention` means `multi_query_group_num` key-value heads. */
export const chatglm: Architecture = {
  names: ['ChatGLMModel', 'ChatGLMForConditionalGeneration', 'ChatGLMForCausalLM'],
  modelTypes: ['chatglm'],
  describe: decoder({
    body: 'transformer.',
    head: 'transformer.output_layer',
    names: { embedding: 'embedding.word_embeddings', layers: 'encoder.layers', norm: 'encoder.final_layernorm' },
    geometry: (config) => {
      const heads = config.size('num_attention_heads');
      return {
        heads,
        headDim: config.optionalSize('kv_channels'),
        kvHeads: config.flag('multi_query_attention', false) ? config.size('multi_query_group_num') : heads,
        intermediate: config.size('ffn_hidden_size'),
      };
    },
    attention: (layer, g, config) => {
      const all = config.flag('add_bias_linear', false);
      fusedAttention(
        layer.under('self_attention.'),
        g,
        { qkv: 'query_key_value', o: 'dense' },
        { qkv: config.flag('add_qkv_bias', false) || all, o: all },
      );
    },
    mlp: (layer, g, config) => {
      const bias = config.flag('add_bias_linear', false);
      layer
        .under('mlp.')
        .linear('dense_h_to_4h', 2 * g.intermediate, g.hidden, 'column', bias)
        .linear('dense_4h_to_h', g.hidden, g.intermediate, 'row', bias);
    },
  }),
};

/** GLM-4-9B in the layout of transformers, and GLM-4-0414 with its sandwich norms. */
export const glm: Architecture = {
  names: ['GlmForCausalLM', 'Glm4ForCausalLM'],
  modelTypes: ['glm', 'glm4', 'glm4v_text'],
  describe: decoder({
    // The decoder of GLM-4.1V always has these biases, and no switch for them.
    attentionTraits: (config) => ({
      qkvBias: config.flag('attention_bias', config.text('model_type') === 'glm4v_text'),
    }),
    norms: (config) =>
      config.text('model_type') === 'glm'
        ? ['input_layernorm', 'post_attention_layernorm']
        : ['input_layernorm', 'post_attention_layernorm', 'post_self_attn_layernorm', 'post_mlp_layernorm'],
    mlp: (layer, g) =>
      layer
        .under('mlp.')
        .linear('gate_up_proj', 2 * g.intermediate, g.hidden, 'column')
        .linear('down_proj', g.hidden, g.intermediate, 'row'),
  }),
};

/** EXAONE 3 and 3.5, under GPT-2's names. */
export const exaone: Architecture = {
  names: ['ExaoneForCausalLM'],
  modelTypes: ['exaone'],
  describe: decoder({
    body: 'transformer.',
    names: { embedding: 'wte', layers: 'h', norm: 'ln_f' },
    norms: ['ln_1', 'ln_2'],
    attention: (layer, g) => separateAttention(layer.under('attn.attention.'), g, { names: { o: 'out_proj' } }),
    mlp: (layer, g) =>
      gatedMlp(layer.under('mlp.'), g.hidden, g.intermediate, false, { gate: 'c_fc_0', up: 'c_fc_1', down: 'c_proj' }),
  }),
};

/** EXAONE 4: norms after the blocks, a norm on each query and key head, a pattern such as `LLLG` of windows. */
export const exaone4: Architecture = {
  names: ['Exaone4ForCausalLM'],
  modelTypes: ['exaone4'],
  describe: decoder({
    attentionTraits: () => ({ qkNorm: 'head' }),
    norms: ['post_attention_layernorm', 'post_feedforward_layernorm'],
    windows: (config, layers) => {
      const pattern = config.get('sliding_window_pattern');
      if (typeof pattern !== 'string') return windowByPattern(config, layers, 4);
      const window = config.tokens('sliding_window');
      const types = config.strings('layer_types');
      const kinds = Array.from(
        { length: layers },
        (_, layer) =>
          types?.[layer] ??
          (pattern[layer % Math.max(1, pattern.length)] === 'L' ? 'sliding_attention' : 'full_attention'),
      );
      return { kinds, window };
    },
  }),
};

/** Apertus: xIELU without a gate (two scalars a layer), a norm on each query and key head. */
export const apertus: Architecture = {
  names: ['ApertusForCausalLM'],
  modelTypes: ['apertus'],
  describe: decoder({
    attentionTraits: (config) => ({ ...attentionBias(config), qkNorm: 'head' }),
    norms: ['attention_layernorm', 'feedforward_layernorm'],
    mlp: (layer, g, config) =>
      plainMlp(
        layer.under('mlp.').parameter('act_fn.alpha_p', [1]).parameter('act_fn.alpha_n', [1]),
        g.hidden,
        g.intermediate,
        config.flag('mlp_bias', false),
        { up: 'up_proj', down: 'down_proj' },
      ),
  }),
};

/** Arcee AFM: squared ReLU without a gate. */
export const arcee: Architecture = {
  names: ['ArceeForCausalLM'],
  modelTypes: ['arcee'],
  describe: decoder({
    attentionTraits: attentionBias,
    mlp: (layer, g, config) =>
      plainMlp(layer.under('mlp.'), g.hidden, g.intermediate, config.flag('mlp_bias', false), {
        up: 'up_proj',
        down: 'down_proj',
      }),
    windows: windowEverywhere,
  }),
};
