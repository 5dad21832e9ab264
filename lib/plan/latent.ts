import { isSince } from '../endpoint/version';
import type { ModelDescription, WeightGroup } from '../model/types';
import type { Scheme } from '../scheme/types';
import type { KvLayout } from './kv/groups';

/**
 * Does vLLM cache the latent of multi-head latent attention? Before 0.7.1 it expands it to a key and a value for each head and caches
 * those; 0.7.1 and 0.7.2 still do for weights that are quantized otherwise than in FP8. Source: vllm/config.py, `use_mla`, of each version.
 */
export function cachesLatent(scheme: Scheme, version: readonly number[] | undefined): boolean {
  if (isSince(version, 0, 7, 3)) return true;
  return isSince(version, 0, 7, 1) && (scheme.weightType === 'float' || isFp8(scheme));
}

/** 8-bit floats times 8-bit floats. */
export function isFp8(scheme: Scheme): boolean {
  return scheme.weightType === 'fp8' && scheme.activationBits === 8;
}

/** What a server caches with. */
export interface Cached {
  /** Bytes of a computed element and of a cached one. */
  readonly computed: number;
  readonly cached: number;
  /** As the engine is told it. */
  readonly dtype: string;
  /** Compute capability × 10. */
  readonly sm?: number;
  /** Ranks that share the heads. */
  readonly ranks: number;
}

/**
 * How a version of vLLM lays out the cache of a model with latent attention; nothing for other models.
 *
 * Expanded heads are as wide as a key, in 0.6 and before padded to 256, which its kernels need; values are padded to the same. 0.7.2
 * aligns each latent to 256 bytes. Sources: vllm/config.py, `get_head_size`, of 0.6.6 and 0.7.0; vllm/worker/cache_engine.py of 0.7.1 and 0.7.2,
 * `align_to_256bytes`.
 */
export function latentLayout(
  model: ModelDescription,
  scheme: Scheme,
  version: readonly number[] | undefined,
  cache: Cached,
): Pick<KvLayout, 'latentHeadSize' | 'latentMultiple' | 'latentBytes'> {
  const { mla, textConfig } = model;
  if (mla === undefined) return {};
  if (!cachesLatent(scheme, version)) {
    const nope = textConfig.qk_nope_head_dim;
    if (typeof nope !== 'number') return {};
    return { latentHeadSize: isSince(version, 0, 7) ? nope + mla.ropeHeadDim : PADDED_HEAD };
  }
  if (isSince(version, 0, 7, 2) && !isSince(version, 0, 8)) return { latentMultiple: ALIGNMENT_BYTES / cache.computed };
  const index = indexBytes(model);
  return index === 0 ? {} : { latentBytes: sparseLatentBytes(model, version, cache) + index };
}

const PADDED_HEAD = 256;
const ALIGNMENT_BYTES = 256;
/** Elements that share a scale of four bytes in what sparse attention caches in FP8. */
const SCALED = 128;

/**
 * A latent that sparse attention (DeepSeek V3.2) reads. In 8 bits its rotary part stays in 16, and each 128 elements have a scale, unless
 * FlashInfer reads it. Source: vllm/model_executor/layers/attention/mla_attention.py, `fp8_ds_mla`.
 */
function sparseLatentBytes(model: ModelDescription, version: readonly number[] | undefined, cache: Cached): number {
  const { kvLoraRank, ropeHeadDim } = model.mla as NonNullable<ModelDescription['mla']>;
  const plain = (kvLoraRank + ropeHeadDim) * cache.cached;
  const scaled = kvLoraRank + (kvLoraRank / SCALED) * 4 + ropeHeadDim * 2;
  if (isWorkstation(cache.sm) && isSince(version, 0, 24)) return scaled;
  return cache.cached !== 1 || readsPlain(model, version, cache) ? plain : scaled;
}

/**
 * Does FlashInfer read an 8-bit latent? On Blackwell's server chips vLLM prefers it from 0.19; in 0.17 and 0.18 for 16 heads a rank or fewer.
 * On its workstation chips, from 0.24, another of its kernels reads the one with scales, also unasked.
 * Source: vllm/platforms/cuda.py of 0.16.0, 0.17.0, 0.18.0, 0.19.0 and 0.24.0, `_get_backend_priorities`; a log of 0.18.0 on eight B200 has
 * 43,190 bytes a token of DeepSeek V3.2.
 */
function readsPlain(
  { numAttentionHeads }: ModelDescription,
  version: readonly number[] | undefined,
  { dtype, sm = 0, ranks }: Cached,
): boolean {
  if (sm < BLACKWELL || sm >= BLACKWELL + 10 || dtype === 'fp8_ds_mla') return false;
  return isSince(version, 0, 19) || (isSince(version, 0, 17) && numAttentionHeads / ranks <= 16);
}

function isWorkstation(sm: number | undefined): boolean {
  return sm !== undefined && sm >= 120 && sm < 130;
}

/**
 * The key by which sparse attention chooses tokens: one a layer, in FP8 with scales, averaged over layers where some take their choice
 * from another; 0 for a model that attends to all. Source: vllm/model_executor/models/deepseek_v2.py, `DeepseekV32IndexerCache`.
 */
function indexBytes(model: ModelDescription): number {
  const { numLayers, weights } = model;
  const choosing = weights.find(isIndexer)?.layers.length ?? numLayers;
  return (indexKeyBytes(model) * choosing) / numLayers;
}

function indexKeyBytes({ textConfig }: ModelDescription): number {
  const { index_topk: chosen, index_head_dim: width } = textConfig;
  return typeof chosen !== 'number' || typeof width !== 'number' ? 0 : width + (width / SCALED) * 4;
}

/**
 * What SGLang caches of a latent that sparse attention reads: the latent as it is, and each layer's key to choose tokens by. Unless told
 * otherwise it caches it in FP8 from Blackwell on.
 * Sources: sglang/srt/model_executor/model_runner.py of 0.5.5, model_runner_kv_cache_mixin.py of 0.5.8, pool_configurator.py of 0.5.12,
 * `NSATokenToKVPool`; server_args.py of 0.5.5 to 0.5.12, `is_deepseek_nsa`.
 */
export function sglangLatentLayout(
  model: ModelDescription,
  cache: { readonly dtype: string; readonly elementBytes: number; readonly sm: number | undefined },
): Pick<KvLayout, 'latentBytes'> {
  const index = indexKeyBytes(model);
  if (model.mla === undefined || index === 0) return {};
  const elementBytes = cache.dtype === 'auto' && (cache.sm ?? 0) >= BLACKWELL ? 1 : cache.elementBytes;
  return { latentBytes: (model.mla.kvLoraRank + model.mla.ropeHeadDim) * elementBytes + index };
}

const BLACKWELL = 100;

/** The projection that every indexer has. */
export const isIndexer = ({ name }: WeightGroup): boolean => name.endsWith('.indexer.wk.weight');
