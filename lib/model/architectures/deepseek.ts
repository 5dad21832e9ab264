import type { Architecture, Draft, Surroundings } from '../architecture';
import { decoder } from '../blocks/decoder';
import type { Geometry } from '../blocks/geometry';
import { latentAttention, readLatent } from '../blocks/mla';
import type { Mixture } from '../blocks/moe';
import { EXPERT_LIST } from '../blocks/moe';
import type { ConfigReader } from '../config';
import { latentKv } from '../kv';
import { layersWhere } from '../layers';
import type { WeightScope } from '../weights';
import { attentionBias } from './llama';

const DEEPSEEK_EXPERTS = { ...EXPERT_LIST, shared: 'shared_experts.' };

/** Dense first layers, then routed experts beside `n_shared_experts` shared ones. */
export function deepseekMixture(config: ConfigReader, g: Geometry): Mixture | undefined {
  const experts = config.optionalExperts('n_routed_experts', 'num_experts');
  if (experts === undefined) return undefined;
  const dense = config.count(0, 'first_k_dense_replace');
  const step = config.sizeOr(1, 'moe_layer_freq');
  const width = config.size('moe_intermediate_size');
  const shared = config.count(0, 'n_shared_experts', 'num_shared_experts');
  const kinds = config.strings('mlp_layer_types');
  return {
    experts,
    perToken: config.sizeOr(8, 'num_experts_per_tok'),
    intermediate: width,
    sparseLayers: layersWhere(g.layers, (layer) =>
      kinds === undefined ? layer >= dense && layer % step === 0 : kinds[layer] !== 'dense',
    ),
    sharedExperts: shared,
    sharedIntermediate: shared * width,
  };
}

function latentDecoder(
  more?: (layer: WeightScope, g: Geometry, config: ConfigReader) => void,
  tiedByDefault = false,
): (config: ConfigReader, surroundings: Surroundings) => Draft {
  const describe = decoder({
    tiedByDefault,
    geometry: (config) => ({ headDim: config.size('qk_nope_head_dim') + config.size('qk_rope_head_dim') }),
    attention: (layer, g, config) =>
      latentAttention(layer.under('self_attn.'), g, readLatent(config), config.flag('attention_bias', false)),
    mixture: deepseekMixture,
    expertNames: DEEPSEEK_EXPERTS,
    more,
  });
  return (config, surroundings) => {
    // The smallest DeepSeek-VL2 switches latent attention off.
    if (!config.flag('use_mla', true)) return plainAttention(config, surroundings);
    const draft = describe(config, surroundings);
    const { kvLoraRank, ropeHeadDim } = readLatent(config);
    return {
      ...draft,
      mla: { kvLoraRank, ropeHeadDim },
      kv: [latentKv(draft.numLayers, kvLoraRank, ropeHeadDim)],
    };
  };
}

const plainAttention = decoder({
  attentionTraits: attentionBias,
  mixture: deepseekMixture,
  expertNames: DEEPSEEK_EXPERTS,
});

/** DeepSeek V2, V3, R1 and Kimi K2. The multi-token-prediction layer of the checkpoints is not loaded and not counted. */
export const deepseek: Architecture = {
  names: ['DeepseekV2ForCausalLM', 'DeepseekV3ForCausalLM', 'Glm4MoeLiteForCausalLM', 'Mistral3MoeForCausalLM'],
  modelTypes: ['deepseek_v2', 'deepseek_v3', 'kimi_k2', 'glm4_moe_lite', 'deepseek_vl_v2_text'],
  describe: latentDecoder(),
};

/** MiniCPM 3: latent attention without experts, head tied. */
export const minicpm3: Architecture = {
  names: ['MiniCPM3ForCausalLM'],
  modelTypes: ['minicpm3'],
  describe: latentDecoder(undefined, true),
};

/**
 * Layers with an indexer of their own; the others take the choice of the layer before, as GLM-5.2 does in three of four.
 * Source: vllm/model_executor/models/deepseek_v2.py, `index_topk_freq`; of the hub's 753,329,940,480 parameters of GLM-5.2, 57 indexers
 * fewer than of GLM-5.
 */
function choosingLayers(config: ConfigReader, g: Geometry): readonly number[] {
  const kinds = config.strings('indexer_types');
  const every = config.sizeOr(1, 'index_topk_freq');
  const offset = config.count(2, 'index_skip_topk_offset');
  return layersWhere(g.layers, (layer) =>
    kinds === undefined ? Math.max(layer - offset + 1, 0) % every === 0 : kinds[layer] !== 'shared',
  );
}

/** DeepSeek V3.2: an indexer chooses the tokens that attention looks at. */
export const deepseekV32: Architecture = {
  names: ['DeepseekV32ForCausalLM', 'GlmMoeDsaForCausalLM'],
  modelTypes: ['deepseek_v32', 'glm_moe_dsa'],
  describe: latentDecoder((layer, g, config) => {
    const heads = config.size('index_n_heads');
    const headDim = config.size('index_head_dim');
    layer
      .on(choosingLayers(config, g))
      .under('self_attn.indexer.')
      .linear('wq_b', heads * headDim, config.sizeOr(g.hidden, 'q_lora_rank'), 'replicated')
      .linear('wk', headDim, g.hidden, 'replicated')
      .norm('k_norm', headDim, true)
      .linear('weights_proj', heads, g.hidden, 'replicated');
  }),
};

/** DeepSeek MoE of the first generation: plain attention. */
export const deepseekV1: Architecture = {
  names: ['DeepseekForCausalLM'],
  modelTypes: ['deepseek'],
  describe: plainAttention,
};

/** GLM 4.5 and 4.6, dots.llm1 and Ling: grouped-query attention with DeepSeek's mixture. */
export const glm4Moe: Architecture = {
  names: ['Glm4MoeForCausalLM'],
  modelTypes: ['glm4_moe', 'glm4v_moe_text'],
  describe: decoder({
    attentionTraits: (config) => ({
      qkvBias: config.flag('attention_bias', false),
      qkNorm: config.flag('use_qk_norm', false) ? 'head' : undefined,
    }),
    mixture: deepseekMixture,
    expertNames: DEEPSEEK_EXPERTS,
  }),
};

export const dots1: Architecture = {
  names: ['Dots1ForCausalLM'],
  modelTypes: ['dots1'],
  describe: decoder({
    attentionTraits: (config) => ({ ...attentionBias(config), qkNorm: 'head' }),
    mixture: deepseekMixture,
    expertNames: DEEPSEEK_EXPERTS,
  }),
};
