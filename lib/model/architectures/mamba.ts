import type { Architecture, Draft } from '../architecture';
import { figuresOf } from '../blocks/decoder';
import type { Geometry } from '../blocks/geometry';
import { maxPositionsOf } from '../blocks/geometry';
import type { Mamba1Geometry, Mamba2Geometry } from '../blocks/recurrent';
import { mamba1Mixer, mamba1State, mamba2Mixer, mamba2State } from '../blocks/recurrent';
import type { ConfigReader } from '../config';
import type { KvLayerGroup } from '../types';
import { firstLayers } from '../layers';
import { WeightList } from '../weights';

/** A model of mixers only has no attention; its figures say so with zeros. */
function attentionless(config: ConfigReader, inner: number, heads = 0, headDim = 0): Geometry {
  return {
    hidden: config.size('hidden_size', 'd_model'),
    layers: config.layers('num_hidden_layers', 'n_layer'),
    heads,
    kvHeads: 0,
    headDim,
    intermediate: inner,
    vocab: config.size('vocab_size'),
    maxPositions: maxPositionsOf(config),
  };
}

function mixersOnly(
  g: Geometry,
  tie: boolean,
  kv: KvLayerGroup,
  mixer: (weights: WeightList, prefix: string) => void,
): Draft {
  const weights = new WeightList();
  const body = weights.root('backbone.');
  body.embedding('embeddings', g.vocab, g.hidden);
  weights.layers('backbone.layers.{layer}.', firstLayers(g.layers)).norm('norm', g.hidden);
  mixer(weights, 'backbone.layers.{layer}.mixer.');
  body.norm('norm_f', g.hidden);
  if (!tie) weights.root('').head('lm_head', g.vocab, g.hidden);
  return { ...figuresOf(g), tieWordEmbeddings: tie, kv: [kv], weights };
}

/** Mamba and Falcon-Mamba (whose norms on B, C and the time step have no weights). */
export const mamba: Architecture = {
  names: ['MambaForCausalLM', 'FalconMambaForCausalLM'],
  modelTypes: ['mamba', 'falcon_mamba'],
  describe: (config) => {
    const hidden = config.size('hidden_size', 'd_model');
    const m: Mamba1Geometry = {
      hidden,
      inner: config.sizeOr(config.sizeOr(2, 'expand') * hidden, 'intermediate_size', 'd_inner'),
      state: config.sizeOr(16, 'state_size', 'd_state'),
      kernel: config.sizeOr(4, 'conv_kernel', 'd_conv'),
      timeStepRank: timeStepRank(config, 'time_step_rank', hidden),
      projectionBias: config.flag('use_bias', false),
      convolutionBias: config.flag('use_conv_bias', true),
      innerNorms: false,
    };
    const g = attentionless(config, m.inner);
    const tie = config.flag('tie_word_embeddings', true);
    return mixersOnly(g, tie, mamba1State(g.layers, m, config), (weights, prefix) =>
      mamba1Mixer(weights.layers(prefix, firstLayers(g.layers)), m),
    );
  },
};

/** `auto` is a sixteenth of the width. */
export function timeStepRank(config: ConfigReader, name: string, hidden: number): number {
  return config.get(name) === 'auto' ? Math.ceil(hidden / 16) : config.sizeOr(Math.ceil(hidden / 16), name);
}

/** Mamba-2 and Codestral Mamba. */
export const mamba2: Architecture = {
  names: ['Mamba2ForCausalLM'],
  modelTypes: ['mamba2'],
  describe: (config) => {
    const hidden = config.size('hidden_size', 'd_model');
    const headDim = config.sizeOr(64, 'head_dim');
    const heads = config.sizeOr(Math.max(1, Math.floor((config.sizeOr(2, 'expand') * hidden) / headDim)), 'num_heads');
    const m: Mamba2Geometry = {
      hidden,
      heads,
      headDim,
      groups: config.sizeOr(8, 'n_groups'),
      state: config.sizeOr(128, 'state_size'),
      kernel: config.sizeOr(4, 'conv_kernel'),
      projectionBias: config.flag('use_bias', false),
      convolutionBias: config.flag('use_conv_bias', true),
      gatedNorm: true,
    };
    const g = attentionless(config, heads * headDim, heads, headDim);
    const tie = config.flag('tie_word_embeddings', false);
    return mixersOnly(g, tie, mamba2State(g.layers, m, config), (weights, prefix) =>
      mamba2Mixer(weights.layers(prefix, firstLayers(g.layers)), m),
    );
  },
};
