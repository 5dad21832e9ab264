import type { ConfigReader } from '../config';
import { firstLayers } from '../layers';
import type { WeightList } from '../weights';
import type { Tower } from './towers';

/** GLM-4.1V and 4.5V: patches of two frames, gated blocks, a merger as wide as the text model. */
export function glm4vTower(weights: WeightList, config: ConfigReader, prefix: string, textWidth: number): void {
  const width = config.sizeOr(1536, 'hidden_size');
  const out = config.sizeOr(textWidth, 'out_hidden_size');
  const patch = config.sizeOr(14, 'patch_size');
  const side = Math.max(1, Math.floor(config.sizeOr(336, 'image_size') / patch));
  const merge = config.sizeOr(2, 'spatial_merge_size');
  const intermediate = config.sizeOr(13696, 'intermediate_size');
  const bias = config.flag('attention_bias', false);
  weights
    .root(prefix, 'vision')
    .embedding('embeddings.position_embedding', side * side, width, 'replicated')
    .conv(
      'patch_embed.proj',
      [width, config.sizeOr(3, 'in_channels'), config.sizeOr(2, 'temporal_patch_size'), patch, patch],
      'replicated',
      true,
    )
    .norm('post_conv_layernorm', width)
    .norm('post_layernorm', width)
    .conv('downsample', [out, width, merge, merge], 'replicated', true);
  weights
    .layers(`${prefix}blocks.{layer}.`, firstLayers(config.layersOr(24, 'depth')), 'vision')
    .norm('norm1', width)
    .norm('norm2', width)
    .linear('attn.qkv', 3 * width, width, 'column', bias)
    .linear('attn.proj', width, width, 'row')
    .linear('mlp.gate_proj', out, width, 'column')
    .linear('mlp.up_proj', out, width, 'column')
    .linear('mlp.down_proj', width, out, 'row');
  weights
    .root(`${prefix}merger.`, 'projector')
    .linear('proj', out, out, 'replicated')
    .norm('post_projection_norm', out, true)
    .linear('gate_proj', intermediate, out, 'column')
    .linear('up_proj', intermediate, out, 'column')
    .linear('down_proj', out, intermediate, 'row');
}

/** Whisper's encoder: two convolutions over mel bins, keys without a bias; positions that are computed are not stored. */
export function whisperEncoder(
  weights: WeightList,
  config: ConfigReader,
  prefix: string,
  { storesPositions = true }: { readonly storesPositions?: boolean } = {},
): Tower {
  const width = config.sizeOr(1280, 'd_model', 'hidden_size');
  const intermediate = config.sizeOr(5120, 'encoder_ffn_dim', 'intermediate_size');
  const root = weights
    .root(prefix, 'audio')
    .conv('conv1', [width, config.sizeOr(128, 'num_mel_bins'), 3], 'replicated', true)
    .conv('conv2', [width, width, 3], 'replicated', true)
    .norm('layer_norm', width, true);
  if (storesPositions)
    root.embedding('embed_positions', config.sizeOr(1500, 'max_source_positions'), width, 'replicated');
  weights
    .layers(
      `${prefix}layers.{layer}.`,
      firstLayers(config.layersOr(32, 'encoder_layers', 'num_hidden_layers')),
      'audio',
    )
    .linear('self_attn.q_proj', width, width, 'column', true)
    .linear('self_attn.k_proj', width, width, 'column')
    .linear('self_attn.v_proj', width, width, 'column', true)
    .linear('self_attn.out_proj', width, width, 'row', true)
    .norm('self_attn_layer_norm', width, true)
    .linear('fc1', intermediate, width, 'column', true)
    .linear('fc2', width, intermediate, 'row', true)
    .norm('final_layer_norm', width, true);
  return { width };
}
