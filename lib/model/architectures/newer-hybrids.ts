import type { Architecture } from '../architecture';
import { separateAttention } from '../blocks/attention';
import { figuresOf } from '../blocks/decoder';
import { readGeometry } from '../blocks/geometry';
import { gatedMlp } from '../blocks/mlp';
import { latentAttention, readLatent } from '../blocks/mla';
import { EXPERT_LIST, gatedMixture, MIXTRAL_LIST, mixtureFigures } from '../blocks/moe';
import type { Mixture } from '../blocks/moe';
import type { Mamba2Geometry } from '../blocks/recurrent';
import { mamba2Mixer, mamba2State } from '../blocks/recurrent';
import { layerTypes } from '../blocks/windows';
import type { ConfigReader } from '../config';
import { fullKv, latentKv, recurrentState, slidingKv } from '../kv';
import { firstLayers, layersWhere } from '../layers';
import { WeightList } from '../weights';
import { deepseekMixture } from './deepseek';

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

/** RecurrentGemma (Griffin): gated linear recurrences, and local attention in every third layer. */
export const recurrentGemma: Architecture = {
  names: ['RecurrentGemmaForCausalLM'],
  modelTypes: ['recurrent_gemma'],
  describe: (config, { names, tied }) => {
    const g = readGeometry(config);
    const all = firstLayers(g.layers);
    const pattern = config.strings('block_types') ??
      config.strings('_block_types') ?? ['recurrent', 'recurrent', 'attention'];
    const local = (layer: number): boolean => pattern[layer % Math.max(1, pattern.length)] === 'attention';
    const attention = all.filter(local);
    const recurrent = all.filter((layer) => !local(layer));
    const width = config.sizeOr(g.hidden, 'lru_width');
    const block = Math.max(1, Math.floor(width / g.heads));
    const kernel = config.sizeOr(4, 'conv1d_width');
    const half = Math.max(1, Math.floor(g.intermediate / 2));
    const weights = new WeightList();
    const prefix = `${names.body}layers.{layer}.`;
    const layer = weights.layers(prefix, all);
    const body = weights.root(names.body).embedding('embed_tokens', g.vocab, g.hidden);
    layer.norm('temporal_pre_norm', g.hidden).norm('channel_pre_norm', g.hidden);
    gatedMlp(layer.under('mlp_block.'), g.hidden, half, true);
    separateAttention(weights.layers(`${prefix}temporal_block.`, attention), g, {
      qkvBias: config.flag('attention_bias', false),
      outBias: true,
    });
    weights
      .layers(`${prefix}temporal_block.`, recurrent)
      .linear('linear_y', width, g.hidden, 'column', true)
      .linear('linear_x', width, g.hidden, 'column', true)
      .linear('linear_out', g.hidden, width, 'row', true)
      .conv('conv_1d', [width, 1, kernel], 'column', true)
      .parameter('rg_lru.recurrent_param', [width], 'column')
      .parameter('rg_lru.input_gate_weight', [g.heads, block, block], 'column')
      .parameter('rg_lru.input_gate_bias', [g.heads, block], 'column')
      .parameter('rg_lru.recurrent_gate_weight', [g.heads, block, block], 'column')
      .parameter('rg_lru.recurrent_gate_bias', [g.heads, block], 'column');
    body.norm('final_norm', g.hidden);
    const tie = tied ?? config.flag('tie_word_embeddings', true);
    if (!tie) weights.root('').head(names.head, g.vocab, g.hidden);
    const window = config.tokens('attention_window_size') ?? 2048;
    const kv = [
      slidingKv(attention.length, g.kvHeads, g.headDim, window),
      recurrentState(recurrent.length, 2 * width * (kernel - 1) + 4 * width),
    ];
    return {
      ...figuresOf(g),
      slidingWindow: window,
      tieWordEmbeddings: tie,
      kv: kv.filter((group) => group.layers > 0),
      weights,
    };
  },
};

