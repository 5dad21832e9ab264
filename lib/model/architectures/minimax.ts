import type { Architecture } from '../architecture';
import { separateAttention } from '../blocks/attention';
import { figuresOf } from '../blocks/decoder';
import { readGeometry } from '../blocks/geometry';
import type { Mixture } from '../blocks/moe';
import { gatedMixture, MIXTRAL_LIST, mixtureFigures } from '../blocks/moe';
import { layerTypes } from '../blocks/windows';
import { fullKv, recurrentState } from '../kv';
import { firstLayers } from '../layers';
import { WeightList } from '../weights';

/** MiniMax Text-01 and M1: lightning attention in seven layers of eight. */
export const minimax: Architecture = {
  names: ['MiniMaxForCausalLM', 'MiniMaxText01ForCausalLM', 'MiniMaxM1ForCausalLM'],
  modelTypes: ['minimax', 'minimax_text_01', 'MiniMaxText01'],
  describe: (config, { names, tied }) => {
    const g = readGeometry(config);
    const all = firstLayers(g.layers);
    const types = layerTypes(config, g.layers);
    // 1 is softmax attention.
    const listed = config.sizes('attn_type_list', 0);
    const full = (layer: number): boolean =>
      types === undefined ? listed?.[layer] !== 0 : types[layer] === 'full_attention';
    const fullLayers = all.filter(full);
    const linearLayers = all.filter((layer) => !full(layer));
    const query = g.heads * g.headDim;
    const mixture: Mixture = {
      experts: config.experts('num_local_experts'),
      perToken: config.sizeOr(2, 'num_experts_per_tok'),
      intermediate: g.intermediate,
      sparseLayers: all,
      sharedExperts: 0,
      sharedIntermediate: 0,
    };
    const weights = new WeightList();
    const prefix = `${names.body}layers.{layer}.`;
    const body = weights.root(names.body).embedding('embed_tokens', g.vocab, g.hidden);
    weights.layers(prefix, all).norm('input_layernorm', g.hidden).norm('post_attention_layernorm', g.hidden);
    separateAttention(weights.layers(`${prefix}self_attn.`, fullLayers), g);
    weights
      .layers(`${prefix}self_attn.`, linearLayers)
      .linear('qkv_proj', 3 * query, g.hidden, 'column')
      .linear('output_gate', query, g.hidden, 'column')
      .norm('norm', query)
      .linear('out_proj', g.hidden, query, 'row');
    gatedMixture(weights.layers(`${prefix}block_sparse_moe.`, all), g.hidden, mixture, MIXTRAL_LIST);
    body.norm('norm', g.hidden);
    const tie = tied ?? config.flag('tie_word_embeddings', false);
    if (!tie) weights.root('').head(names.head, g.vocab, g.hidden);
    const kv = [
      fullKv(fullLayers.length, g.kvHeads, g.headDim),
      recurrentState(linearLayers.length, 4 * g.heads * g.headDim * g.headDim),
    ];
    return {
      ...figuresOf(g),
      tieWordEmbeddings: tie,
      moe: mixtureFigures(mixture),
      kv: kv.filter((group) => group.layers > 0),
      weights,
    };
  },
};
