import type { Architecture, Draft } from '../architecture';
import type { ConfigReader } from '../config';
import { crossKv, fullKv } from '../kv';
import { firstLayers } from '../layers';
import type { WeightPlace } from '../types';
import type { WeightScope } from '../weights';
import { WeightList } from '../weights';

/** T5, Flan-T5, mT5, UL2. Attention widths are `num_heads × d_kv`, whatever the model's width. */
export const t5: Architecture = {
  names: [
    'T5ForConditionalGeneration',
    'MT5ForConditionalGeneration',
    'T5WithLMHeadModel',
    'UMT5ForConditionalGeneration',
  ],
  modelTypes: ['t5', 'mt5', 'umt5'],
  describe: (config) => {
    const hidden = config.size('d_model');
    const heads = config.size('num_heads');
    const headDim = config.sizeOr(64, 'd_kv');
    const intermediate = config.size('d_ff');
    const vocab = config.size('vocab_size');
    const encoderLayers = config.layers('num_layers');
    const decoderLayers = config.layersOr(encoderLayers, 'num_decoder_layers');
    const buckets = config.sizeOr(32, 'relative_attention_num_buckets');
    const gated = (config.text('feed_forward_proj') ?? 'relu').startsWith('gated-');
    // UMT5 has a position bias in every layer, the others only in the first.
    const everyLayer = config.text('model_type') === 'umt5';
    const weights = new WeightList();
    weights.root('').embedding('shared', vocab, hidden);

    const stack = (place: 'encoder' | 'decoder', layers: number): void => {
      const all = firstLayers(layers);
      const block = weights.layers(`${place}.block.{layer}.layer.`, all, place);
      const attention = (scope: WeightScope): void => {
        scope
          .linear('q', heads * headDim, hidden, 'column')
          .linear('k', heads * headDim, hidden, 'column')
          .linear('v', heads * headDim, hidden, 'column')
          .linear('o', hidden, heads * headDim, 'row');
      };
      attention(block.under('0.SelfAttention.'));
      block.norm('0.layer_norm', hidden);
      weights
        .layers(`${place}.block.{layer}.layer.0.SelfAttention.`, everyLayer ? all : all.slice(0, 1), place)
        .embedding('relative_attention_bias', buckets, heads, 'column');
      if (place === 'decoder') {
        attention(block.under('1.EncDecAttention.'));
        block.norm('1.layer_norm', hidden);
      }
      const last = place === 'decoder' ? '2.' : '1.';
      if (gated) {
        block
          .linear(`${last}DenseReluDense.wi_0`, intermediate, hidden, 'column')
          .linear(`${last}DenseReluDense.wi_1`, intermediate, hidden, 'column');
      } else block.linear(`${last}DenseReluDense.wi`, intermediate, hidden, 'column');
      block.linear(`${last}DenseReluDense.wo`, hidden, intermediate, 'row').norm(`${last}layer_norm`, hidden);
      weights.root('', place).norm(`${place}.final_layer_norm`, hidden);
    };
    stack('encoder', encoderLayers);
    stack('decoder', decoderLayers);

    const tie = config.flag('tie_word_embeddings', true);
    if (!tie) weights.root('', 'decoder').head('lm_head', vocab, hidden);
    return {
      kind: 'encoder-decoder',
      hiddenSize: hidden,
      numLayers: encoderLayers,
      numAttentionHeads: heads,
      numKvHeads: heads,
      headDim,
      intermediateSize: intermediate,
      vocabSize: vocab,
      maxPositionEmbeddings: undefined,
      slidingWindow: undefined,
      tieWordEmbeddings: tie,
      kv: [fullKv(decoderLayers, heads, headDim), crossKv(decoderLayers, heads, headDim)],
      weights,
    };
  },
};

interface Stack {
  readonly layers: number;
  readonly heads: number;
  readonly intermediate: number;
}

function readStack(config: ConfigReader, side: 'encoder' | 'decoder'): Stack {
  return {
    layers: config.layers(`${side}_layers`, 'num_hidden_layers'),
    heads: config.size(`${side}_attention_heads`),
    intermediate: config.size(`${side}_ffn_dim`),
  };
}

interface SeqTraits {
  readonly keyBias: boolean;
  /** A norm after each stack (Whisper, mBART, M2M). */
  readonly finalNorm: boolean;
  /** A norm after the embedding (BART). */
  readonly embeddingNorm: boolean;
}

