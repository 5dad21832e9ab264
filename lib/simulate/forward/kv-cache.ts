import type { Arena } from '../kernels/arena';
import type { ForwardKernels } from './module';

/**
 * How keys or values are stored between tokens. `fp8`: E4M3 with a scale of 1, as vLLM's `--kv-cache-dtype fp8` does without
 * calibrated scales. The others: ggml's blocks of 32 of values that were rotated, as llama.cpp's `--cache-type-k` and
 * `--cache-type-v` do; `iq4_nl` is missing, which its backends round in different ways. `f16`: not quantized.
 */
export const KV_TYPES = ['f16', 'fp8', 'q8_0', 'q5_1', 'q5_0', 'q4_1', 'q4_0'] as const;
export type KvType = (typeof KV_TYPES)[number];

export function isKvType(name: string): name is KvType {
  return KV_TYPES.some((type) => type === name);
}

/** One type for keys and values, or a pair: `q8_0/q4_0` has its values in `q4_0`. */
export type KvQuantization = 'none' | KvType | `${KvType}/${KvType}`;

/** Numbers of `enum ggml_type`; source: ggml/include/ggml.h. */
const GGML_TYPES: Readonly<Partial<Record<KvType, number>>> = { q8_0: 8, q5_1: 7, q5_0: 6, q4_1: 3, q4_0: 2 };

/** What the kernels call E4M3, and its largest value: with it as the largest magnitude, the scale is 1. */
const FP8 = 1;
const FP8_MAX = 448;

/** Values of a block of every ggml type that a cache can have. */
const CACHE_BLOCK = 32;

/** Heads are rotated in parts of this many values; no others are. */
const ROTATION = 64;

export function kvTypes(kv: KvQuantization): { readonly keys: KvType; readonly values: KvType } {
  if (kv === 'none') return { keys: 'f16', values: 'f16' };
  const [keys, values = keys] = kv.split('/') as [KvType, KvType | undefined];
  return { keys, values };
}

/** The shortest way to say it: `none`, one name for both, or a pair. */
export function kvQuantization(keys: KvType, values: KvType): KvQuantization {
  if (keys !== values) return `${keys}/${values}`;
  return keys === 'f16' ? 'none' : keys;
}

/** Whether heads of this many values can be stored so: llama.cpp refuses a cache whose blocks would reach over the end of one. */
export function fitsHeads(kv: KvQuantization, headDim: number): boolean {
  const { keys, values } = kvTypes(kv);
  return headDim % CACHE_BLOCK === 0 || [keys, values].every((type) => GGML_TYPES[type] === undefined);
}

/** Bytes of scratch that a thread takes. */
export function kvScratchBytes(kernels: ForwardKernels): number {
  return kernels.cacheScratchBytes();
}

/**
 * Replaces keys or values (`count` floats at `x`) by what the cache gives back. Since b8600, llama.cpp rotates what a quantized cache
 * holds by an orthonormal matrix, and the queries with the keys, which leaves their products as they were; rotating back here comes to
 * the same. Source: llama.cpp src/llama-kv-cache.cpp, `attn_rot_k`, `build_input_k_rot`, `build_input_v_rot`.
 */
export function storeInCache(
  kernels: ForwardKernels,
  arena: Arena,
  x: number,
  count: number,
  { type, part, headDim }: { readonly type: KvType; readonly part: 'keys' | 'values'; readonly headDim: number },
): void {
  if (type === 'fp8') kernels.fakeQuantizeStatic(x, count, FP8_MAX, FP8);
  const ggml = GGML_TYPES[type];
  if (ggml === undefined) return;
  const rotation = rotationSize(part, headDim);
  if (rotation > 0) kernels.rotateHadamard(x, count, rotation);
  arena.scoped(() => kernels.fakeQuantizeCache(x, count, ggml, arena.reserve(kvScratchBytes(kernels))));
  if (rotation > 0) kernels.rotateHadamard(x, count, rotation);
}

/** Keys are rotated in the largest parts that a head is a multiple of, values in the smallest; 0: not at all. */
export function rotationSize(part: 'keys' | 'values', headDim: number): number {
  if (headDim % ROTATION !== 0) return 0;
  if (part === 'values') return ROTATION;
  let size = ROTATION;
  while (headDim % (2 * size) === 0) size *= 2;
  return size;
}
