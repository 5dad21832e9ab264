// E2M1, the 4-bit float of MXFP4 and NVFP4: 0, 0.5, 1, 1.5, 2, 3, 4, 6 with a sign.

/** Four f32 of magnitude 6 at most to the nearest E2M1 values, ties to even, as f32. The sign of a zero is lost. */
// @ts-ignore: decorator
@inline
export function roundE2m1x4(x: v128): v128 {
  const exponent = i32x4.max_s(v128.and(x, i32x4.splat(0x7f800000)), i32x4.splat(127 << 23));
  const magic = i32x4.add(exponent, i32x4.splat((22 << 23) | 0x400000));
  return f32x4.sub(f32x4.add(x, magic), magic);
}

/** The codes of four values that E2M1 holds exactly, one in each 32-bit lane. */
// @ts-ignore: decorator
@inline
export function e2m1Codes(x: v128): v128 {
  const magnitude = v128.and(x, i32x4.splat(0x7fffffff));
  // From 1 up, exponent and fraction stand in the float's own bits; below there are 0 and 0.5.
  const normal = i32x4.sub(i32x4.shr_u(magnitude, 22), i32x4.splat((127 << 1) - 2));
  const small = i32x4.sub(i32x4.splat(0), f32x4.gt(magnitude, f32x4.splat(0)));
  const isSmall = f32x4.lt(magnitude, f32x4.splat(1));
  return v128.or(v128.bitselect(small, normal, isSmall), v128.and(i32x4.shr_u(x, 28), i32x4.splat(8)));
}

/** One f32 to the nearest E2M1 value, ties to even, saturating at 6; NaN gives 6. */
export function roundE2m1(x: f32): f32 {
  const magnitude = abs<f32>(x);
  if (!(magnitude < 6)) return copysign<f32>(6, x);
  const exponent = max<i32>(reinterpret<i32>(magnitude) & 0x7f800000, 127 << 23);
  const magic = reinterpret<f32>(exponent + ((22 << 23) | 0x400000));
  return copysign<f32>(<f32>(<f32>(magnitude + magic) - magic), x);
}

/** The code of a value that E2M1 holds exactly. */
export function e2m1Code(x: f32): u8 {
  const magnitude = abs<f32>(x);
  const sign = (reinterpret<u32>(x) >> 28) & 8;
  if (magnitude < 1) return <u8>(sign | (magnitude > 0 ? 1 : 0));
  return <u8>(sign | ((reinterpret<u32>(magnitude) >> 22) - ((127 << 1) - 2)));
}
