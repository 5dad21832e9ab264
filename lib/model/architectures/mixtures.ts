import type { Architecture } from '../architecture';
import { decoder } from '../blocks/decoder';
import type { Geometry } from '../blocks/geometry';
import { gatedMlp } from '../blocks/mlp';
import type { Mixture } from '../blocks/moe';
import { EXPERT_LIST, MIXTRAL_LIST, gatedMixture } from '../blocks/moe';
import { windowByPattern, windowEverywhere, windowWhenUsed } from '../blocks/windows';
import type { ConfigReader } from '../config';
import { firstLayers, layersWhere } from '../layers';
import type { WeightScope } from '../weights';
import { attentionBias } from './llama';

/** Every layer is sparse and every expert as wide as the config's feed-forward. */
function everywhere(config: ConfigReader, g: Geometry): Mixture {
  return {
    experts: config.experts('num_local_experts', 'num_experts'),
    perToken: config.sizeOr(2, 'num_experts_per_tok', 'num_experts_per_token', 'experts_per_token'),
    intermediate: g.intermediate,
    sparseLayers: firstLayers(g.layers),
    sharedExperts: 0,
    sharedIntermediate: 0,
  };
}

/** Qwen's rule: every `decoder_sparse_step`-th layer, without those of `mlp_only_layers`. */
export function qwenMixture(config: ConfigReader, g: Geometry): Mixture | undefined {
  const experts = config.optionalExperts('num_experts', 'num_local_experts');
  if (experts === undefined) return undefined;
  const step = config.sizeOr(1, 'decoder_sparse_step');
  const dense = new Set(config.sizes('mlp_only_layers', 0));
  const shared = config.count(0, 'shared_expert_intermediate_size');
  return {
    experts,
    perToken: config.sizeOr(8, 'num_experts_per_tok'),
    intermediate: config.size('moe_intermediate_size'),
    sparseLayers:
      step === 1 && dense.size === 0
        ? firstLayers(g.layers)
        : layersWhere(g.layers, (layer) => !dense.has(layer) && (layer + 1) % step === 0),
    sharedExperts: shared > 0 ? 1 : 0,
    sharedIntermediate: shared,
  };
}

/** The intermediate size of a config that may only name the experts'. */
export function orExpertWidth(config: ConfigReader): Partial<Geometry> {
  const intermediate =
    config.optionalSize('intermediate_size') ??
    config.optionalSize('moe_intermediate_size', 'expert_intermediate_size');
  return intermediate === undefined ? {} : { intermediate };
}

/** Experts with a shared one whose output passes a gate of its own. */
export function qwenExperts(layer: WeightScope, g: Geometry, mixture: Mixture): void {
  const scope = layer.under('mlp.');
  gatedMixture(scope, g.hidden, mixture, EXPERT_LIST);
  if (mixture.sharedIntermediate > 0) scope.linear('shared_expert_gate', 1, g.hidden, 'replicated');
}

export const mixtral: Architecture = {
  names: ['MixtralForCausalLM', 'QuantMixtralForCausalLM'],
  modelTypes: ['mixtral'],
  describe: decoder({
    windows: windowEverywhere,
    mixture: everywhere,
    names: { mlp: 'block_sparse_moe.' },
    expertNames: MIXTRAL_LIST,
  }),
};

/** Phi-3.5-MoE: Mixtral with biases, norms with biases, and a biased head. */
export const phimoe: Architecture = {
  names: ['PhiMoEForCausalLM', 'PhimoeForCausalLM'],
  modelTypes: ['phimoe'],
  describe: decoder({
    attentionTraits: attentionBias,
    normBias: true,
    windows: windowEverywhere,
    mixture: everywhere,
    names: { mlp: 'block_sparse_moe.' },
    expertNames: MIXTRAL_LIST,
    headBias: (config) => config.flag('lm_head_bias', false),
  }),
};

export const qwen2Moe: Architecture = {
  names: ['Qwen2MoeForCausalLM'],
  modelTypes: ['qwen2_moe'],
  describe: decoder({
    geometry: orExpertWidth,
    attentionTraits: (config) => ({ qkvBias: config.flag('qkv_bias', true) }),
    windows: windowWhenUsed,
    mixture: qwenMixture,
    experts: qwenExperts,
  }),
};

export const qwen3Moe: Architecture = {
  names: ['Qwen3MoeForCausalLM'],
  modelTypes: ['qwen3_moe', 'qwen3_vl_moe_text'],
  describe: decoder({
    geometry: orExpertWidth,
    attentionTraits: (config) => ({ ...attentionBias(config), qkNorm: 'head' }),
    windows: windowWhenUsed,
    mixture: (config, g) => {
      const mixture = qwenMixture(config, g);
      // The class has no shared expert, whatever the config still carries.
      return mixture && { ...mixture, sharedExperts: 0, sharedIntermediate: 0 };
    },
    expertNames: EXPERT_LIST,
  }),
};

