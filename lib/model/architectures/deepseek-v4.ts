import type { Architecture } from '../architecture';
import { figuresOf } from '../blocks/decoder';
import { readGeometry } from '../blocks/geometry';
import { EXPERT_LIST, gatedMixture, mixtureFigures } from '../blocks/moe';
import { deepseekMixture } from './deepseek';
import type { ConfigReader } from '../config';
import type { KvLayerGroup } from '../types';
import { firstLayers, layersByKind } from '../layers';
import { WeightList } from '../weights';

const SPARSE = 'compressed_sparse_attention';
const HEAVY = 'heavily_compressed_attention';
const SLIDING = 'sliding_attention';

/** Tokens that one compressed entry stands for. */
const DEFAULT_RATIOS: Readonly<Record<string, number>> = { [SPARSE]: 4, [HEAVY]: 128 };

/**
 * DeepSeek V4: one shared key-value head, kept exactly for a window, and compressed beyond it; hyper-connections
 * between the layers; an output projection in groups. Names are those of transformers.
 */
export const deepseekV4: Architecture = {
  names: ['DeepseekV4ForCausalLM'],
  modelTypes: ['deepseek_v4'],
  describe: (config, { names, tied }) => {
    const experts = config.size('moe_intermediate_size');
    const g = readGeometry(config, { intermediate: config.sizeOr(experts, 'intermediate_size') });
    const kinds = kindsOf(config, g.layers);
    const byKind = layersByKind(kinds);
    const qRank = config.size('q_lora_rank');
    const oRank = config.size('o_lora_rank');
    const groups = config.size('o_groups');
    const indexHeads = config.size('index_n_heads');
    const indexDim = config.size('index_head_dim');
    const streams = config.sizeOr(4, 'hc_mult');
    const query = g.heads * g.headDim;

    const weights = new WeightList();
    const body = weights.root(names.body);
    const all = firstLayers(g.layers);
    const prefix = `${names.body}layers.{layer}.`;
    const layer = weights.layers(prefix, all);
    body.embedding('embed_tokens', g.vocab, g.hidden);
    layer.norm('input_layernorm', g.hidden).norm('post_attention_layernorm', g.hidden);
    layer
      .under('self_attn.')
      .parameter('sinks', [g.heads], 'column')
      .linear('q_a_proj', qRank, g.hidden, 'replicated')
      .norm('q_a_norm', qRank)
      .linear('q_b_proj', query, qRank, 'column')
      .linear('kv_proj', g.headDim, g.hidden, 'replicated')
      .norm('kv_norm', g.headDim)
      .linear('o_a_proj', groups * oRank, Math.floor(query / groups), 'column')
      .linear('o_b_proj', g.hidden, groups * oRank, 'row');
    const mixes = streams * (streams + 2);
    for (const part of ['attn_hc.', 'ffn_hc.']) {
      layer
        .under(part)
        .parameter('fn', [mixes, streams * g.hidden])
        .parameter('base', [mixes])
        .parameter('scale', [3]);
    }
    const ratios = { ...DEFAULT_RATIOS, ...ratiosOf(config) };
    for (const [kind, overlap] of [
      [SPARSE, 2],
      [HEAVY, 1],
    ] as const) {
      // Sparse layers compress overlapping windows, with two projections for each entry. They stay in 16 bits: vllm/model_executor/layers/deepseek_compressor.py of 0.20.2, `quant_config=None`.
      const scope = weights.layers(`${prefix}self_attn.compressor.`, byKind.get(kind) ?? []);
      scope
        .parameter('position_bias', [ratios[kind], overlap * g.headDim])
        .parameter('kv_proj.weight', [overlap * g.headDim, g.hidden])
        .parameter('gate_proj.weight', [overlap * g.headDim, g.hidden])
        .norm('kv_norm', g.headDim);
    }
    weights
      .layers(`${prefix}self_attn.compressor.indexer.`, byKind.get(SPARSE) ?? [])
      .parameter('position_bias', [ratios[SPARSE], 2 * indexDim])
      .parameter('kv_proj.weight', [2 * indexDim, g.hidden])
      .parameter('gate_proj.weight', [2 * indexDim, g.hidden])
      .norm('kv_norm', indexDim)
      .linear('q_b_proj', indexHeads * indexDim, qRank, 'replicated')
      .parameter('scorer.weights_proj.weight', [indexHeads, g.hidden]);
    const mixture = deepseekMixture(config, g);
    if (mixture !== undefined) {
      gatedMixture(weights.layers(`${prefix}mlp.`, mixture.sparseLayers), g.hidden, mixture, {
        ...EXPERT_LIST,
        shared: 'shared_experts.',
      });
    }
    body
      .norm('norm', g.hidden)
      .under('hc_head.')
      .parameter('hc_fn', [streams, streams * g.hidden])
      .parameter('hc_base', [streams])
      .parameter('hc_scale', [1]);
    const tie = tied ?? config.flag('tie_word_embeddings', false);
    if (!tie) weights.root('').head(names.head, g.vocab, g.hidden);
    const window = config.tokens('sliding_window');
    return {
      ...figuresOf(g),
      slidingWindow: window,
      tieWordEmbeddings: tie,
      moe: mixtureFigures(mixture),
      kv: cacheOf(g.layers, g.headDim, indexDim, window, byKind, ratios),
      weights,
      notes: [
        'DeepSeek V4 caches one exact entry a token in a window and compressed entries beyond it; vLLM is planned by its own layout of them, other engines by the architecture alone.',
      ],
    };
  },
};

function kindsOf(config: ConfigReader, layers: number): readonly string[] {
  const written = config.strings('layer_types');
  const ratios = config.sizes('compress_ratios', 0);
  return firstLayers(layers).map((layer) => {
    if (written !== undefined) return written[layer] ?? SLIDING;
    if (ratios !== undefined) return ratios[layer] === 4 ? SPARSE : (ratios[layer] ?? 0) === 0 ? SLIDING : HEAVY;
    return layer < 2 || layer % 2 === 0 ? HEAVY : SPARSE;
  });
}

function ratiosOf(config: ConfigReader): Record<string, number> {
  const rates = config.object('compress_rates');
  const ratios: Record<string, number> = {};
  for (const kind of [SPARSE, HEAVY]) {
    const rate = rates?.optionalSize(kind);
    if (rate !== undefined) ratios[kind] = rate;
  }
  return ratios;
}

/** Keys and values are one entry of `headDim`; sparse layers also keep the indexer's key for each compressed entry. */
function cacheOf(
  layers: number,
  headDim: number,
  indexDim: number,
  window: number | undefined,
  byKind: ReadonlyMap<string, readonly number[]>,
  ratios: Readonly<Record<string, number>>,
): KvLayerGroup[] {
  const entry = (kind: KvLayerGroup['kind'], count: number, elementsPerToken: number): KvLayerGroup => ({
    kind,
    layers: count,
    kvHeads: 1,
    keyDim: headDim,
    valueDim: 0,
    elementsPerToken,
  });
  const groups = [
    window === undefined ? entry('mla', layers, headDim) : { ...entry('sliding', layers, headDim), window },
    entry('mla', byKind.get(SPARSE)?.length ?? 0, (headDim + indexDim) / ratios[SPARSE]),
    entry('mla', byKind.get(HEAVY)?.length ?? 0, headDim / ratios[HEAVY]),
  ];
  return groups.filter((group) => group.layers > 0);
}
