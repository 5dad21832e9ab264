import type { Architecture, Draft, Surroundings } from '../architecture';
import { figuresOf } from '../blocks/decoder';
import type { Geometry } from '../blocks/geometry';
import { readGeometry } from '../blocks/geometry';
import { gatedMlp } from '../blocks/mlp';
import type { Mixture } from '../blocks/moe';
import { mixtureFigures } from '../blocks/moe';
import { windowByPattern } from '../blocks/windows';
import type { ConfigReader } from '../config';
import { fullKv, kvByKind, slidingKv } from '../kv';
import { firstLayers } from '../layers';
import type { WeightScope } from '../weights';
import { WeightList } from '../weights';

const SANDWICH = [
  'input_layernorm',
  'post_attention_layernorm',
  'pre_feedforward_layernorm',
  'post_feedforward_layernorm',
];

/** Embeddings that every layer has for itself, and the gate that mixes them in (Gemma 3n and 4). */
function perLayerInputs(body: WeightScope, layer: WeightScope, g: Geometry, config: ConfigReader, width: number): void {
  body
    .embedding('embed_tokens_per_layer', config.sizeOr(g.vocab, 'vocab_size_per_layer_input'), g.layers * width)
    .linear('per_layer_model_projection', g.layers * width, g.hidden, 'replicated')
    .norm('per_layer_projection_norm', width);
  layer
    .linear('per_layer_input_gate', width, g.hidden, 'replicated')
    .linear('per_layer_projection', g.hidden, width, 'replicated')
    .norm('post_per_layer_input_norm', g.hidden);
}

/** Gemma 3n: alternating updates over several streams, low-rank side paths, an embedding for each layer. */
export const gemma3nText: Architecture = {
  names: ['Gemma3nForCausalLM'],
  modelTypes: ['gemma3n_text'],
  describe: (config, { names, tied }) => {
    const widths = config.get('intermediate_size');
    const listed = Array.isArray(widths) ? config.sizes('intermediate_size') : undefined;
    const g = readGeometry(config, listed === undefined ? {} : { intermediate: listed[0] });
    const all = firstLayers(g.layers);
    const streams = config.sizeOr(4, 'altup_num_inputs');
    const laurel = config.sizeOr(64, 'laurel_rank');
    const shared = Math.min(config.count(0, 'num_kv_shared_layers'), g.layers - 1);

    const weights = new WeightList();
    const body = weights.root(names.body);
    const prefix = `${names.body}layers.{layer}.`;
    const layer = weights.layers(prefix, all);
    body.embedding('embed_tokens', g.vocab, g.hidden);
    for (const norm of SANDWICH) layer.norm(norm, g.hidden);
    layer
      .under('self_attn.')
      .linear('q_proj', g.heads * g.headDim, g.hidden, 'column')
      .linear('o_proj', g.hidden, g.heads * g.headDim, 'row')
      .norm('q_norm', g.headDim);
    // The last layers read the keys and values of earlier ones; those in the checkpoint are not loaded.
    weights
      .layers(`${prefix}self_attn.`, all.slice(0, g.layers - shared))
      .linear('k_proj', g.kvHeads * g.headDim, g.hidden, 'column')
      .linear('v_proj', g.kvHeads * g.headDim, g.hidden, 'column')
      .norm('k_norm', g.headDim);
    for (const [width, layers] of byWidth(listed, g)) {
      gatedMlp(weights.layers(`${prefix}mlp.`, layers), g.hidden, width);
    }
    layer
      .under('altup.')
      .parameter('correct_output_scale', [g.hidden])
      .linear('correction_coefs', streams, streams, 'replicated')
      .linear('prediction_coefs', streams * streams, streams, 'replicated')
      .linear('modality_router', streams, g.hidden, 'replicated')
      .norm('router_norm', g.hidden);
    layer
      .under('laurel.')
      .linear('linear_left', laurel, g.hidden, 'replicated')
      .linear('linear_right', g.hidden, laurel, 'replicated')
      .norm('post_laurel_norm', g.hidden);
    perLayerInputs(body, layer, g, config, config.sizeOr(256, 'hidden_size_per_layer_input'));
    const others = weights.layers(`${names.body}altup_projections.{layer}`, firstLayers(streams - 1));
    const back = weights.layers(`${names.body}altup_unembed_projections.{layer}`, firstLayers(streams - 1));
    others.linear('', g.hidden, g.hidden, 'replicated');
    back.linear('', g.hidden, g.hidden, 'replicated');
    body.norm('norm', g.hidden);
    const tie = tied ?? config.flag('tie_word_embeddings', true);
    if (!tie) weights.root('').head(names.head, g.vocab, g.hidden);
    const windows = windowByPattern(config, g.layers, 5);
    return {
      ...figuresOf(g),
      slidingWindow: windows.window,
      tieWordEmbeddings: tie,
      kv: kvByKind(windows.kinds.slice(0, g.layers - shared), g.kvHeads, g.headDim, windows.window),
      weights,
    };
  },
};

