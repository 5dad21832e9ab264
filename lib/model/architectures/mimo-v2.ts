import type { Architecture } from '../architecture';
import { figuresOf } from '../blocks/decoder';
import { readGeometry } from '../blocks/geometry';
import { gatedMlp } from '../blocks/mlp';
import { EXPERT_LIST, gatedMixture, mixtureFigures } from '../blocks/moe';
import { layerTypes } from '../blocks/windows';
import { fullKv, slidingKv } from '../kv';
import { firstLayers } from '../layers';
import { WeightList } from '../weights';
import { deepseekMixture } from './deepseek';

/** MiMo-V2-Flash: sliding layers have their own number of key-value heads, and sinks; values are narrower than keys. */
export const mimoV2: Architecture = {
  names: ['MiMoV2FlashForCausalLM'],
  modelTypes: ['mimo_v2_flash'],
  describe: (config, { names, tied }) => {
    const g = readGeometry(config);
    const all = firstLayers(g.layers);
    const types = layerTypes(config, g.layers);
    const pattern = config.sizes('hybrid_layer_pattern', 0);
    const sliding = (layer: number): boolean =>
      types === undefined ? pattern?.[layer] === 1 : types[layer] === 'sliding_attention';
    const valueDim = config.sizeOr(g.headDim, 'v_head_dim');
    const slidingHeads = config.sizeOr(2 * g.kvHeads, 'swa_num_key_value_heads');
    const slidingLayers = all.filter(sliding);
    const fullLayers = all.filter((layer) => !sliding(layer));
    const kinds = [
      { layers: fullLayers, kvHeads: g.kvHeads },
      { layers: slidingLayers, kvHeads: slidingHeads },
    ];
    const weights = new WeightList();
    const prefix = `${names.body}layers.{layer}.`;
    const body = weights.root(names.body).embedding('embed_tokens', g.vocab, g.hidden);
    weights.layers(prefix, all).norm('input_layernorm', g.hidden).norm('post_attention_layernorm', g.hidden);
    for (const { layers, kvHeads } of kinds) {
      weights
        .layers(`${prefix}self_attn.`, layers)
        .linear('q_proj', g.heads * g.headDim, g.hidden, 'column')
        .linear('k_proj', kvHeads * g.headDim, g.hidden, 'column')
        .linear('v_proj', kvHeads * valueDim, g.hidden, 'column')
        .linear('o_proj', g.hidden, g.heads * valueDim, 'row');
    }
    weights.layers(`${prefix}self_attn.`, slidingLayers).parameter('sinks', [g.heads], 'column');
    const listed = config.sizes('moe_layer_freq_list', 0);
    const base = deepseekMixture(config.withDefaults({ first_k_dense_replace: 1 }), g);
    const mixture =
      base === undefined || listed === undefined
        ? base
        : { ...base, sparseLayers: all.filter((layer) => listed[layer] === 1) };
    const sparse = mixture?.sparseLayers ?? [];
    gatedMlp(
      weights.layers(
        `${prefix}mlp.`,
        all.filter((layer) => !sparse.includes(layer)),
      ),
      g.hidden,
      g.intermediate,
    );
    if (mixture !== undefined) gatedMixture(weights.layers(`${prefix}mlp.`, sparse), g.hidden, mixture, EXPERT_LIST);
    body.norm('norm', g.hidden);
    const tie = tied ?? config.flag('tie_word_embeddings', false);
    if (!tie) weights.root('').head(names.head, g.vocab, g.hidden);
    const window = config.tokens('sliding_window');
    const kv = [
      fullKv(fullLayers.length, g.kvHeads, g.headDim, valueDim),
      window === undefined
        ? fullKv(slidingLayers.length, slidingHeads, g.headDim, valueDim)
        : slidingKv(slidingLayers.length, slidingHeads, g.headDim, window, valueDim),
    ];
    return {
      ...figuresOf(g),
      slidingWindow: window,
      tieWordEmbeddings: tie,
      moe: mixtureFigures(mixture),
      kv: kv.filter((group) => group.layers > 0),
      weights,
    };
  },
};
