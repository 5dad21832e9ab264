import type { ConfigReader } from '../config';
import { firstLayers } from '../layers';
import type { WeightList } from '../weights';

interface PatchSizes {
  readonly kernel: readonly number[];
  readonly merged: number;
}

function patchSizes(config: ConfigReader, width: number): PatchSizes {
  const patch = config.sizeOr(14, 'patch_size');
  const channels = config.sizeOr(3, 'in_channels', 'in_chans');
  const merge = config.sizeOr(2, 'spatial_merge_size');
  return {
    kernel: [width, channels, config.sizeOr(2, 'temporal_patch_size'), patch, patch],
    merged: width * merge * merge,
  };
}

/** Qwen2-VL. Here `hidden_size` is the text model's width, and `embed_dim` the tower's. */
export function qwen2VisionTower(weights: WeightList, config: ConfigReader, prefix: string, textWidth: number): void {
  const width = config.sizeOr(1280, 'embed_dim');
  const intermediate = width * config.sizeOr(4, 'mlp_ratio');
  const { kernel, merged } = patchSizes(config, width);
  weights.root(prefix, 'vision').conv('patch_embed.proj', kernel);
  weights
    .layers(`${prefix}blocks.{layer}.`, firstLayers(config.layersOr(32, 'depth')), 'vision')
    .norm('norm1', width, true)
    .norm('norm2', width, true)
    .linear('attn.qkv', 3 * width, width, 'column', true)
    .linear('attn.proj', width, width, 'row', true)
    .linear('mlp.fc1', intermediate, width, 'column', true)
    .linear('mlp.fc2', width, intermediate, 'row', true);
  weights
    .root(`${prefix}merger.`, 'projector')
    .norm('ln_q', width, true)
    .linear('mlp.0', merged, merged, 'column', true)
    .linear('mlp.2', config.sizeOr(textWidth, 'hidden_size'), merged, 'row', true);
}

/** Qwen2.5-VL: RMS norms and a gated feed-forward. */
export function qwen25VisionTower(weights: WeightList, config: ConfigReader, prefix: string, textWidth: number): void {
  const width = config.sizeOr(1280, 'hidden_size');
  const intermediate = config.sizeOr(3420, 'intermediate_size');
  const { kernel, merged } = patchSizes(config, width);
  weights.root(prefix, 'vision').conv('patch_embed.proj', kernel);
  weights
    .layers(`${prefix}blocks.{layer}.`, firstLayers(config.layersOr(32, 'depth')), 'vision')
    .norm('norm1', width)
    .norm('norm2', width)
    .linear('attn.qkv', 3 * width, width, 'column', true)
    .linear('attn.proj', width, width, 'row', true)
    .linear('mlp.gate_proj', intermediate, width, 'column', true)
    .linear('mlp.up_proj', intermediate, width, 'column', true)
    .linear('mlp.down_proj', width, intermediate, 'row', true);
  weights
    .root(`${prefix}merger.`, 'projector')
    .norm('ln_q', width)
    .linear('mlp.0', merged, merged, 'column', true)
    .linear('mlp.2', config.sizeOr(textWidth, 'out_hidden_size'), merged, 'row', true);
}

/** Qwen3-VL and Qwen3.5: learned positions, and mergers at several depths ("deepstack"). */
export function qwen3VisionTower(weights: WeightList, config: ConfigReader, prefix: string, textWidth: number): void {
  const width = config.sizeOr(1152, 'hidden_size');
  const intermediate = config.sizeOr(4304, 'intermediate_size');
  const out = config.sizeOr(textWidth, 'out_hidden_size');
  const { kernel, merged } = patchSizes(config, width);
  weights
    .root(prefix, 'vision')
    .conv('patch_embed.proj', kernel, 'replicated', true)
    .embedding('pos_embed', config.sizeOr(2304, 'num_position_embeddings'), width, 'replicated');
  weights
    .layers(`${prefix}blocks.{layer}.`, firstLayers(config.layersOr(27, 'depth')), 'vision')
    .norm('norm1', width, true)
    .norm('norm2', width, true)
    .linear('attn.qkv', 3 * width, width, 'column', true)
    .linear('attn.proj', width, width, 'row', true)
    .linear('mlp.linear_fc1', intermediate, width, 'column', true)
    .linear('mlp.linear_fc2', width, intermediate, 'row', true);
  weights
    .root(`${prefix}merger.`, 'projector')
    .norm('norm', width, true)
    .linear('linear_fc1', merged, merged, 'column', true)
    .linear('linear_fc2', out, merged, 'row', true);
  const deep = config.sizes('deepstack_visual_indexes', 0)?.length ?? 0;
  weights
    .layers(`${prefix}deepstack_merger_list.{layer}.`, firstLayers(deep), 'projector')
    .norm('norm', merged, true)
    .linear('linear_fc1', merged, merged, 'column', true)
    .linear('linear_fc2', out, merged, 'row', true);
}