function byWidth(widths: readonly number[] | undefined, g: Geometry): Map<number, number[]> {
  const layers = new Map<number, number[]>();
  for (const layer of firstLayers(g.layers)) {
    const width = widths?.[layer] ?? g.intermediate;
    const group = layers.get(width);
    if (group === undefined) layers.set(width, [layer]);
    else group.push(layer);
  }
  return layers;
}

/** Gemma 4: full layers with their own head size, shared keys and values, optional experts beside the dense block. */
export const gemma4Text: Architecture = {
  names: ['Gemma4ForCausalLM', 'Gemma4TextModel'],
  modelTypes: ['gemma4_text'],
  describe: (config, surroundings) => describeGemma4(config, surroundings),
};

function describeGemma4(config: ConfigReader, { names, tied }: Surroundings): Draft {
  const g = readGeometry(config);
  const all = firstLayers(g.layers);
  const windows = windowByPattern(config, g.layers, 6);
  const sliding = (layer: number): boolean => windows.kinds[layer] === 'sliding_attention';
  const shared = config.count(0, 'num_kv_shared_layers');
  const own = g.layers - Math.min(shared, g.layers - 1);
  const globalDim = config.sizeOr(g.headDim, 'global_head_dim');
  const keyIsValue = config.flag('attention_k_eq_v', false);
  const globalKvHeads = keyIsValue ? config.sizeOr(g.kvHeads, 'num_global_key_value_heads') : g.kvHeads;

  const weights = new WeightList();
  const body = weights.root(names.body);
  const prefix = `${names.body}layers.{layer}.`;
  const layer = weights.layers(prefix, all);
  body.embedding('embed_tokens', g.vocab, g.hidden);
  for (const norm of SANDWICH) layer.norm(norm, g.hidden);
  const kinds = [
    { layers: all.filter(sliding), dim: g.headDim, kvHeads: g.kvHeads, value: true },
    { layers: all.filter((index) => !sliding(index)), dim: globalDim, kvHeads: globalKvHeads, value: !keyIsValue },
  ];
  for (const kind of kinds) {
    const query = g.heads * kind.dim;
    weights
      .layers(`${prefix}self_attn.`, kind.layers)
      .linear('q_proj', query, g.hidden, 'column')
      .norm('q_norm', kind.dim)
      .linear('o_proj', g.hidden, query, 'row');
    const caching = weights.layers(
      `${prefix}self_attn.`,
      kind.layers.filter((index) => index < own),
    );
    caching.linear('k_proj', kind.kvHeads * kind.dim, g.hidden, 'column').norm('k_norm', kind.dim);
    if (kind.value) caching.linear('v_proj', kind.kvHeads * kind.dim, g.hidden, 'column');
  }

  const wide = config.flag('use_double_wide_mlp', false) && shared > 0 ? own : g.layers;
  gatedMlp(
    weights.layers(
      `${prefix}mlp.`,
      all.filter((index) => index < wide),
    ),
    g.hidden,
    g.intermediate,
  );
  gatedMlp(
    weights.layers(
      `${prefix}mlp.`,
      all.filter((index) => index >= wide),
    ),
    g.hidden,
    2 * g.intermediate,
  );
  const mixture = config.flag('enable_moe_block', false) ? gemmaMixture(config, g) : undefined;
  if (mixture !== undefined) {
    layer
      .router('router.proj', mixture.experts, g.hidden)
      .parameter('router.scale', [g.hidden])
      .parameter('router.per_expert_scale', [mixture.experts])
      .expert('experts.gate_up_proj', mixture.experts, 2 * mixture.intermediate, g.hidden)
      .expert('experts.down_proj', mixture.experts, g.hidden, mixture.intermediate)
      .norm('post_feedforward_layernorm_1', g.hidden)
      .norm('post_feedforward_layernorm_2', g.hidden)
      .norm('pre_feedforward_layernorm_2', g.hidden);
  }
  const perLayer = config.count(0, 'hidden_size_per_layer_input');
  if (perLayer > 0) perLayerInputs(body, layer, g, config, perLayer);
  body.norm('norm', g.hidden);
  const tie = tied ?? config.flag('tie_word_embeddings', true);
  if (!tie) weights.root('').head(names.head, g.vocab, g.hidden);

  const cached = all.filter((index) => index < own);
  const slidingLayers = cached.filter(sliding).length;
  const kv = [
    windows.window === undefined
      ? fullKv(slidingLayers, g.kvHeads, g.headDim)
      : slidingKv(slidingLayers, g.kvHeads, g.headDim, windows.window),
    fullKv(cached.length - slidingLayers, globalKvHeads, globalDim),
  ];
  return {
    ...figuresOf(g),
    slidingWindow: windows.window,
    tieWordEmbeddings: tie,
    moe: mixtureFigures(mixture),
    kv: kv.filter((group) => group.layers > 0),
    weights,
  };
}

function gemmaMixture(config: ConfigReader, g: Geometry): Mixture {
  return {
    experts: config.experts('num_experts'),
    perToken: config.sizeOr(1, 'top_k_experts', 'num_experts_per_tok'),
    intermediate: config.size('moe_intermediate_size', 'expert_intermediate_size'),
    sparseLayers: firstLayers(g.layers),
    sharedExperts: 0,
    sharedIntermediate: 0,
  };
}
