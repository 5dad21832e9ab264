import type { ModelDescription } from '../../model/types';
import type { MediaLimits } from './media-limits';
import { tokensOfLargestImage } from './vision-profile';
import type { ProfileRun, VllmVersion } from './vllm-profile';

/** What the prompts hold that an engine makes up to measure itself with. */
export interface DummyPrompts extends ProfileRun {
  /** Tokens of all images, which go through the encoder at once; and of all videos, which do so after them. */
  readonly imageTokens: number;
  readonly videoTokens: number;
}

/** Models of V0 whose images may have any size. */
const ANY_SIZE = /^qwen2(_5)?_vl$/;
/** Source: vllm/model_executor/models/qwen2_vl.py of 0.7.0 to 0.10.2, `_MAX_FRAMES_PER_VIDEO`. */
const MAX_FRAMES = 16;

/**
 * V0 measures itself with as many prompts as the largest images and videos leave room for, at least one. Where even one has more tokens than
 * a step, 0.7.0 to 0.8.2 take text alone; before and since, the step is as long as it must be, whatever the option says. A log of 0.8.2 prints
 * 0.32 GiB, those of the next versions two to five. Undefined for what is measured otherwise.
 *
 * Sources: vllm/worker/model_runner.py, `profile_run` and `_dummy_run`; vllm/multimodal/profiling.py, `get_decoder_dummy_data`, of 0.7.0,
 * 0.8.2 and 0.8.3; vllm/model_executor/models/qwen2_vl.py, `dummy_data_for_qwen2_vl` of 0.6.1 and `_get_dummy_mm_inputs` of 0.6.6.
 *
 * @param context tokens of the longest prompt
 */
export function dummyPrompts(
  model: ModelDescription,
  run: ProfileRun,
  context: number,
  limits: MediaLimits,
  version: VllmVersion,
): DummyPrompts | undefined {
  const { images = 1, videos = 1 } = limits;
  if (images + videos === 0) return { ...run, imageTokens: 0, videoTokens: 0 };
  if (version.isV1 || !model.multimodal || !ANY_SIZE.test(model.modelType)) return undefined;
  const item = tokensOfLargestImage(model, limits.pixels);
  const image = images * item;
  const video = (length: number) => videos * item * Math.ceil(framesOf((length - image) / item, videos) / 2);
  const makesVideos = version.since(0, 7);
  const worst = image + (makesVideos ? video(context) : videos * item);
  const sequences = Math.max(1, Math.min(run.sequences, Math.floor(run.tokens / worst)));
  const length = Math.floor(run.tokens / sequences);
  const own = { image, video: makesVideos ? video(length) : 0 };
  const total = own.image + own.video;
  if (total > length && makesVideos && !version.since(0, 8, 3))
    return { tokens: run.tokens, sequences, imageTokens: 0, videoTokens: 0 };
  return {
    tokens: sequences * Math.max(length, total),
    sequences,
    imageTokens: sequences * own.image,
    videoTokens: sequences * own.video,
  };
}

/** Frames of each video, two to a grid of an image's tokens, as many as fit beside the images. */
function framesOf(grids: number, videos: number): number {
  const all = 2 * Math.max(0, Math.floor(grids));
  return Math.max(1, Math.min(MAX_FRAMES, Math.floor(all / Math.max(1, videos))));
}
