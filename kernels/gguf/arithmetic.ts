// ggml's own roundings, lane by lane. They agree with the C code for every bit pattern, NaN and overflow included.
import { f16ToF32 } from '../dtype';

/** 1.5 · 2^23: adding it leaves the nearest integer, ties to even, in the lower mantissa bits. */
export const ROUNDING_MAGIC: f32 = 12582912;

/** `nearest_int` of ggml-quants.c: right for magnitudes below 2^22, and beyond it wrong in the same way. */
export function nearestInt(value: f32): i32 {
  return (reinterpret<i32>(value + ROUNDING_MAGIC) & 0x7fffff) - 0x400000;
}

/** Four times `nearestInt`. */
// @ts-ignore: decorator
@inline
export function nearestInt4(value: v128): v128 {
  const bits = v128.and(f32x4.add(value, f32x4.splat(ROUNDING_MAGIC)), i32x4.splat(0x7fffff));
  return i32x4.sub(bits, i32x4.splat(0x400000));
}

/** C's cast of a float to an 8-bit integer as x86 does it: by way of 32 bits, where all that does not fit becomes 0x80000000. */
export function truncateToByte(value: f32): i32 {
  return abs<f32>(value) < 2147483648 ? <i32>value & 0xff : 0;
}

export function loadF16(at: usize): f32 {
  return f16ToF32(load<u16>(at));
}

/** 16 integers of 32 bits, all within a byte, as bytes. */
// @ts-ignore: decorator
@inline
export function narrow16(a: v128, b: v128, c: v128, d: v128): v128 {
  return i8x16.narrow_i16x8_u(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(c, d));
}