/** One side of BART and its heirs: post- or pre-norm layers with biases everywhere. */
function seqStack(
  weights: WeightList,
  place: WeightPlace & ('encoder' | 'decoder'),
  width: number,
  stack: Stack,
  traits: SeqTraits,
): void {
  const layer = weights.layers(`model.${place}.layers.{layer}.`, firstLayers(stack.layers), place);
  const attention = (name: string): void => {
    layer
      .linear(`${name}.q_proj`, width, width, 'column', true)
      .linear(`${name}.k_proj`, width, width, 'column', traits.keyBias)
      .linear(`${name}.v_proj`, width, width, 'column', true)
      .linear(`${name}.out_proj`, width, width, 'row', true)
      .norm(`${name}_layer_norm`, width, true);
  };
  attention('self_attn');
  if (place === 'decoder') attention('encoder_attn');
  layer
    .linear('fc1', stack.intermediate, width, 'column', true)
    .linear('fc2', width, stack.intermediate, 'row', true)
    .norm('final_layer_norm', width, true);
  const root = weights.root(`model.${place}.`, place);
  if (traits.embeddingNorm) root.norm('layernorm_embedding', width, true);
  if (traits.finalNorm) root.norm('layer_norm', width, true);
}

function seqFigures(
  config: ConfigReader,
  width: number,
  encoder: Stack,
  decoder: Stack,
): Omit<Draft, 'weights' | 'tieWordEmbeddings'> {
  const headDim = Math.max(1, Math.floor(width / decoder.heads));
  return {
    kind: 'encoder-decoder',
    hiddenSize: width,
    numLayers: config.layersOr(decoder.layers, 'num_hidden_layers'),
    numAttentionHeads: encoder.heads,
    numKvHeads: encoder.heads,
    headDim,
    intermediateSize: encoder.intermediate,
    vocabSize: config.size('vocab_size'),
    maxPositionEmbeddings: config.tokens('max_position_embeddings', 'max_target_positions'),
    slidingWindow: undefined,
    kv: [fullKv(decoder.layers, decoder.heads, headDim), crossKv(decoder.layers, decoder.heads, headDim)],
  };
}

/** BART, mBART, Pegasus's kin: learned positions with an offset of two; those of M2M100 are computed. */
export const bart: Architecture = {
  names: [
    'BartForConditionalGeneration',
    'BartModel',
    'MBartForConditionalGeneration',
    'PLBartForConditionalGeneration',
    'M2M100ForConditionalGeneration',
  ],
  modelTypes: ['bart', 'mbart', 'plbart', 'm2m_100'],
  describe: (config) => {
    const width = config.size('d_model');
    const encoder = readStack(config, 'encoder');
    const decoder = readStack(config, 'decoder');
    const positions = config.tokens('max_position_embeddings') ?? 1024;
    const type = config.text('model_type');
    const isM2m = type === 'm2m_100';
    const traits = { keyBias: true, embeddingNorm: !isM2m, finalNorm: isM2m || type === 'mbart' };
    const weights = new WeightList();
    weights.root('').embedding('model.shared', config.size('vocab_size'), width);
    for (const [place, stack] of [
      ['encoder', encoder],
      ['decoder', decoder],
    ] as const) {
      if (!isM2m)
        weights.root(`model.${place}.`, place).embedding('embed_positions', positions + 2, width, 'replicated');
      seqStack(weights, place, width, stack, traits);
    }
    const tie = config.flag('tie_word_embeddings', true);
    if (!tie) weights.root('', 'decoder').head('lm_head', config.size('vocab_size'), width);
    return { ...seqFigures(config, width, encoder, decoder), tieWordEmbeddings: tie, weights };
  },
};

/** Whisper: two convolutions over mel bins, keys without a bias. */
export const whisper: Architecture = {
  names: ['WhisperForConditionalGeneration'],
  modelTypes: ['whisper'],
  describe: (config) => {
    const width = config.size('d_model');
    const encoder = readStack(config, 'encoder');
    const decoder = readStack(config, 'decoder');
    const traits = { keyBias: false, embeddingNorm: false, finalNorm: true };
    const weights = new WeightList();
    weights
      .root('model.encoder.', 'audio')
      .conv('conv1', [width, config.sizeOr(80, 'num_mel_bins'), 3], 'replicated', true)
      .conv('conv2', [width, width, 3], 'replicated', true)
      .embedding('embed_positions', config.sizeOr(1500, 'max_source_positions'), width, 'replicated');
    weights
      .root('model.decoder.', 'decoder')
      .embedding('embed_tokens', config.size('vocab_size'), width)
      .embedding('embed_positions', config.sizeOr(448, 'max_target_positions'), width, 'replicated');
    seqStack(weights, 'encoder', width, encoder, traits);
    seqStack(weights, 'decoder', width, decoder, traits);
    const tie = config.flag('tie_word_embeddings', true);
    if (!tie) weights.root('', 'decoder').head('proj_out', config.size('vocab_size'), width);
    return { ...seqFigures(config, width, encoder, decoder), multimodal: true, tieWordEmbeddings: tie, weights };
  },
};
