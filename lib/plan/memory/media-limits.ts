import { argumentOf, type Served } from '../../endpoint/vllm-argument';
import { isJsonObject, parseQuotedJsonObject } from '../../text/json';

/** What a prompt may hold beside text, where somebody set it. */
export interface MediaLimits {
  readonly images?: number;
  readonly videos?: number;
  /** Pixels of the largest image, or frame of a video. */
  readonly pixels?: number;
}

/**
 * `limit_mm_per_prompt`, as JSON or as `image=1,video=0`, and `max_pixels` or `size.longest_edge` of `mm_processor_kwargs`.
 * Sources: vllm/engine/arg_utils.py of 0.7.3 and 0.9.0; vllm/model_executor/models/qwen2_vl.py, `get_image_processor`.
 */
export function mediaLimits(endpoint: Served): MediaLimits {
  const limits = argumentOf(endpoint, 'LIMIT_MM_PER_PROMPT')?.value;
  const processor = argumentOf(endpoint, 'MM_PROCESSOR_KWARGS')?.value;
  const size = processor === undefined ? undefined : parseQuotedJsonObject(processor);
  const pixels = size?.max_pixels ?? (isJsonObject(size?.size) ? size.size.longest_edge : undefined);
  return {
    images: countOf(limits, 'image'),
    videos: countOf(limits, 'video'),
    pixels: typeof pixels === 'number' && pixels > 0 ? pixels : undefined,
  };
}

function countOf(limits: string | undefined, kind: string): number | undefined {
  if (limits === undefined) return undefined;
  const json = parseQuotedJsonObject(limits);
  const count = json === undefined ? new RegExp(`\\b${kind}\\s*=\\s*(\\d+)`).exec(limits)?.[1] : json[kind];
  const number = typeof count === 'string' ? Number(count) : count;
  return typeof number === 'number' && number >= 0 ? number : undefined;
}