/** Zamba 2: Mamba-2 throughout, and a few attention blocks shared by many layers, each with adapters of its own. */
export const zamba2: Architecture = {
  names: ['Zamba2ForCausalLM'],
  modelTypes: ['zamba2'],
  describe: (config, { names, tied }) => {
    const hidden = config.size('hidden_size');
    const heads = config.size('num_attention_heads');
    const attentionWidth = config.sizeOr(2 * hidden, 'attention_hidden_size');
    const headDim = config.sizeOr(Math.max(1, Math.floor((2 * hidden) / heads)), 'attention_head_dim');
    const g = readGeometry(config, { heads, headDim, intermediate: config.sizeOr(4 * hidden, 'intermediate_size') });
    const all = firstLayers(g.layers);
    const kinds = config.strings('layers_block_type');
    const listed = config.sizes('hybrid_layer_ids', 0);
    const hybrid = all.filter((layer) => (kinds === undefined ? listed?.includes(layer) : kinds[layer] === 'hybrid'));
    const plain = all.filter((layer) => !hybrid.includes(layer));
    const blocks = config.sizeOr(1, 'num_mem_blocks');
    const inner = config.sizeOr(2, 'mamba_expand') * hidden;
    const mambaHeads = config.sizeOr(8, 'n_mamba_heads');
    const m: Mamba2Geometry = {
      hidden,
      heads: mambaHeads,
      headDim: Math.max(1, Math.floor(inner / mambaHeads)),
      groups: config.sizeOr(1, 'mamba_ngroups'),
      state: config.sizeOr(64, 'mamba_d_state'),
      kernel: config.sizeOr(4, 'mamba_d_conv'),
      projectionBias: config.flag('add_bias_linear', false),
      convolutionBias: config.flag('use_conv_bias', true),
      gatedNorm: true,
    };
    const weights = new WeightList();
    const prefix = `${names.body}layers.{layer}.`;
    const body = weights.root(names.body).embedding('embed_tokens', g.vocab, hidden);
    const plainLayer = weights.layers(prefix, plain).norm('input_layernorm', hidden);
    mamba2Mixer(plainLayer.under('mamba.'), m);
    const hybridLayer = weights.layers(prefix, hybrid).linear('linear', hidden, hidden, 'replicated');
    hybridLayer.norm('mamba_decoder.input_layernorm', hidden);
    mamba2Mixer(hybridLayer.under('mamba_decoder.mamba.'), m);
    const shared = weights.layers(`${prefix}shared_transformer.`, hybrid.slice(0, blocks));
    const bias = config.flag('add_bias_linear', false);
    shared
      .norm('input_layernorm', attentionWidth)
      .norm('pre_ff_layernorm', hidden)
      .linear('self_attn.q_proj', heads * headDim, attentionWidth, 'column')
      .linear('self_attn.k_proj', g.kvHeads * headDim, attentionWidth, 'column')
      .linear('self_attn.v_proj', g.kvHeads * headDim, attentionWidth, 'column')
      .linear('self_attn.o_proj', hidden, heads * headDim, 'row')
      .linear('feed_forward.gate_up_proj', 2 * g.intermediate, hidden, 'column', bias)
      .linear('feed_forward.down_proj', hidden, g.intermediate, 'row', bias);
    const rank = config.sizeOr(128, 'adapter_rank');
    const adapters = weights.layers(`${prefix}shared_transformer.`, hybrid);
    adapters
      .linear('feed_forward.gate_up_proj_adapter_list.0', rank, hidden, 'replicated')
      .linear('feed_forward.gate_up_proj_adapter_list.1', 2 * g.intermediate, rank, 'column');
    if (config.flag('use_shared_attention_adapter', false)) {
      for (const name of ['q', 'k', 'v']) {
        adapters
          .linear(`self_attn.linear_${name}_adapter_list.0`, rank, attentionWidth, 'replicated')
          .linear(`self_attn.linear_${name}_adapter_list.1`, attentionWidth, rank, 'column');
      }
    }
    body.norm('final_layernorm', hidden);
    const tie = tied ?? config.flag('tie_word_embeddings', true);
    if (!tie) weights.root('').head(names.head, g.vocab, hidden);
    const kv = [fullKv(hybrid.length, g.kvHeads, headDim), mamba2State(g.layers, m, config)];
    return { ...figuresOf(g), tieWordEmbeddings: tie, kv: kv.filter((group) => group.layers > 0), weights };
  },
};

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
