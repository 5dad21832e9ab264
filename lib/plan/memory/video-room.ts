import type { ModelDescription } from '../../model/types';
import type { MediaLimits } from './media-limits';
import type { VllmVersion } from './vllm-profile';

const QWEN3_VL = /^qwen3_vl(_moe)?$/;
/** `longest_edge` of its video_preprocessor_config.json, 25,165,824, over two frames of 32 × 32 pixels for each token. */
const TOKENS_OF_LARGEST_VIDEO = 12_288;
/** What a token of a video is counted as, with the time that is written before it. */
const TOKENS_WITH_TIME = 12.5;

/**
 * Tokens of which 0.11 and 0.12 keep room for the embeddings of Qwen3-VL's longest video while the text model is measured: it makes so many
 * prompt tokens, most of which are text. Beside it live the embeddings themselves, which are copied into it. "Encoder cache will be initialized with a budget of 153600 tokens, and profiled with 1 video items."
 * Sources: vllm/model_executor/models/qwen3_vl.py of 0.11.0 and 0.11.2, `get_max_video_tokens`; vllm/v1/worker/gpu_model_runner.py of 0.11.0,
 * 0.12.0 and 0.13.0, `profile_run`.
 */
export function videoRoom(
  model: ModelDescription,
  context: number,
  { videos = 1 }: MediaLimits,
  version: VllmVersion,
): number | undefined {
  if (!QWEN3_VL.test(model.modelType) || videos === 0 || !version.since(0, 11) || version.since(0, 13))
    return undefined;
  const video = Math.min(context, TOKENS_OF_LARGEST_VIDEO);
  return Math.floor(TOKENS_WITH_TIME * video) + video;
}
