import type { Architecture } from '../architecture';
import { fusedAttention } from '../blocks/attention';
import { decoder } from '../blocks/decoder';
import { EXPERT_LIST, gatedMixture } from '../blocks/moe';
import { windowByPattern } from '../blocks/windows';
import type { ConfigReader } from '../config';
import { firstLayers } from '../layers';
import { deepseekMixture } from './deepseek';
import { attentionBias } from './llama';

const SHARED_EXPERTS = { ...EXPERT_LIST, shared: 'shared_experts.' };

/** EXAONE 4's successor with experts. */
export const exaoneMoe: Architecture = {
  names: ['ExaoneMoeForCausalLM', 'ExaoneMoEForCausalLM'],
  modelTypes: ['exaone_moe'],
  describe: decoder({
    attentionTraits: () => ({ qkNorm: 'head' }),
    mixture: deepseekMixture,
    expertNames: SHARED_EXPERTS,
    windows: (config, layers) => windowByPattern(config, layers, 4),
  }),
};

/** Several sizes of this family are written as a list, one for each layer, all equal. */
function firstOf(config: ConfigReader, fallback: number, name: string): number {
  return Array.isArray(config.get(name)) ? (config.sizes(name)?.[0] ?? fallback) : config.sizeOr(fallback, name);
}

/** Hunyuan A13B and Large. */
export const hunyuanMoe: Architecture = {
  names: ['HunYuanMoEV1ForCausalLM'],
  modelTypes: ['hunyuan_v1_moe'],
  describe: decoder({
    attentionTraits: (config) => ({
      ...attentionBias(config),
      qkNorm: config.flag('use_qk_norm', true) ? 'head' : undefined,
      names: { qNorm: 'query_layernorm', kNorm: 'key_layernorm' },
    }),
    mixture: (config, g) => {
      const experts = config.optionalExperts('num_experts');
      if (experts === undefined || experts === 1) return undefined;
      const width = firstOf(config, g.intermediate, 'moe_intermediate_size');
      const shared = config.flag('use_mixed_mlp_moe', true) ? firstOf(config, 1, 'num_shared_expert') : 0;
      return {
        experts,
        perToken: firstOf(config, 1, 'moe_topk'),
        intermediate: width,
        sparseLayers: firstLayers(g.layers),
        sharedExperts: shared,
        sharedIntermediate: shared * g.intermediate,
      };
    },
    experts: (layer, g, mixture) =>
      gatedMixture(layer.under('mlp.'), g.hidden, mixture, {
        ...EXPERT_LIST,
        router: 'gate.wg',
        shared: 'shared_mlp.',
      }),
  }),
};

/** Ling and Ring, from Ant's Bailing family. */
export const bailingMoe: Architecture = {
  names: ['BailingMoeForCausalLM', 'BailingMoeV2ForCausalLM'],
  modelTypes: ['bailing_moe', 'bailing_moe_v2'],
  describe: decoder({
    names: { embedding: 'word_embeddings' },
    attention: (layer, g, config) => {
      const scope = layer.under('attention.');
      const bias = { qkv: config.flag('use_qkv_bias', false), o: config.flag('use_bias', false) };
      fusedAttention(scope, g, { qkv: 'query_key_value', o: 'dense' }, bias);
      if (config.flag('use_qk_norm', false)) scope.norm('query_layernorm', g.headDim).norm('key_layernorm', g.headDim);
    },
    mixture: deepseekMixture,
    expertNames: SHARED_EXPERTS,
  }),
};
