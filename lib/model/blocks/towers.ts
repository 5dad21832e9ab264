import type { ConfigReader } from '../config';
import { firstLayers } from '../layers';
import type { WeightScope } from '../weights';
import type { WeightList } from '../weights';

/** What a projector needs to know of the tower before it. */
export interface Tower {
  /** Features that it gives for each patch. */
  readonly width: number;
}

/** Patches of a square image. */
function patches(config: ConfigReader): number {
  const side = Math.max(1, Math.floor(config.size('image_size') / config.size('patch_size')));
  return side * side;
}

/** The layer that CLIP and SigLIP share. */
function clipLayer(layer: WeightScope, width: number, intermediate: number): void {
  for (const name of ['q_proj', 'k_proj', 'v_proj']) layer.linear(`self_attn.${name}`, width, width, 'column', true);
  layer
    .linear('self_attn.out_proj', width, width, 'row', true)
    .norm('layer_norm1', width, true)
    .linear('mlp.fc1', intermediate, width, 'column', true)
    .linear('mlp.fc2', width, intermediate, 'row', true)
    .norm('layer_norm2', width, true);
}

/** CLIP's image tower (Radford et al., 2021). */
export function clipTower(weights: WeightList, config: ConfigReader, prefix: string): Tower {
  const width = config.size('hidden_size');
  const patch = config.size('patch_size');
  const intermediate = config.size('intermediate_size');
  weights
    .root(prefix, 'vision')
    .parameter('embeddings.class_embedding', [width])
    .conv('embeddings.patch_embedding', [width, config.sizeOr(3, 'num_channels'), patch, patch])
    .embedding('embeddings.position_embedding', patches(config) + 1, width, 'replicated')
    .norm('pre_layrnorm', width, true)
    .norm('post_layernorm', width, true);
  const layers = firstLayers(config.layers('num_hidden_layers'));
  clipLayer(weights.layers(`${prefix}encoder.layers.{layer}.`, layers, 'vision'), width, intermediate);
  return { width };
}

/** CLIP's layers over patches several frames deep, with rotary positions, which no weights say. */
export function rotaryClipTower(weights: WeightList, config: ConfigReader, prefix: string): Tower {
  const width = config.size('hidden_size');
  const patch = config.size('patch_size');
  const frames = config.objectOrEmpty('img_token_compression_config').sizeOr(2, 'temporal_patch_size');
  weights
    .root(prefix, 'vision')
    .conv('embeddings.patch_embedding', [width, config.sizeOr(3, 'num_channels'), frames, patch, patch])
    .norm('pre_layrnorm', width, true)
    .norm('post_layernorm', width, true);
  const layers = firstLayers(config.layers('num_hidden_layers'));
  const intermediate = config.size('intermediate_size');
  clipLayer(weights.layers(`${prefix}encoder.layers.{layer}.`, layers, 'vision'), width, intermediate);
  return { width };
}

/** SigLIP's image tower (Zhai et al., 2023), with its pooling head where the config keeps it. */
export function siglipTower(weights: WeightList, config: ConfigReader, prefix: string): Tower {
  const width = config.size('hidden_size');
  const patch = config.size('patch_size');
  const intermediate = config.size('intermediate_size');
  const root = weights.root(prefix, 'vision');
  root
    .conv('embeddings.patch_embedding', [width, config.sizeOr(3, 'num_channels'), patch, patch], 'replicated', true)
    .embedding('embeddings.position_embedding', patches(config), width, 'replicated')
    .norm('post_layernorm', width, true);
  const layers = firstLayers(config.layers('num_hidden_layers'));
  clipLayer(weights.layers(`${prefix}encoder.layers.{layer}.`, layers, 'vision'), width, intermediate);
  if (config.flag('vision_use_head', true)) {
    root
      .parameter('head.probe', [1, 1, width])
      .parameter('head.attention.in_proj_weight', [3 * width, width], 'replicated', 'linear')
      .parameter('head.attention.in_proj_bias', [3 * width], 'replicated', 'bias')
      .linear('head.attention.out_proj', width, width, 'replicated', true)
      .norm('head.layernorm', width, true)
      .linear('head.mlp.fc1', intermediate, width, 'replicated', true)
      .linear('head.mlp.fc2', width, intermediate, 'replicated', true);
  }
  return { width };
}

/** Pixtral's image tower: rotary positions, no biases. */
export function pixtralTower(weights: WeightList, config: ConfigReader, prefix: string): Tower {
  const width = config.size('hidden_size');
  const patch = config.size('patch_size');
  const intermediate = config.size('intermediate_size');
  weights
    .root(prefix, 'vision')
    .conv('patch_conv', [width, config.sizeOr(3, 'num_channels'), patch, patch])
    .norm('ln_pre', width);
  weights
    .layers(`${prefix}transformer.layers.{layer}.`, firstLayers(config.layers('num_hidden_layers')), 'vision')
    .norm('attention_norm', width)
    .linear('attention.q_proj', width, width, 'column')
    .linear('attention.k_proj', width, width, 'column')
    .linear('attention.v_proj', width, width, 'column')
    .linear('attention.o_proj', width, width, 'row')
    .norm('ffn_norm', width)
    .linear('feed_forward.gate_proj', intermediate, width, 'column')
    .linear('feed_forward.up_proj', intermediate, width, 'column')
    .linear('feed_forward.down_proj', width, intermediate, 'row');
  return { width };
}

