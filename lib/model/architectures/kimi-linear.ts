import type { Architecture } from '../architecture';
import { figuresOf } from '../blocks/decoder';
import { readGeometry } from '../blocks/geometry';
import { latentAttention, readLatent } from '../blocks/mla';
import { gatedMlp } from '../blocks/mlp';
import type { Mixture } from '../blocks/moe';
import { gatedMixture, MIXTRAL_LIST, mixtureFigures } from '../blocks/moe';
import { layerTypes } from '../blocks/windows';
import type { ConfigReader } from '../config';
import { latentKv, recurrentState } from '../kv';
import { firstLayers, layersWhere } from '../layers';
import { WeightList } from '../weights';

/** Kimi Linear: delta attention in three layers of four, latent attention in the fourth. */
export const kimiLinear: Architecture = {
  names: ['KimiLinearForCausalLM'],
  modelTypes: ['kimi_linear'],
  describe: (config, { names, tied }) => {
    const latent = readLatent(config);
    const g = readGeometry(config, { headDim: latent.nopeHeadDim + latent.ropeHeadDim });
    const all = firstLayers(g.layers);
    const linear = config.objectOrEmpty('linear_attn_config');
    const heads = linear.sizeOr(config.sizeOr(g.heads, 'linear_num_heads'), 'num_heads');
    const headDim = linear.sizeOr(config.sizeOr(128, 'linear_head_dim'), 'head_dim');
    const kernel = linear.sizeOr(config.sizeOr(4, 'linear_conv_kernel_dim'), 'short_conv_kernel_size');
    const types = layerTypes(config, g.layers);
    // Counted from one in the published config.
    const listed = linear.sizes('full_attn_layers', 0);
    const full = (layer: number): boolean =>
      types === undefined
        ? listed === undefined
          ? (layer + 1) % 4 === 0
          : listed.includes(layer + 1)
        : types[layer] === 'full_attention';
    const latentLayers = all.filter(full);
    const linearLayers = all.filter((layer) => !full(layer));
    const inner = heads * headDim;

    const weights = new WeightList();
    const prefix = `${names.body}layers.{layer}.`;
    const body = weights.root(names.body).embedding('embed_tokens', g.vocab, g.hidden);
    weights.layers(prefix, all).norm('input_layernorm', g.hidden).norm('post_attention_layernorm', g.hidden);
    latentAttention(weights.layers(`${prefix}self_attn.`, latentLayers), g, latent);
    const delta = weights.layers(`${prefix}self_attn.`, linearLayers);
    for (const name of ['q', 'k', 'v']) {
      delta.linear(`${name}_proj`, inner, g.hidden, 'column').conv(`${name}_conv1d`, [inner, 1, kernel], 'column');
    }
    delta
      .parameter('A_log', [1, 1, heads, 1], 'column')
      .parameter('dt_bias', [inner], 'column')
      .linear('f_a_proj', headDim, g.hidden, 'replicated')
      .linear('f_b_proj', inner, headDim, 'column')
      .linear('b_proj', heads, g.hidden, 'column')
      .linear('g_a_proj', headDim, g.hidden, 'replicated')
      .linear('g_b_proj', inner, headDim, 'column')
      .norm('o_norm', headDim)
      .linear('o_proj', g.hidden, inner, 'row');
    const mixture = kimiMixture(config, g.layers);
    gatedMlp(
      weights.layers(
        `${prefix}mlp.`,
        all.filter((layer) => !(mixture?.sparseLayers ?? []).includes(layer)),
      ),
      g.hidden,
      g.intermediate,
    );
    if (mixture !== undefined) {
      gatedMixture(weights.layers(`${prefix}block_sparse_moe.`, mixture.sparseLayers), g.hidden, mixture, {
        ...MIXTRAL_LIST,
        shared: 'shared_experts.',
      });
    }
    body.norm('norm', g.hidden);
    const tie = tied ?? config.flag('tie_word_embeddings', false);
    if (!tie) weights.root('').head(names.head, g.vocab, g.hidden);
    const { kvLoraRank, ropeHeadDim } = latent;
    const kv = [
      latentKv(latentLayers.length, kvLoraRank, ropeHeadDim),
      recurrentState(linearLayers.length, 2 * 3 * inner * (kernel - 1) + 4 * inner * headDim),
    ];
    return {
      ...figuresOf(g),
      tieWordEmbeddings: tie,
      mla: { kvLoraRank, ropeHeadDim },
      moe: mixtureFigures(mixture),
      kv: kv.filter((group) => group.layers > 0),
      weights,
    };
  },
};

function kimiMixture(config: ConfigReader, layers: number): Mixture | undefined {
  const experts = config.optionalExperts('num_experts');
  if (experts === undefined) return undefined;
  const dense = config.count(1, 'first_k_dense_replace');
  const kinds = config.strings('mlp_layer_types');
  const width = config.size('moe_intermediate_size');
  const shared = config.count(0, 'num_shared_experts');
  return {
    experts,
    perToken: config.sizeOr(8, 'num_experts_per_token', 'num_experts_per_tok'),
    intermediate: width,
    sparseLayers: layersWhere(layers, (layer) => (kinds === undefined ? layer >= dense : kinds[layer] !== 'dense')),
    sharedExperts: shared,
    sharedIntermediate: shared * width,
  };
}
