// 8-bit floats. E4M3FN has no infinity: 448 is its largest value, 0x7f and 0xff are NaN.
import { f16ToF32 } from './dtype';


/** Four f32 of magnitude 448 at most to the nearest E4M3 values, ties to even, as f32. The sign of a zero is lost. */
// @ts-ignore: decorator
@inline
export function roundE4m3x4(x: v128): v128 {
  const exponent = i32x4.max_s(v128.and(x, i32x4.splat(0x7f800000)), i32x4.splat(121 << 23));
  const magic = i32x4.add(exponent, i32x4.splat((20 << 23) | 0x400000));
  return f32x4.sub(f32x4.add(x, magic), magic);
}

/** The bytes of four values that E4M3 holds exactly, one in each 32-bit lane. */
// @ts-ignore: decorator
@inline
export function e4m3Bytes(x: v128): v128 {
  const magnitude = v128.and(x, i32x4.splat(0x7fffffff));
  const normal = i32x4.sub(i32x4.shr_u(magnitude, 20), i32x4.splat(120 << 3));
  const subnormal = i32x4.sub(i32x4.shr_u(f32x4.add(magnitude, f32x4.splat(0.015625)), 20), i32x4.splat(121 << 3));
  const isSubnormal = i32x4.lt_s(magnitude, i32x4.splat(121 << 23));
  const sign = v128.and(i32x4.shr_u(x, 24), i32x4.splat(0x80));
  return v128.or(v128.bitselect(subnormal, normal, isSubnormal), sign);
}

/** One f32 to the nearest E4M3 value, as f32; beyond 448 it stays there. */
function roundE4m3(x: f32): f32 {
  if (abs(x) >= 448) return copysign<f32>(448, x);
  const exponent = max<i32>(reinterpret<i32>(x) & 0x7f800000, 121 << 23);
  const magic = reinterpret<f32>(exponent + ((20 << 23) | 0x400000));
  return copysign<f32>(<f32>(<f32>(x + magic) - magic), x);
}

/** The E4M3FN byte of an f32, as PyTorch's cast since 2.15: it saturates at 448, infinities too, and NaN keeps its sign. */
export function e4m3Byte(x: f32): u8 {
  const sign = (reinterpret<u32>(x) >> 24) & 0x80;
  if (x != x) return <u8>(sign | 0x7f);
  const rounded = abs(roundE4m3(x));
  if (rounded < 0.015625) return <u8>(sign | <u32>(rounded * 512));
  return <u8>(sign | ((reinterpret<u32>(rounded) >> 20) - (120 << 3)));
}

/** The value of an E4M3FN byte. */
export function e4m3Value(byte: u32): f32 {
  const magnitude = byte & 0x7f;
  const exponent = magnitude >> 3;
  let value: f32;
  if (magnitude == 0x7f) value = NaN;
  else if (exponent == 0) value = <f32>(magnitude & 7) * <f32>0.001953125;
  else value = reinterpret<f32>(((exponent + 120) << 23) | ((magnitude & 7) << 20));
  return (byte & 0x80) != 0 ? -value : value;
}

/** The value of an IEEE-style E4M3 byte: exponent 15 is infinity and NaN, 240 the largest number. */
export function e4m3IeeeValue(byte: u32): f32 {
  const magnitude = byte & 0x7f;
  if (magnitude < 0x78) return e4m3Value(byte);
  const value: f32 = magnitude == 0x78 ? Infinity : NaN;
  return (byte & 0x80) != 0 ? -value : value;
}

/** The IEEE-style E4M3 byte of an f32: infinity from 248 upwards. */
export function e4m3IeeeByte(x: f32): u8 {
  const sign = <u8>((reinterpret<u32>(x) >> 24) & 0x80);
  if (x != x) return sign | 0x7c;
  if (abs(x) >= 248) return sign | 0x78;
  return e4m3Byte(x);
}

/** The value of an E5M2 byte: the upper half of an f16. */
export function e5m2Value(byte: u32): f32 {
  return f16ToF32(byte << 8);
}

