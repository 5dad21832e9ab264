// Smallest and largest values of runs of weights, on the bit patterns themselves: eight 16-bit values an instruction, and NaN,
// whose patterns lie beyond infinity's, comes out as the extreme that it is.
import { BF16, F32, f16ToF32, load1, shiftOf } from './dtype';

/** Lowest value of the last `range` call, NaN if the run has one with the sign set. */
export let lowest: f32 = 0;
/** Highest value of the last `range` call. */
export let highest: f32 = 0;

/** Largest magnitude of a run; NaN if there is one. */
export function absMax<T>(source: usize, count: i32): f32 {
  let i = 0;
  let best: u32 = 0;
  if (idof<T>() == idof<F32>()) {
    const mask = i32x4.splat(0x7fffffff);
    let a = i32x4.splat(0);
    let b = i32x4.splat(0);
    for (; i <= count - 8; i += 8) {
      const at = source + (<usize>i << 2);
      a = i32x4.max_u(a, v128.and(v128.load(at), mask));
      b = i32x4.max_u(b, v128.and(v128.load(at, 16), mask));
    }
    best = maxU32(i32x4.max_u(a, b));
    for (; i < count; i++) best = max<u32>(best, load<u32>(source + (<usize>i << 2)) & 0x7fffffff);
    return reinterpret<f32>(best);
  }
  const mask = i16x8.splat(0x7fff);
  let a = i16x8.splat(0);
  let b = i16x8.splat(0);
  for (; i <= count - 16; i += 16) {
    const at = source + (<usize>i << 1);
    a = i16x8.max_u(a, v128.and(v128.load(at), mask));
    b = i16x8.max_u(b, v128.and(v128.load(at, 16), mask));
  }
  a = i16x8.max_u(a, b);
  best = maxU32(i32x4.max_u(v128.and(a, i32x4.splat(0xffff)), i32x4.shr_u(a, 16)));
  for (; i < count; i++) best = max<u32>(best, <u32>load<u16>(source + (<usize>i << 1)) & 0x7fff);
  return value16<T>(best);
}

/** Sets `lowest` and `highest` for a run. */
export function range<T>(source: usize, count: i32): void {
  let i = 0;
  if (idof<T>() == idof<F32>()) {
    let mn = i32x4.splat(i32.MAX_VALUE);
    let mx = i32x4.splat(i32.MIN_VALUE);
    for (; i <= count - 4; i += 4) {
      const key = orderable32(v128.load(source + (<usize>i << 2)));
      mn = i32x4.min_s(mn, key);
      mx = i32x4.max_s(mx, key);
    }
    let low = minS32(mn);
    let high = maxS32(mx);
    for (; i < count; i++) {
      const key = orderable(load<i32>(source + (<usize>i << 2)));
      low = min<i32>(low, key);
      high = max<i32>(high, key);
    }
    lowest = reinterpret<f32>(orderable(low));
    highest = reinterpret<f32>(orderable(high));
    return;
  }
  // As signed integers positive numbers are in their order, and as unsigned ones the negative numbers above them in theirs.
  let mx = i16x8.splat(i16.MIN_VALUE);
  let mu = i16x8.splat(0);
  for (; i <= count - 8; i += 8) {
    const packed = v128.load(source + (<usize>i << 1));
    mx = i16x8.max_s(mx, packed);
    mu = i16x8.max_u(mu, packed);
  }
  // The signed one with its order made that of unsigned integers: both are reduced at a time.
  mx = v128.xor(mx, i16x8.splat(i16.MIN_VALUE));
  let both = i16x8.max_u(i64x2.shuffle(mx, mu, 0, 2), i64x2.shuffle(mx, mu, 1, 3));
  both = i16x8.max_u(both, i64x2.shr_u(both, 32));
  both = i16x8.max_u(both, i64x2.shr_u(both, 16));
  let high: u32 = i16x8.extract_lane_u(both, 0);
  let low: u32 = i16x8.extract_lane_u(both, 4);
  for (; i < count; i++) {
    const bits = <u32>load<u16>(source + (<usize>i << 1));
    high = max<u32>(high, bits ^ 0x8000);
    low = max<u32>(low, bits);
  }
  if (high < 0x8000 || low < 0x8000) {
    rangeOfOneSign<T>(source, count);
    return;
  }
  lowest = value16<T>(low);
  highest = value16<T>(high ^ 0x8000);
}

