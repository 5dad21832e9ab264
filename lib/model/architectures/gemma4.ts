import type { Architecture } from '../architecture';
import { estimatedTower } from '../blocks/towers';
import type { ConfigReader } from '../config';
import { withTypeDefaults } from '../defaults';
import { firstLayers } from '../layers';
import type { WeightList } from '../weights';
import { gemma4Text } from './gemma-text';

/** Gemma 4 with its image tower, and with its audio tower where the config has one. */
export const gemma4: Architecture = {
  names: ['Gemma4ForConditionalGeneration'],
  modelTypes: ['gemma4'],
  describe: (config) => {
    const section = config.object('text_config');
    const text = section === undefined ? config : withTypeDefaults(section);
    const draft = gemma4Text.describe(text, {
      names: { body: 'model.language_model.', head: 'lm_head' },
      tied: config.optionalFlag('tie_word_embeddings') ?? text.optionalFlag('tie_word_embeddings'),
    });
    const vision = config.object('vision_config');
    if (vision !== undefined) tower(draft.weights, vision, draft.hiddenSize);
    const audio = config.object('audio_config');
    const notes = [...(draft.notes ?? [])];
    if (audio !== undefined) {
      estimatedTower(draft.weights, audio, 'model.audio_tower.');
      notes.push('The weights of the audio tower are estimated from the config’s sizes.');
    }
    return { ...draft, multimodal: true, textConfig: text, notes };
  },
};

function tower(weights: WeightList, config: ConfigReader, textWidth: number): void {
  const width = config.size('hidden_size');
  const heads = config.size('num_attention_heads');
  const headDim = config.sizeOr(Math.max(1, Math.floor(width / heads)), 'head_dim');
  const kvHeads = config.sizeOr(heads, 'num_key_value_heads');
  const intermediate = config.size('intermediate_size');
  const patch = config.sizeOr(16, 'patch_size');
  weights
    .root('model.vision_tower.', 'vision')
    .parameter('patch_embedder.position_embedding_table', [2, config.sizeOr(10240, 'position_embedding_size'), width])
    .linear('patch_embedder.input_proj', width, 3 * patch * patch, 'replicated');
  const layer = weights.layers(
    'model.vision_tower.encoder.layers.{layer}.',
    firstLayers(config.layers('num_hidden_layers')),
    'vision',
  );
  layer
    .linear('self_attn.q_proj.linear', heads * headDim, width, 'column')
    .linear('self_attn.k_proj.linear', kvHeads * headDim, width, 'column')
    .linear('self_attn.v_proj.linear', kvHeads * headDim, width, 'column')
    .linear('self_attn.o_proj.linear', width, heads * headDim, 'row')
    .norm('self_attn.q_norm', headDim)
    .norm('self_attn.k_norm', headDim)
    .linear('mlp.gate_proj.linear', intermediate, width, 'column')
    .linear('mlp.up_proj.linear', intermediate, width, 'column')
    .linear('mlp.down_proj.linear', width, intermediate, 'row');
  for (const norm of [
    'input_layernorm',
    'post_attention_layernorm',
    'pre_feedforward_layernorm',
    'post_feedforward_layernorm',
  ]) {
    layer.norm(norm, width);
  }
  weights.root('model.embed_vision.', 'projector').linear('embedding_projection', textWidth, width, 'replicated');
}
