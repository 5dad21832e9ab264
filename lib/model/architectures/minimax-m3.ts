import type { Architecture } from '../architecture';
import { decoder } from '../blocks/decoder';
import { gatedMlp } from '../blocks/mlp';
import { gatedMixture, MIXTRAL_LIST } from '../blocks/moe';
import type { ConfigReader } from '../config';
import { layersWhere } from '../layers';
import type { KvLayerGroup } from '../types';

const NAMES = { ...MIXTRAL_LIST, shared: 'shared_experts.' };

/** bfloat16, whatever the cache of keys and values is in. */
const INDEX_BYTES = 2;

/** Layers of a list with an entry for each, which says 0 of those that are not meant; without a list all are. */
function listed(freq: readonly number[] | undefined, layers: number): readonly number[] {
  return layersWhere(layers, (layer) => freq === undefined || freq[layer] !== 0);
}

function choosingLayers(config: ConfigReader, layers: number): readonly number[] {
  const sparse = config.object('sparse_attention_config');
  if (sparse === undefined || !sparse.flag('use_sparse_attention', true)) return [];
  return listed(sparse.sizes('sparse_attention_freq', 0), layers);
}

/** Elements of the key that tokens are chosen by, and of each head of the query for it. */
function indexSize(config: ConfigReader, headDim: number): number {
  return config.objectOrEmpty('sparse_attention_config').sizeOr(headDim, 'sparse_index_dim');
}

const describe = decoder({
  attentionTraits: (config) => ({ qkNorm: config.flag('use_qk_norm', true) ? 'head' : undefined }),
  mlp: (layer, g, config) =>
    gatedMlp(layer.under('mlp.'), g.hidden, config.sizeOr(g.intermediate, 'dense_intermediate_size')),
  mixture: (config, g) => {
    const shared = config.count(0, 'n_shared_experts');
    return {
      experts: config.experts('num_local_experts'),
      perToken: config.sizeOr(4, 'num_experts_per_tok'),
      intermediate: g.intermediate,
      sparseLayers: listed(config.sizes('moe_layer_freq', 0), g.layers),
      sharedExperts: shared,
      sharedIntermediate: shared * g.intermediate,
    };
  },
  experts: (layer, g, mixture) => {
    const scope = layer.under('block_sparse_moe.');
    gatedMixture(scope, g.hidden, mixture, NAMES);
    scope.parameter('e_score_correction_bias', [mixture.experts], 'replicated', 'bias');
  },
  more: (layer, g, config) => {
    const choosing = choosingLayers(config, g.layers);
    if (choosing.length === 0) return;
    const size = indexSize(config, g.headDim);
    const heads = config.objectOrEmpty('sparse_attention_config').sizeOr(g.kvHeads, 'sparse_num_index_heads');
    layer
      .on(choosing)
      .under('self_attn.')
      .linear('index_q_proj', heads * size, g.hidden, 'column')
      .linear('index_k_proj', size, g.hidden, 'replicated')
      .norm('index_q_norm', size)
      .norm('index_k_norm', size);
  },
});

/**
 * MiniMax M3: grouped-query attention that from its fourth layer on looks at chosen blocks of tokens, chosen by a key of their own, which
 * every rank keeps whole; experts beside a shared one, after three layers without.
 * Source: vllm/models/minimax_m3/nvidia/model.py and common/indexer.py, `MiniMaxM3IndexerCache`, of 0.31.0.
 */
export const minimaxM3: Architecture = {
  names: ['MiniMaxM3SparseForCausalLM'],
  modelTypes: ['minimax_m3'],
  describe: (config, surroundings) => {
    const draft = describe(config, surroundings);
    const choosing = choosingLayers(config, draft.numLayers);
    if (choosing.length === 0) return draft;
    return { ...draft, kv: [...draft.kv, indexKv(choosing.length, indexSize(config, draft.headDim))] };
  },
};

function indexKv(layers: number, keyDim: number): KvLayerGroup {
  return {
    kind: 'full',
    layers,
    kvHeads: 1,
    keyDim,
    valueDim: 0,
    elementsPerToken: keyDim,
    elementBytes: INDEX_BYTES,
  };
}
