import type { Architecture } from '../architecture';
import { separateAttention } from '../blocks/attention';
import { figuresOf } from '../blocks/decoder';
import { readGeometry } from '../blocks/geometry';
import { gatedMlp } from '../blocks/mlp';
import { recurrentState, slidingKv } from '../kv';
import { firstLayers } from '../layers';
import { WeightList } from '../weights';

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
