// The stored types of weights, as tags for generic functions: the compiler makes one copy of a loop for each, with no branch
// left inside. Arithmetic is that of eager PyTorch: every operation in f32, its result rounded to the tensor's own type.

/** IEEE binary32. */
export class F32 {}
/** IEEE binary16. */
export class F16 {}
/** bfloat16: the upper half of an f32. */
export class BF16 {}

/** Numbers the host uses for the types. */
export namespace Dtype {
  export const F32: i32 = 0;
  export const F16: i32 = 1;
  export const BF16: i32 = 2;
}

/** log2 of the bytes an element takes. */
// @ts-ignore: decorator
@inline
export function shiftOf<T>(): usize {
  return idof<T>() == idof<F32>() ? 2 : 1;
}

/** Four elements, widened exactly. Infinities and NaN of f16 are not told apart here: callers check for them first. */
// @ts-ignore: decorator
@inline
export function load4<T>(at: usize): v128 {
  if (idof<T>() == idof<F32>()) return v128.load(at);
  const wide = v128.load_ext<u16>(at);
  if (idof<T>() == idof<BF16>()) return i32x4.shl(wide, 16);
  return widenF16(wide);
}

/** Finite f16 bit patterns, one in each 32-bit lane, to f32. Subnormals go by an addition that cancels, not by a slow multiplication. */
// @ts-ignore: decorator
@inline
export function widenF16(wide: v128): v128 {
  const magnitude = i32x4.shl(v128.and(wide, i32x4.splat(0x7fff)), 13);
  const sign = i32x4.shl(v128.and(wide, i32x4.splat(0x8000)), 16);
  const normal = i32x4.add(magnitude, i32x4.splat(112 << 23));
  const subnormal = f32x4.sub(i32x4.add(magnitude, i32x4.splat(113 << 23)), f32x4.splat(6.103515625e-5));
  const isSubnormal = i32x4.lt_s(magnitude, i32x4.splat(1 << 23));
  return v128.or(v128.bitselect(subnormal, normal, isSubnormal), sign);
}

/** One element, widened exactly, NaN and infinities included. */
// @ts-ignore: decorator
@inline
export function load1<T>(at: usize): f32 {
  if (idof<T>() == idof<F32>()) return load<f32>(at);
  const bits = <u32>load<u16>(at);
  if (idof<T>() == idof<BF16>()) return reinterpret<f32>(bits << 16);
  return f16ToF32(bits);
}

export function f16ToF32(bits: u32): f32 {
  const sign = (bits & 0x8000) << 16;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 0x3ff;
  if (exponent == 31) return reinterpret<f32>(sign | 0x7f800000 | (fraction << 13));
  if (exponent == 0) {
    const value: f32 = <f32>fraction * <f32>5.9604644775390625e-8;
    return sign != 0 ? -value : value;
  }
  return reinterpret<f32>(sign | ((exponent + 112) << 23) | (fraction << 13));
}

/**
 * Four f32 to the nearest values of the type, ties to even, for magnitudes below 2^100 that do not overflow it. Adding and
 * subtracting 1.5 times the power of two whose unit in the last place is the type's does the rounding in the adder. The sign
 * of a zero is lost.
 */
// @ts-ignore: decorator
@inline
export function round4<T>(x: v128): v128 {
  if (idof<T>() == idof<F32>()) return x;
  const exponent = v128.and(x, i32x4.splat(0x7f800000));
  if (idof<T>() == idof<BF16>()) {
    const magic = i32x4.add(exponent, i32x4.splat((16 << 23) | 0x400000));
    return f32x4.sub(f32x4.add(x, magic), magic);
  }
  // Below 2^-14 f16 is subnormal: its step no longer shrinks with the exponent.
  const magic = i32x4.add(i32x4.max_s(exponent, i32x4.splat(113 << 23)), i32x4.splat((13 << 23) | 0x400000));
  return f32x4.sub(f32x4.add(x, magic), magic);
}

