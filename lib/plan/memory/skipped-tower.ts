import { isSince } from '../../endpoint/version';
import { argumentOf, type Served } from '../../endpoint/vllm-argument';
import type { ModelDescription } from '../../model/types';
import { mediaLimits, type MediaLimits } from './media-limits';

/** Models that look whether anything may be shown to them: from 0.11 to 0.15. From 0.16 on every model does. Source: vllm/model_executor/models of 0.9.0, 0.11.0 to 0.14.0, `self.visual = None`, and 0.16.0, `_mark_tower_model`. */
const FIRST = /^(llava|mistral3|llama4|qwen2_vl|qwen2_5_vl|qwen2_5_omni|qwen3_vl(_moe)?|step3_vl)$/;

/** Models that no video is shown to, whatever its limit says. */
const IMAGES_ALONE = /^(gemma3|llama4|llava|llava_next|mistral3|pixtral|phi3_v|idefics3|aria)$/;

/** Does vLLM leave the tower out that sees, as no image and no video may be shown to it? */
export function skipsTower(
  endpoint: Served,
  { modelType, multimodal }: ModelDescription,
  { images, videos }: MediaLimits = mediaLimits(endpoint),
): boolean {
  const { container } = endpoint;
  const version = container?.engineVersion;
  if (!multimodal || container?.engine !== 'vllm' || !isSince(version, 0, 11)) return false;
  if (!isSince(version, 0, 16) && !FIRST.test(modelType)) return false;
  if (argumentOf(endpoint, 'LANGUAGE_MODEL_ONLY')?.value === 'true') return true;
  return images === 0 && (videos === 0 || IMAGES_ALONE.test(modelType));
}

/** Models whose tower vLLM can copy. Source: vllm/model_executor/models of 0.10.2 to 0.31.0, `supports_encoder_tp_data`. */
const COPIED =
  /^(dots_ocr|eagle_2_5_vl|glm4v(_moe)?|internvl(_chat)?|kimi_(vl|k25)|llama4|minicpmv|qwen2(_5)?_vl|qwen3_(5|vl)(_moe)?|step3_vl)$/;

/** Has each rank a copy of the tower that sees, to share the images among the ranks instead of the heads? */
export function copiesTower(endpoint: Served, { modelType, multimodal }: ModelDescription): boolean {
  if (!multimodal || endpoint.container?.engine !== 'vllm' || !COPIED.test(modelType)) return false;
  return argumentOf(endpoint, 'MM_ENCODER_TP_MODE')?.value === 'data';
}
