import type { Architecture } from '../architecture';
import { separateAttention } from '../blocks/attention';
import { figuresOf } from '../blocks/decoder';
import { readGeometry } from '../blocks/geometry';
import { gatedMlp } from '../blocks/mlp';
import type { ConfigReader } from '../config';
import { withTypeDefaults } from '../defaults';
import { crossKv, fullKv } from '../kv';
import { firstLayers } from '../layers';
import { WeightList } from '../weights';

/** Llama 3.2 Vision: every fifth layer looks at the image instead of the text. */
export const mllama: Architecture = {
  names: ['MllamaForConditionalGeneration', 'MllamaForCausalLM'],
  modelTypes: ['mllama', 'mllama_text_model'],
  describe: (config) => {
    const section = config.object('text_config');
    const text = section === undefined ? config : withTypeDefaults(section);
    const g = readGeometry(text);
    const crossLayers = new Set(text.sizes('cross_attention_layers', 0) ?? []);
    const all = firstLayers(g.layers);
    const cross = all.filter((layer) => crossLayers.has(layer));
    const own = all.filter((layer) => !crossLayers.has(layer));
    const weights = new WeightList();
    const prefix = 'language_model.model.layers.{layer}.';
    const layer = weights.layers(prefix, all);
    // Eight more rows for the image's own tokens.
    const body = weights.root('language_model.model.').embedding('embed_tokens', g.vocab + 8, g.hidden);
    layer.norm('input_layernorm', g.hidden).norm('post_attention_layernorm', g.hidden);
    separateAttention(weights.layers(`${prefix}self_attn.`, own), g);
    separateAttention(weights.layers(`${prefix}cross_attn.`, cross), g, { qkNorm: 'head' });
    weights.layers(prefix, cross).parameter('cross_attn_attn_gate', [1]).parameter('cross_attn_mlp_gate', [1]);
    gatedMlp(layer.under('mlp.'), g.hidden, g.intermediate);
    body.norm('norm', g.hidden);
    const tie = text.flag('tie_word_embeddings', false);
    if (!tie) weights.root('').head('language_model.lm_head', g.vocab, g.hidden);
    const kv = [fullKv(own.length, g.kvHeads, g.headDim), crossKv(cross.length, g.kvHeads, g.headDim)];
    const vision = config.object('vision_config');
    if (vision !== undefined) tower(weights, withTypeDefaults(vision), g.hidden);
    return {
      ...figuresOf(g),
      multimodal: vision !== undefined,
      tieWordEmbeddings: tie,
      kv: kv.filter((group) => group.layers > 0),
      weights,
      textConfig: text,
    };
  },
};

/** Tiles of an image, first each by itself, then together, with gates that open as training goes on. */
function tower(weights: WeightList, config: ConfigReader, textWidth: number): void {
  const width = config.size('hidden_size');
  const patch = config.size('patch_size');
  const side = Math.max(1, Math.floor(config.size('image_size') / patch));
  const tokens = side * side + 1;
  const tiles = config.sizeOr(4, 'max_num_tiles');
  const ratios = (config.list('supported_aspect_ratios')?.length ?? 8) + 1;
  const intermediate = config.size('intermediate_size');
  weights
    .root('vision_model.', 'vision')
    .parameter('class_embedding', [width])
    .conv('patch_embedding', [width, config.sizeOr(3, 'num_channels'), patch, patch])
    .parameter('gated_positional_embedding.gate', [1])
    .parameter('gated_positional_embedding.embedding', [tokens, width])
    .embedding('gated_positional_embedding.tile_embedding', ratios, tiles * tokens * width, 'replicated')
    .parameter('pre_tile_positional_embedding.gate', [1])
    .embedding('pre_tile_positional_embedding.embedding', ratios, tiles * width, 'replicated')
    .parameter('post_tile_positional_embedding.gate', [1])
    .embedding('post_tile_positional_embedding.embedding', ratios, tiles * width, 'replicated')
    .norm('layernorm_pre', width, true)
    .norm('layernorm_post', width, true);
  const stacks = [
    ['transformer', config.layers('num_hidden_layers')],
    ['global_transformer', config.layersOr(8, 'num_global_layers')],
  ] as const;
  for (const [name, layers] of stacks) {
    const layer = weights.layers(`vision_model.${name}.layers.{layer}.`, firstLayers(layers), 'vision');
    for (const projection of ['q_proj', 'k_proj', 'v_proj'])
      layer.linear(`self_attn.${projection}`, width, width, 'column');
    layer
      .linear('self_attn.o_proj', width, width, 'row')
      .linear('mlp.fc1', intermediate, width, 'column', true)
      .linear('mlp.fc2', width, intermediate, 'row', true)
      .norm('input_layernorm', width, true)
      .norm('post_attention_layernorm', width, true);
    if (name === 'global_transformer') layer.parameter('gate_attn', [1]).parameter('gate_ffn', [1]);
  }
  const features = width * ((config.sizes('intermediate_layers_indices', 0)?.length ?? 5) + 1);
  weights
    .root('', 'projector')
    .linear('multi_modal_projector', textWidth, config.sizeOr(features, 'vision_output_dim'), 'replicated', true);
}
