import type { Architecture } from '../architecture';
import { separateAttention } from '../blocks/attention';
import { figuresOf } from '../blocks/decoder';
import type { Geometry } from '../blocks/geometry';
import { readGeometry } from '../blocks/geometry';
import { gatedMlp, plainMlp } from '../blocks/mlp';
import type { Mixture } from '../blocks/moe';
import { gatedMixture, EXPERT_LIST, mixtureFigures } from '../blocks/moe';
import type { Mamba1Geometry, Mamba2Geometry } from '../blocks/recurrent';
import { mamba1Mixer, mamba1State, mamba2Mixer, mamba2State } from '../blocks/recurrent';
import type { ConfigReader } from '../config';
import { fullKv } from '../kv';
import { firstLayers, layersByKind, layersWhere } from '../layers';
import { WeightList } from '../weights';
import { attentionBias } from './llama';
import { timeStepRank } from './mamba';
import { graniteExperts, plainMlpFused } from './mixtures';

/** Mamba-2 sizes under the `mamba_` names that hybrids use. */
function mamba2Of(config: ConfigReader, hidden: number): Mamba2Geometry {
  const inner = config.sizeOr(config.sizeOr(2, 'mamba_expand') * hidden, 'mamba_d_ssm');
  const heads = config.sizeOr(128, 'mamba_n_heads');
  const written = config.get('mamba_d_head');
  return {
    hidden,
    heads,
    headDim: typeof written === 'number' ? config.size('mamba_d_head') : Math.max(1, Math.floor(inner / heads)),
    groups: config.sizeOr(1, 'mamba_n_groups'),
    state: config.sizeOr(256, 'mamba_d_state'),
    kernel: config.sizeOr(4, 'mamba_d_conv'),
    projectionBias: config.flag('mamba_proj_bias', false),
    convolutionBias: config.flag('mamba_conv_bias', true),
    gatedNorm: config.flag('mamba_rms_norm', true),
  };
}

/** Jamba: one layer of attention in eight, experts in every other. */
export const jamba: Architecture = {
  names: ['JambaForCausalLM'],
  modelTypes: ['jamba'],
  describe: (config, { names, tied }) => {
    const g = readGeometry(config);
    const all = firstLayers(g.layers);
    const period = config.sizeOr(8, 'attn_layer_period');
    const offset = config.count(4, 'attn_layer_offset');
    const expertPeriod = config.sizeOr(2, 'expert_layer_period');
    const expertOffset = config.count(1, 'expert_layer_offset');
    const experts = config.sizeOr(16, 'num_experts');
    const attention = layersWhere(g.layers, (layer) => layer % period === offset);
    const mixers = layersWhere(g.layers, (layer) => layer % period !== offset);
    const mixture: Mixture | undefined =
      experts > 1
        ? {
            experts,
            perToken: config.sizeOr(2, 'num_experts_per_tok'),
            intermediate: g.intermediate,
            sparseLayers: layersWhere(g.layers, (layer) => layer % expertPeriod === expertOffset),
            sharedExperts: 0,
            sharedIntermediate: 0,
          }
        : undefined;
    const m: Mamba1Geometry = {
      hidden: g.hidden,
      inner: config.sizeOr(2, 'mamba_expand') * g.hidden,
      state: config.sizeOr(16, 'mamba_d_state'),
      kernel: config.sizeOr(4, 'mamba_d_conv'),
      timeStepRank: timeStepRank(config, 'mamba_dt_rank', g.hidden),
      projectionBias: config.flag('mamba_proj_bias', false),
      convolutionBias: config.flag('mamba_conv_bias', true),
      innerNorms: true,
    };
    const weights = new WeightList();
    const body = weights.root(names.body);
    const prefix = `${names.body}layers.{layer}.`;
    body.embedding('embed_tokens', g.vocab, g.hidden);
    weights.layers(prefix, all).norm('input_layernorm', g.hidden).norm('pre_ff_layernorm', g.hidden);
    separateAttention(weights.layers(`${prefix}self_attn.`, attention), g);
    mamba1Mixer(weights.layers(`${prefix}mamba.`, mixers), m);
    const sparse = mixture?.sparseLayers ?? [];
    gatedMlp(
      weights.layers(
        `${prefix}feed_forward.`,
        all.filter((layer) => !sparse.includes(layer)),
      ),
      g.hidden,
      g.intermediate,
    );
    if (mixture !== undefined) {
      gatedMixture(weights.layers(`${prefix}feed_forward.`, sparse), g.hidden, mixture, {
        ...EXPERT_LIST,
        router: 'router',
      });
    }
    body.norm('final_layernorm', g.hidden);
    const tie = tied ?? config.flag('tie_word_embeddings', false);
    if (!tie) weights.root('').head(names.head, g.vocab, g.hidden);
    const kv = [fullKv(attention.length, g.kvHeads, g.headDim), mamba1State(mixers.length, m, config)];
    return {
      ...figuresOf(g),
      tieWordEmbeddings: tie,
      moe: mixtureFigures(mixture),
      kv: kv.filter((group) => group.layers > 0),
      weights,
    };
  },
};