/** gpt-oss: attention sinks, biases everywhere, experts in two fused tensors with their biases. */
export const gptOss: Architecture = {
  names: ['GptOssForCausalLM'],
  modelTypes: ['gpt_oss'],
  describe: decoder({
    attentionTraits: (config) => {
      const bias = config.flag('attention_bias', true);
      return { qkvBias: bias, outBias: bias };
    },
    windows: (config, layers) => alternating(config, layers),
    mixture: everywhere,
    experts: (layer, g, mixture) => {
      const scope = layer.under('mlp.');
      scope
        .router('router', mixture.experts, g.hidden, true)
        .expert('experts.gate_up_proj', mixture.experts, 2 * mixture.intermediate, g.hidden)
        .expertBias('experts.gate_up_proj_bias', mixture.experts, 2 * mixture.intermediate)
        .expert('experts.down_proj', mixture.experts, g.hidden, mixture.intermediate)
        .expertBias('experts.down_proj_bias', mixture.experts, g.hidden);
    },
    more: (layer, g) => layer.parameter('self_attn.sinks', [g.heads], 'column'),
  }),
};

/** Sliding and full in turn, beginning with sliding. */
function alternating(config: ConfigReader, layers: number): ReturnType<typeof windowByPattern> {
  return windowByPattern(config, layers, 2);
}

export const minimaxM2: Architecture = {
  names: ['MiniMaxM2ForCausalLM'],
  modelTypes: ['minimax_m2'],
  describe: decoder({
    attentionTraits: (config) => ({ qkNorm: config.flag('use_qk_norm', true) ? 'all' : undefined }),
    mixture: everywhere,
    names: { mlp: 'block_sparse_moe.' },
    expertNames: MIXTRAL_LIST,
  }),
};

/** OLMoE: Mixtral-like experts under Qwen's names, one norm over all query heads and one over all key heads. */
export const olmoe: Architecture = {
  names: ['OlmoeForCausalLM'],
  modelTypes: ['olmoe'],
  describe: decoder({
    attentionTraits: (config) => ({ ...attentionBias(config), qkNorm: 'all' }),
    mixture: everywhere,
    expertNames: EXPERT_LIST,
  }),
};

/** Llama 4's text model: experts in fused tensors, a shared expert, chunked attention in three layers of four. */
export const llama4Text: Architecture = {
  names: ['Llama4ForCausalLM'],
  modelTypes: ['llama4_text'],
  describe: decoder({
    attentionTraits: attentionBias,
    mixture: (config, g) => {
      const step = config.sizeOr(1, 'interleave_moe_layer_step');
      const listed = config.sizes('moe_layers', 0);
      return {
        experts: config.experts('num_local_experts'),
        perToken: config.sizeOr(1, 'num_experts_per_tok'),
        intermediate: g.intermediate,
        sparseLayers:
          listed === undefined
            ? layersWhere(g.layers, (layer) => (layer + 1) % step === 0)
            : layersWhere(g.layers, (layer) => listed.includes(layer)),
        sharedExperts: 1,
        sharedIntermediate: g.intermediate,
      };
    },
    mlp: (layer, g, config) =>
      gatedMlp(layer.under('feed_forward.'), g.hidden, config.sizeOr(g.intermediate, 'intermediate_size_mlp')),
    experts: (layer, g, mixture) => {
      const scope = layer.under('feed_forward.');
      scope
        .router('router', mixture.experts, g.hidden)
        .expert('experts.gate_up_proj', mixture.experts, 2 * mixture.intermediate, g.hidden)
        .expert('experts.down_proj', mixture.experts, g.hidden, mixture.intermediate);
      gatedMlp(scope.under('shared_expert.'), g.hidden, mixture.sharedIntermediate);
    },
    windows: (config, layers) => {
      const window = config.tokens('attention_chunk_size');
      const types = config.strings('layer_types');
      // 0 marks a layer without rotary embedding, which also is one that sees the whole context; empty means every fourth.
      const rotary = config.sizes('no_rope_layers', 0) ?? [];
      const every = config.sizeOr(4, 'no_rope_layer_interval');
      const kinds = firstLayers(layers).map((layer) => {
        if (types !== undefined) return types[layer] ?? 'full_attention';
        const chunked = rotary.length > 0 ? rotary[layer] !== 0 : (layer + 1) % every !== 0;
        return chunked ? 'chunked_attention' : 'full_attention';
      });
      return { kinds, window };
    },
  }),
};

