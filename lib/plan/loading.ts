import type { ResolvedEndpoint } from '../endpoint/types';
import { atLeast } from '../endpoint/version';
import { servedScheme } from './online';
import { subjectOf } from './subject';
import { loadedBytes } from './weights/loaded';

/**
 * Bytes of full-precision weights that one accelerator must hold before they are quantized. Until 0.14 vLLM allocates the whole model in
 * its own dtype before it makes FP8 of it, and SGLang in every version does; bitsandbytes quantizes tensor by tensor.
 * Source: vllm/model_executor/layers/quantization/fp8.py of 0.10.2, 0.12.0 and 0.14.0, `create_weights`; sglang/srt/layers/quantization/fp8.py
 * of 0.4.0 and 0.5.20, the same.
 *
 * @returns `undefined` where the weights are loaded as they are served, or nothing is known
 */
export function bytesBeforeQuantizing(resolved: ResolvedEndpoint): number | undefined {
  const { model, container, scheme } = resolved;
  const version = container?.engineVersion;
  if (model === undefined || version === undefined) return undefined;
  if (container?.engine === 'vllm' && atLeast(version, [0, 15])) return undefined;
  if (scheme.layout !== 'plain' || servedScheme(resolved).weightType !== 'fp8') return undefined;
  return loadedBytes(model, scheme, subjectOf(resolved, model).loader) ?? undefined;
}