/** Bamba and Granite 4: Mamba-2 layers with attention where `attn_layer_indices` or `layer_types` say. */
export const bamba: Architecture = {
  names: ['BambaForCausalLM', 'GraniteMoeHybridForCausalLM'],
  modelTypes: ['bamba', 'granitemoehybrid'],
  describe: (config, { names, tied }) => {
    const granite = config.text('model_type') === 'granitemoehybrid';
    const g = readGeometry(config);
    const all = firstLayers(g.layers);
    const types = config.strings('layer_types') ?? config.strings('layers_block_type');
    const listed = config.sizes('attn_layer_indices', 0) ?? [];
    const attention = layersWhere(g.layers, (layer) =>
      types === undefined ? listed.includes(layer) : types[layer] === 'attention' || types[layer] === 'full_attention',
    );
    const mixers = all.filter((layer) => !attention.includes(layer));
    const m = { ...mamba2Of(config, g.hidden), gatedNorm: true };
    const experts = granite ? config.optionalExperts('num_local_experts') : undefined;
    const shared = config.count(g.intermediate, 'shared_intermediate_size');
    const mixture: Mixture | undefined =
      experts === undefined
        ? undefined
        : {
            experts,
            perToken: config.sizeOr(1, 'num_experts_per_tok'),
            intermediate: g.intermediate,
            sparseLayers: all,
            sharedExperts: shared > 0 ? 1 : 0,
            sharedIntermediate: shared,
          };
    const weights = new WeightList();
    const body = weights.root(names.body);
    const prefix = `${names.body}layers.{layer}.`;
    const layer = weights.layers(prefix, all);
    body.embedding('embed_tokens', g.vocab, g.hidden);
    layer.norm('input_layernorm', g.hidden).norm(granite ? 'post_attention_layernorm' : 'pre_ff_layernorm', g.hidden);
    separateAttention(weights.layers(`${prefix}self_attn.`, attention), g, attentionBias(config));
    if (mixers.length > 0) mamba2Mixer(weights.layers(`${prefix}mamba.`, mixers), m);
    if (mixture !== undefined) graniteExperts(layer, g, mixture);
    else if (granite) plainMlpFused(layer.under('shared_mlp.'), g.hidden, shared);
    else gatedMlp(layer.under('feed_forward.'), g.hidden, g.intermediate, config.flag('mlp_bias', false));
    body.norm(granite ? 'norm' : 'final_layernorm', g.hidden);
    const tie = tied ?? config.flag('tie_word_embeddings', false);
    if (!tie) weights.root('').head(names.head, g.vocab, g.hidden);
    const kv = [fullKv(attention.length, g.kvHeads, g.headDim), mamba2State(mixers.length, m, config)];
    return {
      ...figuresOf(g),
      tieWordEmbeddings: tie,
      moe: mixtureFigures(mixture),
      kv: kv.filter((group) => group.layers > 0),
      weights,
    };
  },
};

/** Falcon-H1: attention and Mamba-2 side by side in every layer. */
export const falconH1: Architecture = {
  names: ['FalconH1ForCausalLM'],
  modelTypes: ['falcon_h1'],
  describe: (config, { names, tied }) => {
    const g = readGeometry(config);
    const m = { ...mamba2Of(config, g.hidden), gatedNorm: config.flag('mamba_rms_norm', false) };
    const weights = new WeightList();
    const body = weights.root(names.body);
    const layer = weights.layers(`${names.body}layers.{layer}.`, firstLayers(g.layers));
    body.embedding('embed_tokens', g.vocab, g.hidden);
    layer.norm('input_layernorm', g.hidden).norm('pre_ff_layernorm', g.hidden);
    separateAttention(layer.under('self_attn.'), g, attentionBias(config));
    mamba2Mixer(layer.under('mamba.'), m);
    gatedMlp(layer.under('feed_forward.'), g.hidden, g.intermediate, config.flag('mlp_bias', false));
    body.norm('final_layernorm', g.hidden);
    const tie = tied ?? config.flag('tie_word_embeddings', false);
    if (!tie) weights.root('').head(names.head, g.vocab, g.hidden);
    return {
      ...figuresOf(g),
      tieWordEmbeddings: tie,
      kv: [fullKv(g.layers, g.kvHeads, g.headDim), mamba2State(g.layers, m, config)],
      weights,
    };
  },
};

