// Q4_0, Q4_1, Q5_0, Q5_1 and Q8_0 to f32: `dequantize_row_*` of ggml-quants.c.
import { loadF16 } from './arithmetic';
import { Q4_0, Q4_1, Q5_0, Q5_1 } from './blocks-of-32';
import { GgmlType } from './types';

/**
 * Restores `count` values of blocks of 32.
 *
 * @returns a magnitude that none of them exceeds; infinite or NaN where one of them is
 */
export function restore32(type: i32, blocks: usize, values: usize, count: i32): f32 {
  switch (type) {
    case GgmlType.Q4_0:
      return restoreNibbles<Q4_0>(blocks, values, count);
    case GgmlType.Q4_1:
      return restoreNibbles<Q4_1>(blocks, values, count);
    case GgmlType.Q5_0:
      return restoreNibbles<Q5_0>(blocks, values, count);
    case GgmlType.Q5_1:
      return restoreNibbles<Q5_1>(blocks, values, count);
    default:
      return restoreQ8_0(blocks, values, count);
  }
}

function restoreQ8_0(blocks: usize, values: usize, count: i32): f32 {
  let bound: f32 = 0;
  for (let i = 0; i < count; i += 32, blocks += 34, values += 128) {
    const scale = loadF16(blocks);
    // Rounding is monotonic: no code makes more than the largest.
    bound = max<f32>(bound, abs<f32>(scale) * 128);
    const scale4 = f32x4.splat(scale);
    restore16(v128.load(blocks, 2), values, scale4, f32x4.splat(0));
    restore16(v128.load(blocks, 18), values + 64, scale4, f32x4.splat(0));
  }
  return bound;
}

export function restoreNibbles<T>(blocks: usize, values: usize, count: i32): f32 {
  const symmetric = idof<T>() == idof<Q4_0>() || idof<T>() == idof<Q5_0>();
  const five = idof<T>() == idof<Q5_0>() || idof<T>() == idof<Q5_1>();
  const head: usize = (symmetric ? 2 : 4) + (five ? 4 : 0);
  const nibble = i8x16.splat(15);
  const offset = i8x16.splat(!symmetric ? 0 : five ? 16 : 8);
  let bound: f32 = 0;
  for (let i = 0; i < count; i += 32, blocks += head + 16, values += 128) {
    const scale = loadF16(blocks);
    // Subtracted, so that a zero of no minimum is the one that keeps the sign of a zero.
    const minimum: f32 = symmetric ? 0 : -loadF16(blocks + 2);
    const top: f32 = symmetric ? (five ? 16 : 8) : five ? 31 : 15;
    bound = max<f32>(bound, abs<f32>(scale) * top + abs<f32>(minimum));
    const packed = v128.load(blocks + head);
    let low = v128.and(packed, nibble);
    let high = v128.and(i16x8.shr_u(packed, 4), nibble);
    if (five) {
      low = v128.or(low, fifthBits(load<u16>(blocks + head - 4)));
      high = v128.or(high, fifthBits(load<u16>(blocks + head - 2)));
    }
    const scale4 = f32x4.splat(scale);
    const minimum4 = f32x4.splat(minimum);
    restore16(i8x16.sub(low, offset), values, scale4, minimum4);
    restore16(i8x16.sub(high, offset), values + 64, scale4, minimum4);
  }
  return bound;
}

/** 16 values: scale · code − minimum. */
// @ts-ignore: decorator
@inline
function restore16(codes: v128, values: usize, scale: v128, minimum: v128): void {
  const low = i16x8.extend_low_i8x16_s(codes);
  const high = i16x8.extend_high_i8x16_s(codes);
  v128.store(values, restore4(i32x4.extend_low_i16x8_s(low), scale, minimum));
  v128.store(values, restore4(i32x4.extend_high_i16x8_s(low), scale, minimum), 16);
  v128.store(values, restore4(i32x4.extend_low_i16x8_s(high), scale, minimum), 32);
  v128.store(values, restore4(i32x4.extend_high_i16x8_s(high), scale, minimum), 48);
}

// @ts-ignore: decorator
@inline
function restore4(codes: v128, scale: v128, minimum: v128): v128 {
  return f32x4.sub(f32x4.mul(scale, f32x4.convert_i32x4_s(codes)), minimum);
}

/** 16 in each byte whose bit is set. */
// @ts-ignore: decorator
@inline
function fifthBits(bits: i32): v128 {
  const spread = i8x16.shuffle(i16x8.splat(<i16>bits), i16x8.splat(<i16>bits), 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1);
  const mask = i64x2.splat(0x8040201008040201);
  return v128.and(i8x16.eq(v128.and(spread, mask), mask), i8x16.splat(16));
}