/** The same for runs of 16-bit values that all have one sign. */
function rangeOfOneSign<T>(source: usize, count: i32): void {
  let i = 0;
  let mn = i16x8.splat(i16.MAX_VALUE);
  let mx = i16x8.splat(i16.MIN_VALUE);
  for (; i <= count - 8; i += 8) {
    const packed = v128.load(source + (<usize>i << 1));
    const key = v128.xor(packed, v128.and(i16x8.shr_s(packed, 15), i16x8.splat(0x7fff)));
    mn = i16x8.min_s(mn, key);
    mx = i16x8.max_s(mx, key);
  }
  let low = minS32(i32x4.min_s(i32x4.shr_s(i32x4.shl(mn, 16), 16), i32x4.shr_s(mn, 16)));
  let high = maxS32(i32x4.max_s(i32x4.shr_s(i32x4.shl(mx, 16), 16), i32x4.shr_s(mx, 16)));
  for (; i < count; i++) {
    const key = orderable16(load<i16>(source + (<usize>i << 1)));
    low = min<i32>(low, key);
    high = max<i32>(high, key);
  }
  lowest = value16<T>(<u32>orderable16(low) & 0xffff);
  highest = value16<T>(<u32>orderable16(high) & 0xffff);
}

/**
 * The zero that PyTorch's `amin` (AVX-512 build) gives for a run whose minimum is zero: of +0.0 and -0.0 its vector minimum
 * keeps the later operand, its scalar minimum the earlier one. Only the sign of a zero point of 0 depends on it.
 */
export function lowestZero<T>(source: usize, count: i32): f32 {
  const lanes = 16;
  const vectorized = count - (count % (4 * lanes));
  for (let lane = 0; lane < lanes; lane++) {
    for (let accumulator = 3; accumulator >= 0; accumulator--) {
      for (let at = vectorized - 4 * lanes + accumulator * lanes + lane; at >= 0; at -= 4 * lanes) {
        const value = load1<T>(source + (<usize>at << shiftOf<T>()));
        if (value == 0) return value;
      }
    }
  }
  for (let at = vectorized; at < count; at++) {
    const value = load1<T>(source + (<usize>at << shiftOf<T>()));
    if (value == 0) return value;
  }
  return 0;
}

// @ts-ignore: decorator
@inline
function value16<T>(bits: u32): f32 {
  return idof<T>() == idof<BF16>() ? reinterpret<f32>(bits << 16) : f16ToF32(bits);
}

// Two's complement of the magnitude for negative numbers: integer order is then the order of the numbers. Its own inverse.
// @ts-ignore: decorator
@inline
function orderable(bits: i32): i32 {
  return bits ^ ((bits >> 31) & 0x7fffffff);
}

// @ts-ignore: decorator
@inline
function orderable16(bits: i32): i32 {
  return bits ^ ((bits >> 31) & 0x7fff);
}

// @ts-ignore: decorator
@inline
function orderable32(bits: v128): v128 {
  return v128.xor(bits, v128.and(i32x4.shr_s(bits, 31), i32x4.splat(0x7fffffff)));
}

// @ts-ignore: decorator
@inline
function maxU32(x: v128): u32 {
  const y = i32x4.max_u(x, i64x2.shuffle(x, x, 1, 0));
  return max<u32>(i32x4.extract_lane(y, 0), i32x4.extract_lane(y, 1));
}

// @ts-ignore: decorator
@inline
function maxS32(x: v128): i32 {
  const y = i32x4.max_s(x, i64x2.shuffle(x, x, 1, 0));
  return max<i32>(i32x4.extract_lane(y, 0), i32x4.extract_lane(y, 1));
}

// @ts-ignore: decorator
@inline
function minS32(x: v128): i32 {
  const y = i32x4.min_s(x, i64x2.shuffle(x, x, 1, 0));
  return min<i32>(i32x4.extract_lane(y, 0), i32x4.extract_lane(y, 1));
}
