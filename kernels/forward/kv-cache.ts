// Keys and values as llama.cpp's quantized caches hold them: rotated, cut into ggml's blocks of 32, and back, in place.
import { quantize32 } from '../gguf/blocks-of-32';
import { restore32 } from '../gguf/restore-32';
import { Scratch } from '../gguf/scratch';
import { GgmlType } from '../gguf/types';
import { fakeQuantizeQ8_0 } from './fake-quantize';

/** Values of a block of every type that a cache can have. */
const BLOCK: usize = 32;
const BLOCK_BYTES: usize = BLOCK << 2;

export function cacheScratchBytes(): i32 {
  return <i32>Scratch.BYTES;
}

/**
 * Blocks as ggml's `quantize_row_*_ref` stores them, for Q4_0, Q4_1, Q5_0, Q5_1 and Q8_0. `count` is a multiple of 32; the scratch
 * has `cacheScratchBytes` and is aligned to 16.
 */
export function fakeQuantizeCache(x: usize, count: i32, type: i32, scratch: usize): void {
  if (type == GgmlType.Q8_0) {
    fakeQuantizeQ8_0(x, count);
    return;
  }
  const block = scratch + Scratch.BLOCKS;
  const end = x + ((<usize>count) << 2);
  for (let at = x; at < end; at += BLOCK_BYTES) {
    quantize32(type, at, block, <i32>BLOCK, isFinite32(at));
    restore32(type, block, at, <i32>BLOCK);
  }
}

/** Whether all values of a block are numbers. */
function isFinite32(x: usize): bool {
  let worst = f32x4.splat(0);
  // What is no number stays none through a product with 0.
  for (let i: usize = 0; i < BLOCK_BYTES; i += 16) worst = f32x4.add(worst, f32x4.mul(v128.load(x + i), f32x4.splat(0)));
  return !v128.any_true(f32x4.ne(worst, f32x4.splat(0)));
}

/**
 * Each `size` values by the orthonormal Walsh-Hadamard matrix of that size, a power of two from 8; twice is nothing at all.
 * Source: llama.cpp src/llama-kv-cache.cpp, `ggml_gen_hadamard`; butterflies instead of the matrix product.
 */
export function rotateHadamard(x: usize, count: i32, size: i32): void {
  const factor = f32x4.splat(<f32>(1.0 / Math.sqrt(<f64>size)));
  const bytes = (<usize>size) << 2;
  const end = x + ((<usize>count) << 2);
  for (let at = x; at < end; at += bytes) {
    for (let i: usize = 0; i < bytes; i += 16) {
      const v = f32x4.mul(v128.load(at + i), factor);
      // Neighbours, then pairs of them, within one vector.
      const ones = f32x4.add(
        i8x16.shuffle(v, v, 0, 1, 2, 3, 0, 1, 2, 3, 8, 9, 10, 11, 8, 9, 10, 11),
        flip(i8x16.shuffle(v, v, 4, 5, 6, 7, 4, 5, 6, 7, 12, 13, 14, 15, 12, 13, 14, 15), 0, -1, 0, -1),
      );
      const pairs = f32x4.add(
        i8x16.shuffle(ones, ones, 0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7),
        flip(i8x16.shuffle(ones, ones, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15), 0, 0, -1, -1),
      );
      v128.store(at + i, pairs);
    }
    for (let half: usize = 16; half < bytes; half <<= 1) {
      for (let group: usize = 0; group < bytes; group += half << 1) {
        for (let i: usize = 0; i < half; i += 16) {
          const low = v128.load(at + group + i);
          const high = v128.load(at + group + half + i);
          v128.store(at + group + i, f32x4.add(low, high));
          v128.store(at + group + half + i, f32x4.sub(low, high));
        }
      }
    }
  }
}

/** Changes the sign of the lanes that are given as -1. */
// @ts-ignore: decorator
@inline
function flip(v: v128, a: i32, b: i32, c: i32, d: i32): v128 {
  let signs = i32x4.splat(0);
  signs = i32x4.replace_lane(signs, 0, a & 0x80000000);
  signs = i32x4.replace_lane(signs, 1, b & 0x80000000);
  signs = i32x4.replace_lane(signs, 2, c & 0x80000000);
  signs = i32x4.replace_lane(signs, 3, d & 0x80000000);
  return v128.xor(v, signs);
}
