import type { ModelDescription, WeightGroup } from '../../model/types';

/** What a vision encoder takes while the engine measures itself. */
export interface VisionRun {
  /** Bytes at the encoder's peak. */
  readonly peak: number;
  /** Bytes of what it leaves for the text model, which live on through that one's run. */
  readonly outputs: number;
}

/**
 * How an encoder rotates its queries and keys: one after the other; joined in a tensor of their own; or joined as they lie in the projection.
 */
export type VisionRotation = 'in turn' | 'joined' | 'in place';

export interface VisionRanks {
  readonly tensorParallel: number;
  readonly rotation: VisionRotation;
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
 */
export function visionRun(
  model: ModelDescription,
  stepTokens: number,
  ranks: VisionRanks,
  elementBytes: number,
): VisionRun {
  const config = visionConfig(model);
  const block = model.weights.filter(inVisionBlock);
  if (!model.multimodal || config === undefined || block.length === 0) return NONE;
  const anySize = ANY_SIZE.test(model.modelType);
  const attention = anySize ? ROTATED[ranks.rotation] : UNROTATED;
  const tokens = anySize ? Math.max(stepTokens, TOKENS_OF_LARGEST_IMAGE) : stepTokens;
  const patches = tokens * patchesPerToken(model, config);
  const levels = config.deepstack_visual_indexes;
  const copies = 1 + (Array.isArray(levels) ? levels.length : 0);
  return {
    peak: patches * (pixelsOf(config) + blockElements(block, attention, ranks.tensorParallel)) * elementBytes,
    outputs: tokens * model.hiddenSize * copies * elementBytes,
  };
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
 * its 16 bits; or with both joined, in float32 as they were and rotated, and in 16 bits; or these without any copies.
 */
const ROTATED: Readonly<Record<VisionRotation, number>> = {
  'in turn': 3 + 3 + 2 + 2 + 1,
  joined: 3 + 3 + 2 + 4 + 4 + 2,
  'in place': 3 + 4 + 4 + 2,
};

function blockElements(block: readonly WeightGroup[], attentionWidths: number, tensorParallel: number): number {
  const width = Math.min(...block.map(({ shape }) => shape[1]));
  const inner = Math.max(...block.map(({ shape }) => shape[1]));
  const up = block.filter(({ shape }) => shape[1] === width && shape[0] % inner === 0);
  const ranks = block.some(({ split }) => split === 'column') ? tensorParallel : 1;
  const products = up.reduce((sum, { shape }) => sum + shape[0], inner);
  return width + Math.max((attentionWidths * width) / ranks, width + products / ranks);
}

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

function pixelsOf(vision: Section): number {
  const patch = sizeOf(vision.patch_size) ?? 14;
  return 3 * patch * patch * (sizeOf(vision.temporal_patch_size) ?? 1);
}

function sizeOf(value: unknown): number | undefined {
  return typeof value === 'number' && value > 0 ? value : undefined;
}