const NEMOTRON_LETTERS: Readonly<Record<string, string>> = { M: 'mamba', '*': 'attention', '-': 'mlp', E: 'moe' };

/** Nemotron-H and Nemotron 3: each layer is one thing, named by a letter of `hybrid_override_pattern`. */
export const nemotronH: Architecture = {
  names: ['NemotronHForCausalLM'],
  modelTypes: ['nemotron_h'],
  describe: (config, { tied }) => {
    const g = readGeometry(config);
    const kinds = nemotronKinds(config, g);
    const byKind = layersByKind(kinds);
    const of = (kind: string): readonly number[] => byKind.get(kind) ?? [];
    const m: Mamba2Geometry = {
      hidden: g.hidden,
      heads: config.size('mamba_num_heads'),
      headDim: config.size('mamba_head_dim'),
      groups: config.sizeOr(8, 'n_groups'),
      state: config.sizeOr(128, 'ssm_state_size'),
      kernel: config.sizeOr(4, 'conv_kernel'),
      projectionBias: config.flag('use_bias', false) || config.flag('mamba_proj_bias', false),
      convolutionBias: config.flag('use_conv_bias', true),
      gatedNorm: true,
    };
    const mlpBias = config.flag('mlp_bias', false);
    const weights = new WeightList();
    const body = weights.root('backbone.');
    const prefix = 'backbone.layers.{layer}.';
    body.embedding('embeddings', g.vocab, g.hidden);
    weights.layers(prefix, firstLayers(g.layers)).norm('norm', g.hidden);
    mamba2Mixer(weights.layers(`${prefix}mixer.`, of('mamba')), m);
    separateAttention(weights.layers(`${prefix}mixer.`, of('attention')), g, attentionBias(config));
    plainMlp(weights.layers(`${prefix}mixer.`, of('mlp')), g.hidden, g.intermediate, mlpBias, UP_DOWN);
    const mixture = of('moe').length === 0 ? undefined : nemotronMixture(config, g, of('moe'));
    if (mixture !== undefined) {
      const scope = weights.layers(`${prefix}mixer.`, mixture.sparseLayers);
      // The super models route a narrower latent; the others the hidden state itself.
      const latent = config.optionalSize('moe_latent_size');
      const width = latent ?? g.hidden;
      scope
        .router('gate', mixture.experts, g.hidden)
        .expert('experts.{expert}.up_proj.weight', mixture.experts, mixture.intermediate, width)
        .expert('experts.{expert}.down_proj.weight', mixture.experts, width, mixture.intermediate);
      if (latent !== undefined) {
        scope
          .linear('fc1_latent_proj', latent, g.hidden, 'replicated', mlpBias)
          .linear('fc2_latent_proj', g.hidden, latent, 'replicated', mlpBias);
      }
      if (mixture.sharedIntermediate > 0) {
        plainMlp(scope.under('shared_experts.'), g.hidden, mixture.sharedIntermediate, mlpBias, UP_DOWN);
      }
    }
    body.norm('norm_f', g.hidden);
    const tie = tied ?? config.flag('tie_word_embeddings', false);
    if (!tie) weights.root('').head('lm_head', g.vocab, g.hidden);
    const kv = [fullKv(of('attention').length, g.kvHeads, g.headDim), mamba2State(of('mamba').length, m, config)];
    return {
      ...figuresOf(g),
      tieWordEmbeddings: tie,
      moe: mixtureFigures(mixture),
      kv: kv.filter((group) => group.layers > 0),
      weights,
    };
  },
};

const UP_DOWN = { up: 'up_proj', down: 'down_proj' };

function nemotronKinds(config: ConfigReader, g: Geometry): readonly string[] {
  const written = config.strings('layers_block_type') ?? [...(config.text('hybrid_override_pattern') ?? '')];
  if (written.length < g.layers) {
    throw config.fail(
      'hybrid_override_pattern',
      `${written.length} layers`,
      `one letter for each of the ${g.layers} layers`,
      'give the checkpoint’s own config.json',
    );
  }
  return written.slice(0, g.layers).map((kind) => NEMOTRON_LETTERS[kind] ?? kind);
}

function nemotronMixture(config: ConfigReader, g: Geometry, sparseLayers: readonly number[]): Mixture {
  const width = config.sizeOr(g.intermediate, 'moe_intermediate_size');
  const shared = config.count(0, 'n_shared_experts');
  return {
    experts: config.experts('n_routed_experts'),
    perToken: config.sizeOr(1, 'num_experts_per_tok'),
    intermediate: width,
    sparseLayers,
    sharedExperts: shared,
    sharedIntermediate: shared * config.sizeOr(width, 'moe_shared_expert_intermediate_size'),
  };
}
