import { atLeast } from '../endpoint/version';
import type { ModelDescription } from '../model/types';
import type { Scheme } from '../scheme/types';
import type { KvLayout } from './kv/groups';

/** Newer than everything, where no version is known. */
function since(version: readonly number[] | undefined, ...least: number[]): boolean {
  return version === undefined || atLeast(version, least);
}

/**
 * Does vLLM cache the latent of multi-head latent attention? Before 0.7.1 it expands it to a key and a value for each head and caches
 * those; 0.7.1 and 0.7.2 still do for weights that are quantized otherwise than in FP8. Source: vllm/config.py, `use_mla`, of each version.
 */
export function cachesLatent(scheme: Scheme, version: readonly number[] | undefined): boolean {
  if (since(version, 0, 7, 3)) return true;
  return since(version, 0, 7, 1) && (scheme.weightType === 'float' || isFp8(scheme));
}

/** 8-bit floats times 8-bit floats. */
export function isFp8(scheme: Scheme): boolean {
  return scheme.weightType === 'fp8' && scheme.activationBits === 8;
}

/**
 * How a version of vLLM lays out the cache of a model with latent attention; nothing for other models.
 *
 * Expanded heads are as wide as a key, in 0.6 and before padded to 256, which its kernels need; values are padded to the same. 0.7.3
 * aligns each latent to 256 bytes. Sources: vllm/config.py, `get_head_size`, of 0.6.6 and 0.7.0; vllm/worker/cache_engine.py of 0.7.3,
 * `align_to_256bytes`.
 */
export function latentLayout(
  model: ModelDescription,
  scheme: Scheme,
  version: readonly number[] | undefined,
  elementBytes: number,
): Pick<KvLayout, 'latentHeadSize' | 'latentMultiple'> {
  const { mla, textConfig } = model;
  if (mla === undefined) return {};
  if (!cachesLatent(scheme, version)) {
    const nope = textConfig.qk_nope_head_dim;
    if (typeof nope !== 'number') return {};
    return { latentHeadSize: since(version, 0, 7) ? nope + mla.ropeHeadDim : PADDED_HEAD };
  }
  return since(version, 0, 7, 3) && !since(version, 0, 8) ? { latentMultiple: ALIGNMENT_BYTES / elementBytes } : {};
}

const PADDED_HEAD = 256;
const ALIGNMENT_BYTES = 256;