/** As round4, with the sign of a zero kept. */
// @ts-ignore: decorator
@inline
export function roundSigned4<T>(x: v128): v128 {
  if (idof<T>() == idof<F32>()) return x;
  return v128.or(round4<T>(x), v128.and(x, i32x4.splat(0x80000000)));
}

/** One f32 to the nearest value of the type, ties to even; all values, NaN and overflow included. */
// @ts-ignore: decorator
@inline
export function round1<T>(x: f32): f32 {
  if (idof<T>() == idof<F32>()) return x;
  if (x != x) return x;
  if (idof<T>() == idof<BF16>()) return roundToBf16(x);
  return roundToF16(x);
}

export function roundToBf16(x: f32): f32 {
  const bits = reinterpret<u32>(x);
  return reinterpret<f32>((bits + 0x7fff + ((bits >> 16) & 1)) & 0xffff0000);
}

export function roundToF16(x: f32): f32 {
  if (abs(x) >= 65520) return copysign<f32>(Infinity, x);
  const exponent = max<i32>(reinterpret<i32>(x) & 0x7f800000, 113 << 23);
  const magic = reinterpret<f32>(exponent + ((13 << 23) | 0x400000));
  return copysign<f32>(<f32>(<f32>(x + magic) - magic), x);
}

/** `round1` for a type known only at run time. */
export function roundTo(dtype: i32, x: f32): f32 {
  if (dtype == Dtype.BF16) return round1<BF16>(x);
  if (dtype == Dtype.F16) return round1<F16>(x);
  return x;
}

/** Stores four values that the type holds exactly. */
// @ts-ignore: decorator
@inline
export function store4<T>(at: usize, x: v128): void {
  if (idof<T>() == idof<F32>()) {
    v128.store(at, x);
  } else if (idof<T>() == idof<BF16>()) {
    v128.store64_lane(at, i8x16.shuffle(x, x, 2, 3, 6, 7, 10, 11, 14, 15, 2, 3, 6, 7, 10, 11, 14, 15), 0);
  } else {
    const magnitude = v128.and(x, i32x4.splat(0x7fffffff));
    const normal = i32x4.shr_u(i32x4.sub(magnitude, i32x4.splat(112 << 23)), 13);
    const subnormal = i32x4.sub(f32x4.add(magnitude, f32x4.splat(0.5)), i32x4.splat(126 << 23));
    const isSubnormal = i32x4.lt_s(magnitude, i32x4.splat(113 << 23));
    const sign = v128.and(i32x4.shr_u(x, 16), i32x4.splat(0x8000));
    const bits = v128.or(v128.bitselect(subnormal, normal, isSubnormal), sign);
    v128.store64_lane(at, i8x16.shuffle(bits, bits, 0, 1, 4, 5, 8, 9, 12, 13, 0, 1, 4, 5, 8, 9, 12, 13), 0);
  }
}

/** Stores one value, rounded to the type. */
// @ts-ignore: decorator
@inline
export function store1<T>(at: usize, x: f32): void {
  if (idof<T>() == idof<F32>()) store<f32>(at, x);
  else if (idof<T>() == idof<BF16>()) store<u16>(at, bf16Bits(x));
  else store<u16>(at, f16Bits(x));
}

export function bf16Bits(x: f32): u16 {
  const bits = reinterpret<u32>(x);
  if (x != x) return <u16>((bits >> 16) | 0x40);
  return <u16>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

export function f16Bits(x: f32): u16 {
  const sign = (reinterpret<u32>(x) >> 16) & 0x8000;
  if (x != x) return <u16>(sign | 0x7e00);
  const rounded = abs(roundToF16(x));
  if (rounded >= 65536) return <u16>(sign | 0x7c00);
  if (rounded < 6.103515625e-5) return <u16>(sign | <u32>(rounded * 16777216));
  return <u16>(sign | ((reinterpret<u32>(rounded) - (112 << 23)) >> 13));
}
