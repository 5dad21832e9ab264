import type { ModelDescription, WeightGroup } from '../../model/types';

/** What a vision encoder takes while the engine measures itself. */
export interface VisionRun {
  /** Bytes at the encoder's peak. */
  readonly peak: number;
  /** Bytes of what it leaves for the text model, which live on through that one's run. */
  readonly outputs: number;
}

/**
 * How an encoder rotates its queries and keys: one after the other, by a kernel or by PyTorch's operations; joined in a tensor of their own; or
 * joined as they lie in the projection.
 */
export type VisionRotation = 'in turn' | 'by operations' | 'joined' | 'in place';

export interface VisionRanks {
  readonly tensorParallel: number;
  readonly rotation: VisionRotation;
  /** Do ranks give each other the whole projection before each takes its heads? */
  readonly gathers?: boolean;
}

/** What V0 made up: images that go through the encoder at once, and videos that do so after them. */
export interface VisionInputs {
  readonly imageTokens: number;
  readonly videoTokens: number;
  /** Bytes of each value of a pixel, as it lies on the device. */
  readonly pixelBytes: number;
}

const NONE: VisionRun = { peak: 0, outputs: 0 };

/** The most tokens that one image makes, where the processor allows images of any size. Source: `max_pixels` / `longest_edge` of their preprocessor_config.json. */
const TOKENS_OF_LARGEST_IMAGE = 16_384;
const ANY_SIZE = /^qwen(2|2_5|3|3_5)_?(vl|moe)?/;

/**
 * The profiling run puts as many images through the encoder as a step may have tokens, at least one of the largest: all their patches
 * through each block at once.
 *
 * At a block's peak there are, for each patch, the residual and either its norm with the feed-forward's intermediate products, or what
 * attention makes of it. The pixels stay until the end. Each rank has its part of what lies between the projections.
 * Sources: vllm/v1/worker/gpu_model_runner.py, `profile_run`; vllm/v1/core/encoder_cache_manager.py, `compute_mm_encoder_budget`;
 * vllm/model_executor/models/qwen2_5_vl.py, `Qwen2_5_VisionAttention`, of 0.9.0, 0.11.0 and 0.11.2.
 *
 * @param room tokens for whose embeddings room is kept, where it is more than there are
 */
export function visionRun(
  model: ModelDescription,
  stepTokens: number,
  ranks: VisionRanks,
  elementBytes: number,
  largest?: number,
  room = 0,
): VisionRun {
  const encoder = encoderOf(model, ranks);
  if (encoder === undefined) return NONE;
  const { config, anySize, patches, pixels, elements } = encoder;
  const tokens = anySize ? Math.max(stepTokens, tokensOfLargestImage(model, largest)) : stepTokens;
  const levels = config.deepstack_visual_indexes;
  const copies = 1 + (Array.isArray(levels) ? levels.length : 0);
  return {
    peak: tokens * patches * (pixels + elements) * elementBytes,
    outputs: Math.max(tokens, room) * model.hiddenSize * copies * elementBytes,
  };
}

/**
 * V0 runs encoder and text model in one: the text model's run finds, of all images and videos, the pixels and what was joined of them; the
 * encoder also the embedded prompt, and first images, then videos.
 * Sources: vllm/model_executor/models/qwen2_5_vl.py of 0.8.3, `_validate_and_reshape_mm_tensor`, `get_input_embeddings_v0` and `forward`;
 * vllm/multimodal/inputs.py, `as_kwargs`, of 0.8.3 (pixels of 32 bits) and 0.9.0 (of the model's).
 */
export function visionInOneRun(
  model: ModelDescription,
  inputs: VisionInputs,
  ranks: VisionRanks,
  elementBytes: number,
): VisionRun {
  const encoder = encoderOf(model, ranks);
  if (encoder === undefined) return NONE;
  const { patches, pixels, elements } = encoder;
  const { imageTokens, videoTokens, pixelBytes } = inputs;
  const embedding = model.hiddenSize * elementBytes;
  const outputs = (imageTokens + videoTokens) * patches * pixels * 2 * pixelBytes;
  // Pixels of more bits are copied once more, as the encoder takes them.
  const copied = pixelBytes > elementBytes ? pixels : 0;
  const run = (tokens: number) => tokens * patches * (copied + elements) * elementBytes;
  const videos = imageTokens * embedding + run(videoTokens);
  return { peak: outputs + (imageTokens + videoTokens) * embedding + Math.max(run(imageTokens), videos), outputs };
}

/** An encoder, and what one patch of it takes. */
interface Encoder {
  readonly config: Section;
  /** Does it take images of any size? */
  readonly anySize: boolean;
  /** Patches of a token. */
  readonly patches: number;
  /** Values of a patch's pixels, and of what a block makes of them. */
  readonly pixels: number;
  readonly elements: number;
}

