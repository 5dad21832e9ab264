import type { Draft, Surroundings } from '../architecture';
import { decoder } from '../blocks/decoder';
import { EXPERT_LIST } from '../blocks/moe';
import type { ConfigReader } from '../config';
import { firstLayers } from '../layers';

const asLlama = decoder({
  geometry: (config) => {
    const hidden = config.size('hidden_size', 'n_embd', 'd_model', 'n_embed', 'dim');
    return {
      // The usual width, where a config does not say.
      intermediate:
        config.optionalSize('intermediate_size', 'n_inner', 'ffn_dim', 'ffn_hidden_size', 'd_ff') ?? 4 * hidden,
    };
  },
  mixture: (config, g) => {
    const experts = config.optionalExperts('num_experts', 'num_local_experts', 'n_routed_experts', 'moe_num_experts');
    if (experts === undefined) return undefined;
    return {
      experts,
      perToken: config.sizeOr(
        1,
        'num_experts_per_tok',
        'num_experts_per_token',
        'moe_topk',
        'moe_top_k',
        'top_k_experts',
      ),
      intermediate: config.sizeOr(g.intermediate, 'moe_intermediate_size', 'expert_intermediate_size'),
      sparseLayers: firstLayers(g.layers),
      sharedExperts: 0,
      sharedIntermediate: 0,
    };
  },
  expertNames: EXPERT_LIST,
});

/** The estimate for an architecture that nobody described: a Llama-like decoder of the config's sizes, with its experts if it has any. */
export function describeUnknown(config: ConfigReader, surroundings: Surroundings): Draft {
  const text = config.object('text_config') ?? config.object('llm_config') ?? config.object('language_config');
  if (text === undefined) return asLlama(config, surroundings);
  return { ...asLlama(text, surroundings), textConfig: text, multimodal: config.has('vision_config') };
}
