import type { Architecture } from '../architecture';
import { separateAttention } from '../blocks/attention';
import { figuresOf } from '../blocks/decoder';
import { readGeometry } from '../blocks/geometry';
import { gatedMlp } from '../blocks/mlp';
import type { Mixture } from '../blocks/moe';
import { gatedMixture, MIXTRAL_LIST, mixtureFigures } from '../blocks/moe';
import { layerTypes } from '../blocks/windows';
import type { ConfigReader } from '../config';
import { fullKv, recurrentState } from '../kv';
import { firstLayers } from '../layers';
import { WeightList } from '../weights';

/** Liquid LFM2: short convolutions, attention in some layers, experts in the larger ones. */
export const lfm2: Architecture = {
  names: ['Lfm2ForCausalLM', 'Lfm2MoeForCausalLM'],
  modelTypes: ['lfm2', 'lfm2_moe'],
  describe: (config, { names, tied }) => {
    const g = readGeometry(config);
    const all = firstLayers(g.layers);
    const types = layerTypes(config, g.layers);
    const listed = config.sizes('full_attn_idxs', 0);
    const attentive = (layer: number): boolean =>
      types === undefined ? (listed?.includes(layer) ?? true) : types[layer] === 'full_attention';
    const attention = all.filter(attentive);
    const convolution = all.filter((layer) => !attentive(layer));
    const kernel = config.sizeOr(3, 'conv_L_cache');
    const bias = config.flag('conv_bias', false);
    const mixture = lfm2Mixture(config, all);

    const weights = new WeightList();
    const prefix = `${names.body}layers.{layer}.`;
    const body = weights.root(names.body).embedding('embed_tokens', g.vocab, g.hidden);
    weights.layers(prefix, all).norm('operator_norm', g.hidden).norm('ffn_norm', g.hidden);
    separateAttention(weights.layers(`${prefix}self_attn.`, attention), g, {
      qkNorm: 'head',
      names: { o: 'out_proj', qNorm: 'q_layernorm', kNorm: 'k_layernorm' },
    });
    weights
      .layers(`${prefix}conv.`, convolution)
      .conv('conv', [g.hidden, 1, kernel], 'column', bias)
      .linear('in_proj', 3 * g.hidden, g.hidden, 'column', bias)
      .linear('out_proj', g.hidden, g.hidden, 'row', bias);
    const sparse = mixture?.sparseLayers ?? [];
    gatedMlp(
      weights.layers(
        `${prefix}feed_forward.`,
        all.filter((layer) => !sparse.includes(layer)),
      ),
      g.hidden,
      mixture === undefined ? lfm2Width(config) : g.intermediate,
      false,
      { gate: 'w1', up: 'w3', down: 'w2' },
    );
    if (mixture !== undefined) {
      gatedMixture(weights.layers(`${prefix}feed_forward.`, sparse), g.hidden, mixture, MIXTRAL_LIST);
    }
    body.norm('embedding_norm', g.hidden);
    const tie = tied ?? config.flag('tie_embedding', config.flag('tie_word_embeddings', true));
    if (!tie) weights.root('').head(names.head, g.vocab, g.hidden);
    const kv = [
      fullKv(attention.length, g.kvHeads, g.headDim),
      recurrentState(convolution.length, 2 * g.hidden * (kernel - 1)),
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

/** The config names a width before the reduction that SwiGLU brings; `block_ff_dim` is its older name. */
function lfm2Width(config: ConfigReader): number {
  const written = config.sizeOr(config.size('intermediate_size'), 'block_ff_dim');
  if (!config.flag('block_auto_adjust_ff_dim', true)) return written;
  const multiple = config.sizeOr(256, 'block_multiple_of');
  const reduced = Math.floor(
    Math.floor((2 * written) / 3) * Math.max(0.01, config.number(1, 'block_ffn_dim_multiplier')),
  );
  return multiple * Math.max(1, Math.ceil(reduced / multiple));
}

function lfm2Mixture(config: ConfigReader, all: readonly number[]): Mixture | undefined {
  const experts = config.optionalExperts('num_experts');
  if (experts === undefined) return undefined;
  const dense = config.count(0, 'num_dense_layers');
  return {
    experts,
    perToken: config.sizeOr(4, 'num_experts_per_tok'),
    intermediate: config.size('moe_intermediate_size'),
    sparseLayers: all.filter((layer) => layer >= dense),
    sharedExperts: 0,
    sharedIntermediate: 0,
  };
}
