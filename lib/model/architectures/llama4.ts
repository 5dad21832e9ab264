import type { Architecture } from '../architecture';
import type { ConfigReader } from '../config';
import { withTypeDefaults } from '../defaults';
import { firstLayers } from '../layers';
import type { WeightList } from '../weights';
import { llama4Text } from './mixtures';

/** Llama 4 Scout and Maverick. */
export const llama4: Architecture = {
  names: ['Llama4ForConditionalGeneration'],
  modelTypes: ['llama4'],
  describe: (config) => {
    const section = config.object('text_config');
    const text = section === undefined ? config : withTypeDefaults(section);
    const draft = llama4Text.describe(text, {
      names: { body: 'language_model.model.', head: 'language_model.lm_head' },
      tied: config.optionalFlag('tie_word_embeddings') ?? text.optionalFlag('tie_word_embeddings'),
    });
    const vision = config.object('vision_config');
    if (vision !== undefined) tower(draft.weights, withTypeDefaults(vision), draft.hiddenSize);
    return { ...draft, multimodal: vision !== undefined, textConfig: text };
  },
};

function tower(weights: WeightList, config: ConfigReader, textWidth: number): void {
  const width = config.size('hidden_size');
  const patch = config.size('patch_size');
  const side = Math.max(1, Math.floor(config.size('image_size') / patch));
  const intermediate = config.size('intermediate_size');
  weights
    .root('vision_model.', 'vision')
    .parameter('class_embedding', [width])
    .parameter('positional_embedding_vlm', [side * side + 1, width])
    .linear('patch_embedding.linear', width, config.sizeOr(3, 'num_channels') * patch * patch, 'replicated')
    .norm('layernorm_pre', width, true)
    .norm('layernorm_post', width, true);
  const layer = weights.layers(
    'vision_model.model.layers.{layer}.',
    firstLayers(config.layers('num_hidden_layers')),
    'vision',
  );
  for (const name of ['q_proj', 'k_proj', 'v_proj']) layer.linear(`self_attn.${name}`, width, width, 'column', true);
  layer
    .linear('self_attn.o_proj', width, width, 'row', true)
    .linear('mlp.fc1', intermediate, width, 'column', true)
    .linear('mlp.fc2', width, intermediate, 'row', true)
    .norm('input_layernorm', width, true)
    .norm('post_attention_layernorm', width, true);
  const shuffled = intermediate;
  const inner = config.sizeOr(4096, 'projector_input_dim');
  const out = config.sizeOr(4096, 'projector_output_dim');
  weights
    .root('', 'projector')
    .linear('vision_model.vision_adapter.mlp.fc1', inner, shuffled, 'column')
    .linear('vision_model.vision_adapter.mlp.fc2', out, inner, 'row')
    .linear('multi_modal_projector.linear_1', textWidth, config.sizeOr(out, 'vision_output_dim'), 'replicated');
}