/** InternViT (Chen et al., 2023), under the names of its own checkpoints. */
export function internTower(weights: WeightList, config: ConfigReader, prefix: string): Tower {
  const width = config.size('hidden_size');
  const patch = config.sizeOr(14, 'patch_size');
  const intermediate = config.size('intermediate_size');
  const rms = config.text('norm_type') === 'rms_norm' || config.flag('qk_normalization', false);
  weights
    .root(prefix, 'vision')
    .parameter('embeddings.class_embedding', [1, 1, width])
    .conv('embeddings.patch_embedding', [width, config.sizeOr(3, 'num_channels'), patch, patch], 'replicated', true)
    .parameter('embeddings.position_embedding', [1, patches(config) + 1, width]);
  const layer = weights.layers(
    `${prefix}encoder.layers.{layer}.`,
    firstLayers(config.layers('num_hidden_layers')),
    'vision',
  );
  layer
    .linear('attn.qkv', 3 * width, width, 'column', config.flag('qkv_bias', true))
    .linear('attn.proj', width, width, 'row', true)
    .norm('norm1', width, !rms)
    .norm('norm2', width, !rms)
    .linear('mlp.fc1', intermediate, width, 'column', true)
    .linear('mlp.fc2', width, intermediate, 'row', true)
    .parameter('ls1', [width])
    .parameter('ls2', [width]);
  if (config.flag('qk_normalization', false)) layer.norm('attn.q_norm', width).norm('attn.k_norm', width);
  return { width };
}

/**
 * The same tower under the names of transformers, where sizes of images and patches are pairs. Servers keep its attention whole.
 * Source: vllm/model_executor/models/interns1_vit.py, `InternSdpaAttention`.
 */
export function internHfTower(weights: WeightList, config: ConfigReader, prefix: string): Tower {
  const width = config.sizeOr(1024, 'hidden_size');
  const intermediate = config.sizeOr(4096, 'intermediate_size');
  const bias = config.flag('attention_bias', false);
  const patch = pairOf(config, 'patch_size', 14);
  const image = pairOf(config, 'image_size', 448);
  const tokens = Math.max(1, Math.floor(image[0] / patch[0])) * Math.max(1, Math.floor(image[1] / patch[1])) + 1;
  const rms = config.text('norm_type') === 'rms_norm';
  const root = weights.root(prefix, 'vision');
  root
    .parameter('embeddings.cls_token', [1, 1, width])
    .parameter('embeddings.position_embeddings', [1, tokens, width])
    .conv(
      'embeddings.patch_embeddings.projection',
      [width, config.sizeOr(3, 'num_channels'), ...patch],
      'replicated',
      true,
    );
  if (!config.flag('use_mean_pooling', true)) root.norm('layernorm', width, true);
  const layers = firstLayers(config.layersOr(24, 'num_hidden_layers'));
  const layer = weights.layers(`${prefix}encoder.layer.{layer}.`, layers, 'vision');
  layer
    .parameter('lambda_1', [width])
    .parameter('lambda_2', [width])
    .linear('attention.q_proj', width, width, 'replicated', bias)
    .linear('attention.k_proj', width, width, 'replicated', bias)
    .linear('attention.v_proj', width, width, 'replicated', bias)
    .linear('attention.projection_layer', width, width, 'replicated', true)
    .linear('mlp.fc1', intermediate, width, 'column', true)
    .linear('mlp.fc2', width, intermediate, 'row', true)
    .norm('layernorm_before', width, !rms)
    .norm('layernorm_after', width, !rms);
  if (config.flag('use_qk_norm', false)) layer.norm('attention.q_norm', width).norm('attention.k_norm', width);
  return { width };
}

function pairOf(config: ConfigReader, name: string, fallback: number): readonly [number, number] {
  if (!Array.isArray(config.get(name))) {
    const side = config.sizeOr(fallback, name);
    return [side, side];
  }
  const [height = fallback, width = height] = config.sizes(name) ?? [];
  return [height, width];
}

/** What its name says. */
const MOBILENET_V5 = 300_000_000;

/** What a tower that nobody described would take: a plain vision transformer of the config's sizes. */
export function estimatedTower(weights: WeightList, config: ConfigReader, prefix: string): Tower {
  if (config.text('model_type') === 'gemma3n_vision') {
    // MobileNetV5-300M: a convolutional network whose sizes are not in the config.
    weights.root(prefix, 'vision').parameter('encoder', [MOBILENET_V5]);
    return { width: config.sizeOr(2048, 'hidden_size') };
  }
  const width = config.sizeOr(1024, 'hidden_size', 'width', 'embed_dim', 'd_model');
  const layers = config.layersOr(
    24,
    'num_hidden_layers',
    'depth',
    'layers',
    'encoder_layers',
    'conf_num_hidden_layers',
  );
  const intermediate = config.sizeOr(4 * width, 'intermediate_size', 'encoder_ffn_dim');
  clipLayer(weights.layers(`${prefix}layers.{layer}.`, firstLayers(layers), 'vision'), width, intermediate);
  return { width };
}

/** The tower that the config's `model_type` names. */
export function towerByType(weights: WeightList, config: ConfigReader, prefix: string): Tower {
  switch (config.text('model_type')) {
    case 'siglip_vision_model':
      return siglipTower(weights, config, `${prefix}vision_model.`);
    case 'pixtral':
      return pixtralTower(weights, config, prefix);
    default:
      return clipTower(weights, config, `${prefix}vision_model.`);
  }
}