/** DBRX keeps its sizes in two nested objects, and its experts in three fused tensors. */
export const dbrx: Architecture = {
  names: ['DbrxForCausalLM'],
  modelTypes: ['dbrx'],
  describe: decoder({
    body: 'transformer.',
    names: { embedding: 'wte', layers: 'blocks', norm: 'norm_f' },
    geometry: (config) => ({
      kvHeads: config.objectOrEmpty('attn_config').sizeOr(1, 'kv_n_heads'),
      intermediate: config.objectOrEmpty('ffn_config').size('ffn_hidden_size'),
    }),
    norms: ['norm_attn_norm.norm_1', 'norm_attn_norm.norm_2'],
    attention: (layer, g) =>
      layer
        .under('norm_attn_norm.attn.')
        .linear('Wqkv', (g.heads + 2 * g.kvHeads) * g.headDim, g.hidden, 'column')
        .linear('out_proj', g.hidden, g.heads * g.headDim, 'row'),
    mixture: (config, g) => {
      const ffn = config.objectOrEmpty('ffn_config');
      return {
        experts: ffn.experts('moe_num_experts'),
        perToken: ffn.sizeOr(1, 'moe_top_k'),
        intermediate: g.intermediate,
        sparseLayers: firstLayers(g.layers),
        sharedExperts: 0,
        sharedIntermediate: 0,
      };
    },
    experts: (layer, g, mixture) =>
      layer
        .under('ffn.')
        .router('router.layer', mixture.experts, g.hidden)
        .expert('experts.mlp.w1', mixture.experts, mixture.intermediate, g.hidden)
        .expert('experts.mlp.v1', mixture.experts, mixture.intermediate, g.hidden)
        .expert('experts.mlp.w2', mixture.experts, g.hidden, mixture.intermediate),
  }),
};

/** IBM Granite with experts: router and experts under `block_sparse_moe.`, fused. */
export function graniteExperts(layer: WeightScope, g: Geometry, mixture: Mixture): void {
  layer
    .under('block_sparse_moe.')
    .router('router.layer', mixture.experts, g.hidden)
    .expert('input_linear.weight', mixture.experts, 2 * mixture.intermediate, g.hidden)
    .expert('output_linear.weight', mixture.experts, g.hidden, mixture.intermediate);
  if (mixture.sharedIntermediate > 0) {
    plainMlpFused(layer.under('shared_mlp.'), g.hidden, mixture.sharedIntermediate);
  }
}

/** Gate and up in one matrix. */
export function plainMlpFused(scope: WeightScope, hidden: number, intermediate: number): void {
  scope.linear('input_linear', 2 * intermediate, hidden, 'column').linear('output_linear', hidden, intermediate, 'row');
}

export const graniteMoe: Architecture = {
  names: ['GraniteMoeForCausalLM', 'GraniteMoeSharedForCausalLM'],
  modelTypes: ['granitemoe', 'granitemoeshared'],
  describe: decoder({
    tiedByDefault: false,
    attentionTraits: attentionBias,
    mixture: (config, g) => {
      const shared = config.count(0, 'shared_intermediate_size');
      return { ...everywhere(config, g), sharedExperts: shared > 0 ? 1 : 0, sharedIntermediate: shared };
    },
    experts: graniteExperts,
  }),
};

/** ERNIE 4.5 with experts: dense first layers, and a bias that balances the experts. */
export const ernieMoe: Architecture = {
  names: ['Ernie4_5_MoeForCausalLM'],
  modelTypes: ['ernie4_5_moe'],
  describe: decoder({
    tiedByDefault: true,
    attentionTraits: (config) => {
      const bias = config.flag('use_bias', false);
      return { qkvBias: bias, outBias: bias };
    },
    mlpBias: (config) => config.flag('use_bias', false),
    mixture: (config, g) => {
      const first = config.count(0, 'moe_layer_start_index');
      const last = config.number(-1, 'moe_layer_end_index');
      const step = config.sizeOr(1, 'moe_layer_interval');
      const width = config.size('moe_intermediate_size');
      const shared = config.count(0, 'moe_num_shared_experts');
      return {
        experts: config.experts('moe_num_experts'),
        perToken: config.sizeOr(6, 'moe_k', 'num_experts_per_tok'),
        intermediate: width,
        sparseLayers: layersWhere(
          g.layers,
          (layer) => (layer + 1) % step === 0 && layer >= first && layer <= (last < 0 ? g.layers - 1 : last),
        ),
        sharedExperts: shared,
        sharedIntermediate: shared * width,
      };
    },
    experts: (layer, g, mixture) => {
      const scope = layer.under('mlp.');
      gatedMixture(scope, g.hidden, mixture, { ...EXPERT_LIST, shared: 'shared_experts.' });
      scope.parameter('moe_statics.e_score_correction_bias', [1, mixture.experts]);
    },
  }),
};