function encoderOf(model: ModelDescription, ranks: VisionRanks): Encoder | undefined {
  const config = visionConfig(model);
  const block = model.weights.filter(inVisionBlock);
  if (!model.multimodal || config === undefined || block.length === 0) return undefined;
  const anySize = ANY_SIZE.test(model.modelType);
  return {
    config,
    anySize,
    patches: patchesPerToken(model, config),
    pixels: pixelsOf(config, anySize),
    elements: blockElements(block, anySize ? ROTATED[ranks.rotation] : UNROTATED, ranks),
  };
}

/**
 * Tokens of the largest image that a processor makes, a square of whole tokens.
 * Source: transformers, `smart_resize` of image_processing_qwen2_vl.py.
 *
 * @param pixels those that an image may have; undefined: as many as the processor's own setting says
 */
export function tokensOfLargestImage(model: ModelDescription, pixels?: number): number {
  const config = visionConfig(model);
  if (pixels === undefined || config === undefined) return TOKENS_OF_LARGEST_IMAGE;
  const patch = sizeOf(config.patch_size) ?? 14;
  return Math.max(1, Math.floor(Math.sqrt(pixels / patchesPerToken(model, config)) / patch)) ** 2;
}

type Section = Readonly<Record<string, unknown>>;

function visionConfig({ config }: ModelDescription): Section | undefined {
  const section = config.vision_config;
  return typeof section === 'object' && section !== null ? (section as Section) : undefined;
}

const inVisionBlock = ({ place, role, shape, layers }: WeightGroup): boolean =>
  place === 'vision' && role === 'linear' && shape.length === 2 && layers.length > 0;

/** Widths that attention holds beside the residual: the projection's queries, keys and values, and the output. */
const UNROTATED = 4;

/**
 * Where positions rotate: the projection (3) and its contiguous copies (3), with one of queries or keys in float32 as it was and rotated, and
 * its 16 bits; or, beside the norm, in float32 as it was, times the cosine, with its halves exchanged, and that times the sine; or with both
 * joined, in float32 as they were and rotated, and in 16 bits; or these without any copies.
 */
const ROTATED: Readonly<Record<VisionRotation, number>> = {
  'in turn': 3 + 3 + 2 + 2 + 1,
  'by operations': 1 + 3 + 3 + 2 + 2 + 2 + 2,
  joined: 3 + 3 + 2 + 4 + 4 + 2,
  'in place': 3 + 4 + 4 + 2,
};

function blockElements(block: readonly WeightGroup[], attentionWidths: number, split: VisionRanks): number {
  const width = Math.min(...block.map(({ shape }) => shape[1]));
  const inner = Math.max(...block.map(({ shape }) => shape[1]));
  const up = block.filter(({ shape }) => shape[1] === width && shape[0] % inner === 0);
  const ranks = block.some((group) => group.split === 'column') ? split.tensorParallel : 1;
  const products = up.reduce((sum, { shape }) => sum + shape[0], inner);
  const gathered = split.gathers === true && ranks > 1 ? GATHERED + PROJECTION / ranks : 0;
  return width + Math.max((attentionWidths * width) / ranks, gathered * width, width + products / ranks);
}

/** Widths of a projection; of the norm, the projection as all ranks gave it, and as it is put in order. */
const PROJECTION = 3;
const GATHERED = 1 + PROJECTION + PROJECTION;

function patchesPerToken({ config }: ModelDescription, vision: Section): number {
  const image = sizeOf(vision.image_size);
  const patch = sizeOf(vision.patch_size);
  const imageTokens = sizeOf(config.mm_tokens_per_image);
  if (imageTokens !== undefined && image !== undefined && patch !== undefined)
    return (image / patch) ** 2 / imageTokens;
  const merged =
    sizeOf(vision.spatial_merge_size) ?? sizeOf(config.spatial_merge_size) ?? sizeOf(vision.pooling_kernel_size);
  if (merged !== undefined) return merged ** 2;
  return /^(clip|siglip)_vision_model$/.test(String(vision.model_type)) ? 1 : MERGED_PATCHES;
}

/** Two by two, as most encoders do. */
const MERGED_PATCHES = 4;

/** Where a config says no frames: transformers, `Qwen2VLVisionConfig` and `Qwen2_5_VLVisionConfig`, `temporal_patch_size`. */
function pixelsOf(vision: Section, anySize: boolean): number {
  const patch = sizeOf(vision.patch_size) ?? 14;
  return 3 * patch * patch * (sizeOf(vision.temporal_patch_size) ?? (anySize ? 2 : 1));
}

function sizeOf(value: unknown): number | undefined {
  return typeof value === 'number' && value > 0 ? value : undefined;
}
