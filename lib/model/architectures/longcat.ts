import type { Architecture } from '../architecture';
import { figuresOf } from '../blocks/decoder';
import { readGeometry } from '../blocks/geometry';
import { gatedMlp } from '../blocks/mlp';
import { latentAttention, readLatent } from '../blocks/mla';
import { latentKv } from '../kv';
import { firstLayers } from '../layers';
import { WeightList } from '../weights';

/** LongCat-Flash: each layer has two attentions, two dense blocks, and experts of which some do nothing. */
export const longcatFlash: Architecture = {
  names: ['LongcatFlashForCausalLM'],
  modelTypes: ['longcat_flash'],
  describe: (config, { names, tied }) => {
    const latent = readLatent(config);
    const g = readGeometry(config, { headDim: latent.nopeHeadDim + latent.ropeHeadDim });
    const experts = config.experts('n_routed_experts');
    const idle = config.count(0, 'zero_expert_num');
    const width = config.size('expert_ffn_hidden_size');
    const weights = new WeightList();
    const layer = weights.layers(`${names.body}layers.{layer}.`, firstLayers(g.layers));
    const body = weights.root(names.body).embedding('embed_tokens', g.vocab, g.hidden);
    for (const half of ['0', '1']) {
      latentAttention(layer.under(`self_attn.${half}.`), g, latent, config.flag('attention_bias', false));
      gatedMlp(layer.under(`mlps.${half}.`), g.hidden, g.intermediate);
      layer.norm(`input_layernorm.${half}`, g.hidden).norm(`post_attention_layernorm.${half}`, g.hidden);
    }
    layer
      .under('mlp.')
      .router('router.classifier', experts + idle, g.hidden, config.flag('router_bias', false))
      .expert('experts.{expert}.gate_proj.weight', experts, width, g.hidden)
      .expert('experts.{expert}.up_proj.weight', experts, width, g.hidden)
      .expert('experts.{expert}.down_proj.weight', experts, g.hidden, width);
    body.norm('norm', g.hidden);
    const tie = tied ?? config.flag('tie_word_embeddings', false);
    if (!tie) weights.root('').head(names.head, g.vocab, g.hidden);
    const { kvLoraRank, ropeHeadDim } = latent;
    return {
      ...figuresOf(g),
      tieWordEmbeddings: tie,
      mla: { kvLoraRank, ropeHeadDim },
      moe: {
        experts,
        expertsPerToken: Math.min(config.sizeOr(12, 'moe_topk'), experts),
        expertIntermediateSize: width,
        sharedExperts: 0,
      },
      kv: [latentKv(2 * g.layers, kvLoraRank, ropeHeadDim)],
      weights,
      notes: ['Some of the chosen experts of LongCat-Flash do nothing: the active parameters are an upper bound.'],
    };
  },
};
