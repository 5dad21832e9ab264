import type { Architecture } from '../architecture';
import { separateAttention } from '../blocks/attention';
import { figuresOf } from '../blocks/decoder';
import { readGeometry } from '../blocks/geometry';
import { gatedMlp } from '../blocks/mlp';
import type { ConfigReader } from '../config';
import { fullKv } from '../kv';
import { firstLayers } from '../layers';
import { WeightList } from '../weights';

/** What a search left of one layer; 0 where the part was taken out. */
interface Layer {
  readonly kvHeads: number;
  /** A single matrix in place of the attention. */
  readonly linearAttention: boolean;
  readonly intermediate: number;
  readonly linearMlp: boolean;
}

/** Llama-Nemotron Super and Ultra, DeciLM: Llama whose layers differ, found by architecture search. */
export const nemotronNas: Architecture = {
  names: ['DeciLMForCausalLM'],
  modelTypes: ['nemotron-nas', 'deci', 'deci_lm'],
  describe: (config, { names, tied }) => {
    const hidden = config.size('hidden_size');
    const heads = config.size('num_attention_heads');
    const count = config.layers('num_hidden_layers');
    const layers = readLayers(config, hidden, heads, count);
    const widest = Math.max(1, ...layers.map((layer) => layer.intermediate));
    const mostHeads = Math.max(1, ...layers.map((layer) => layer.kvHeads));
    const g = readGeometry(config, { heads, kvHeads: mostHeads, intermediate: widest });
    const all = firstLayers(count);
    const weights = new WeightList();
    const prefix = `${names.body}layers.{layer}.`;
    const body = weights.root(names.body).embedding('embed_tokens', g.vocab, hidden);
    const where = (chosen: (layer: Layer) => boolean): readonly number[] =>
      all.filter((index) => chosen(layers[index]));
    const attentive = where((layer) => layer.kvHeads > 0 || layer.linearAttention);
    const feeding = where((layer) => layer.intermediate > 0 || layer.linearMlp);
    weights.layers(prefix, attentive).norm('input_layernorm', hidden);
    weights.layers(prefix, feeding).norm('post_attention_layernorm', hidden);
    const kv = [];
    for (const kvHeads of new Set(layers.map((layer) => layer.kvHeads).filter((value) => value > 0))) {
      const chosen = where((layer) => layer.kvHeads === kvHeads);
      separateAttention(weights.layers(`${prefix}self_attn.`, chosen), { ...g, kvHeads });
      kv.push(fullKv(chosen.length, kvHeads, g.headDim));
    }
    weights
      .layers(
        `${prefix}self_attn.`,
        where((layer) => layer.linearAttention),
      )
      .linear('linear_attn', hidden, hidden, 'column');
    for (const width of new Set(layers.map((layer) => layer.intermediate).filter((value) => value > 0))) {
      gatedMlp(
        weights.layers(
          `${prefix}mlp.`,
          where((layer) => layer.intermediate === width),
        ),
        hidden,
        width,
      );
    }
    weights
      .layers(
        `${prefix}mlp.`,
        where((layer) => layer.linearMlp),
      )
      .linear('linear_mlp', hidden, hidden, 'column');
    body.norm('norm', hidden);
    const tie = tied ?? config.flag('tie_word_embeddings', false);
    if (!tie) weights.root('').head(names.head, g.vocab, hidden);
    return { ...figuresOf(g), tieWordEmbeddings: tie, kv, weights };
  },
};

function readLayers(config: ConfigReader, hidden: number, heads: number, count: number): readonly Layer[] {
  const blocks = config.list('block_configs');
  if (blocks === undefined) {
    const perLayer = config.sizes('num_key_value_heads_per_layer');
    const intermediate = config.size('intermediate_size');
    const kvHeads = config.sizeOr(heads, 'num_key_value_heads');
    return firstLayers(count).map((layer) => ({
      kvHeads: perLayer?.[layer] ?? kvHeads,
      linearAttention: false,
      intermediate,
      linearMlp: false,
    }));
  }
  if (blocks.length < count) {
    throw config.fail(
      'block_configs',
      `${blocks.length} entries`,
      `one for each of the ${count} layers`,
      'give the real config.json',
    );
  }
  return firstLayers(count).map((layer) => {
    const block = config.item('block_configs', layer);
    const attention = block.objectOrEmpty('attention');
    const ffn = block.objectOrEmpty('ffn');
    const linearAttention = attention.flag('replace_with_linear', false);
    const linearMlp = ffn.flag('replace_with_linear', false);
    const group = attention.optionalSize('n_heads_in_group') ?? 1;
    const none = attention.flag('no_op', false) || linearAttention;
    return {
      kvHeads: none ? 0 : Math.max(1, Math.floor(heads / group)),
      linearAttention,
      intermediate: ffn.flag('no_op', false) || linearMlp ? 0 : widthOf(ffn.number(1, 'ffn_mult'), hidden),
      linearMlp,
    };
  });
}

/** Two thirds of the multiple, rounded up to 256, as in the models' own code. */
function widthOf(multiplier: number, hidden: number): number {
  return 256 * Math.max(1, Math.ceil(Math.floor((2 * multiplier * hidden) / 3) / 256));
}
