// Q4_0, Q4_1, Q5_0, Q5_1 and Q8_0: 32 values, one scale. `quantize_row_*_ref` of ggml-quants.c.
import { f16Bits } from '../dtype';
import { ROUNDING_MAGIC, narrow16, truncateToByte } from './arithmetic';
import { GgmlType } from './types';

/** Reciprocal scales up to here keep every product in the range in which lanes round as the C code does. */
export const LARGEST_RECIPROCAL: f32 = 1e30;

/** 2^23: adding it to a small whole number leaves the number in the mantissa. */
const INTEGER_MAGIC: f32 = 8388608;

/** The tags of the types with nibbles. */
export class Q4_0 {}
export class Q4_1 {}
export class Q5_0 {}
export class Q5_1 {}

/** @param finite no value is NaN or infinite */
export function quantizeQ8_0(x: usize, blocks: usize, count: i32, finite: bool): void {
  for (let i = 0; i < count; i += 32, x += 128, blocks += 34) {
    const a = v128.load(x);
    const b = v128.load(x, 16);
    const c = v128.load(x, 32);
    const e = v128.load(x, 48);
    const f = v128.load(x, 64);
    const g = v128.load(x, 80);
    const h = v128.load(x, 96);
    const k = v128.load(x, 112);
    const low = f32x4.pmax(f32x4.pmax(f32x4.abs(a), f32x4.abs(b)), f32x4.pmax(f32x4.abs(c), f32x4.abs(e)));
    const high = f32x4.pmax(f32x4.pmax(f32x4.abs(f), f32x4.abs(g)), f32x4.pmax(f32x4.abs(h), f32x4.abs(k)));
    const d4 = f32x4.div(highestLanes(f32x4.pmax(low, high)), f32x4.splat(127));
    // Infinite where the scale is 0.
    const id4 = f32x4.div(f32x4.splat(1), d4);
    if (!(finite && f32x4.extract_lane(id4, 0) < LARGEST_RECIPROCAL)) {
      oneQ8_0(x, blocks);
      continue;
    }
    store<u16>(blocks, halfBits(f32x4.extract_lane(d4, 0)));
    const ab = i16x8.narrow_i32x4_s(roundAway(f32x4.mul(a, id4)), roundAway(f32x4.mul(b, id4)));
    const ce = i16x8.narrow_i32x4_s(roundAway(f32x4.mul(c, id4)), roundAway(f32x4.mul(e, id4)));
    v128.store(blocks, i8x16.narrow_i16x8_s(ab, ce), 2);
    const fg = i16x8.narrow_i32x4_s(roundAway(f32x4.mul(f, id4)), roundAway(f32x4.mul(g, id4)));
    const hk = i16x8.narrow_i32x4_s(roundAway(f32x4.mul(h, id4)), roundAway(f32x4.mul(k, id4)));
    v128.store(blocks, i8x16.narrow_i16x8_s(fg, hk), 18);
  }
}

/** `f16Bits` of a scale, nearly all of which are normal numbers of f16. */
// @ts-ignore: decorator
@inline
export function halfBits(d: f32): u16 {
  const bits = reinterpret<u32>(d);
  const exponent = (bits >> 23) & 0xff;
  if (exponent < 113 || exponent > 141) return f16Bits(d);
  const magnitude = (bits & 0x7fffffff) + 0xfff + ((bits >> 13) & 1);
  return <u16>((magnitude >> 13) - (112 << 10)) | <u16>((bits >> 16) & 0x8000);
}

/** To the nearest integer, halves away from zero, as `roundf`. */
// @ts-ignore: decorator
@inline
function roundAway(v: v128): v128 {
  // The largest f32 below a half: added to a half it stays below one, so that truncation rounds halves away from zero alone.
  const half = v128.or(v128.and(v, i32x4.splat(0x80000000)), f32x4.splat(0.49999997));
  const whole = f32x4.trunc(f32x4.add(v, half));
  return i32x4.sub(f32x4.add(whole, f32x4.splat(ROUNDING_MAGIC)), i32x4.splat(0x4b400000));
}

/** The highest of four in all lanes. */
// @ts-ignore: decorator
@inline
function highestLanes(v: v128): v128 {
  const pairs = f32x4.pmax(v, i8x16.shuffle(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
  return f32x4.pmax(pairs, i8x16.shuffle(pairs, pairs, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11));
}

// @ts-ignore: decorator
@inline
function lowestLanes(v: v128): v128 {
  const pairs = f32x4.pmin(v, i8x16.shuffle(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
  return f32x4.pmin(pairs, i8x16.shuffle(pairs, pairs, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11));
}

/** A block of any values, one by one. */
function oneQ8_0(x: usize, block: usize): void {
  let largest: f32 = 0;
  for (let j: usize = 0; j < 128; j += 4) {
    const magnitude = abs<f32>(load<f32>(x + j));
    // C's MAX: a NaN is taken, and given up at the next value.
    largest = largest > magnitude ? largest : magnitude;
  }
  const d: f32 = largest / 127;
  const id: f32 = d != 0 ? <f32>1 / d : 0;
  store<u16>(block, f16Bits(d));
  for (let j: usize = 0; j < 32; j++) {
    const v: f32 = load<f32>(x + (j << 2)) * id;
    store<u8>(block + j, <u8>truncateToByte(trunc<f32>(v + copysign<f32>(0.49999997, v))), 2);
  }
}

/** @param finite no value is NaN or infinite */
export function quantizeNibbles<T>(x: usize, blocks: usize, count: i32, finite: bool): void {
  const symmetric = idof<T>() == idof<Q4_0>() || idof<T>() == idof<Q5_0>();
  const five = idof<T>() == idof<Q5_0>() || idof<T>() == idof<Q5_1>();
  const size: usize = 18 + (symmetric ? 0 : 2) + (five ? 4 : 0);
  const top = f32x4.splat(five ? 31 : 15);
  const shift = f32x4.splat(idof<T>() == idof<Q4_0>() ? 8.5 : idof<T>() == idof<Q5_0>() ? 16.5 : 0.5);
  for (let i = 0; i < count; i += 32, x += 128, blocks += size) {
    const a = v128.load(x);
    const b = v128.load(x, 16);
    const c = v128.load(x, 32);
    const e = v128.load(x, 48);
    const f = v128.load(x, 64);
    const g = v128.load(x, 80);
    const h = v128.load(x, 96);
    const k = v128.load(x, 112);
    const high = f32x4.pmax(
      f32x4.pmax(f32x4.pmax(a, b), f32x4.pmax(c, e)),
      f32x4.pmax(f32x4.pmax(f, g), f32x4.pmax(h, k)),
    );
    const low = f32x4.pmin(
      f32x4.pmin(f32x4.pmin(a, b), f32x4.pmin(c, e)),
      f32x4.pmin(f32x4.pmin(f, g), f32x4.pmin(h, k)),
    );
    const highest = highestLanes(high);
    let lowest = lowestLanes(low);
    // Of zeros of both signs the C code keeps the first.
    if (!symmetric && f32x4.extract_lane(lowest, 0) == 0) lowest = f32x4.splat(firstOf(x, 0));
    let d4: v128;
    if (symmetric) {
      // In lanes: which of the two it is, no processor can foresee, and a choice between scalars is a jump.
      const depth = f32x4.neg(lowest);
      let extreme = v128.bitselect(highest, lowest, f32x4.gt(highest, depth));
      if (f32x4.extract_lane(highest, 0) == f32x4.extract_lane(depth, 0)) {
        extreme = f32x4.splat(firstOf(x, f32x4.extract_lane(highest, 0)));
      }
      // As dividing by -16 or -8 does, to the bit.
      d4 = f32x4.mul(extreme, f32x4.splat(five ? -0.0625 : -0.125));
    } else d4 = f32x4.div(f32x4.sub(highest, lowest), f32x4.splat(five ? 31 : 15));
    // Infinite where the scale is 0.
    const id4 = f32x4.div(f32x4.splat(1), d4);
    const d = f32x4.extract_lane(d4, 0);
    if (!(finite && abs<f32>(f32x4.extract_lane(id4, 0)) < LARGEST_RECIPROCAL && abs<f32>(d) < LARGEST_RECIPROCAL)) {
      oneOfNibbles<T>(x, blocks);
      continue;
    }
    store<u16>(blocks, halfBits(d));
    if (!symmetric) store<u16>(blocks, halfBits(f32x4.extract_lane(lowest, 0)), 2);
    const low4 = lowest;
    const codes = blocks + size - 16;
    if (!five) {
      v128.store(
        codes,
        narrow16(
          nibblePair<T>(a, f, id4, low4, shift, top),
          nibblePair<T>(b, g, id4, low4, shift, top),
          nibblePair<T>(c, h, id4, low4, shift, top),
          nibblePair<T>(e, k, id4, low4, shift, top),
        ),
      );
    } else {
      const lower = codes16<T>(a, b, c, e, id4, low4, shift, top);
      const upper = codes16<T>(f, g, h, k, id4, low4, shift, top);
      const nibble = i8x16.splat(15);
      v128.store(codes, v128.or(v128.and(lower, nibble), i16x8.shl(v128.and(upper, nibble), 4)));
      // The fifth bit as the sign. Codes have no higher bits that would run over into the next byte.
      const bits = i8x16.bitmask(i16x8.shl(lower, 3)) | (i8x16.bitmask(i16x8.shl(upper, 3)) << 16);
      store<u32>(codes - 4, bits);
    }
  }
}

/** The first value of a magnitude, where there are some of both signs. */
function firstOf(x: usize, magnitude: f32): f32 {
  for (let j: usize = 0; j < 128; j += 4) {
    const v = load<f32>(x + j);
    if (abs<f32>(v) == magnitude) return v;
  }
  return 0;
}

// @ts-ignore: decorator
@inline
function code4<T>(v: v128, id: v128, low: v128, shift: v128, top: v128): v128 {
  const from = idof<T>() == idof<Q4_1>() || idof<T>() == idof<Q5_1>() ? f32x4.sub(v, low) : v;
  return f32x4.pmin(f32x4.trunc(f32x4.add(f32x4.mul(from, id), shift)), top);
}

/** Codes of values j and j + 16 as one byte: below 256, so that the floats carry it exactly. */
// @ts-ignore: decorator
@inline
function nibblePair<T>(v: v128, next: v128, id: v128, low: v128, shift: v128, top: v128): v128 {
  const lower = code4<T>(v, id, low, shift, top);
  const upper = code4<T>(next, id, low, shift, top);
  const both = f32x4.add(f32x4.add(lower, f32x4.mul(upper, f32x4.splat(16))), f32x4.splat(INTEGER_MAGIC));
  return v128.xor(both, i32x4.splat(0x4b000000));
}

/** Codes of 16 values as bytes. */
// @ts-ignore: decorator
@inline
export function codes16<T>(a: v128, b: v128, c: v128, e: v128, id: v128, low: v128, shift: v128, top: v128): v128 {
  const magic = f32x4.splat(INTEGER_MAGIC);
  const magicBits = i32x4.splat(0x4b000000);
  return narrow16(
    v128.xor(f32x4.add(code4<T>(a, id, low, shift, top), magic), magicBits),
    v128.xor(f32x4.add(code4<T>(b, id, low, shift, top), magic), magicBits),
    v128.xor(f32x4.add(code4<T>(c, id, low, shift, top), magic), magicBits),
    v128.xor(f32x4.add(code4<T>(e, id, low, shift, top), magic), magicBits),
  );
}

/** A block of any values, one by one, with the C code's casts as x86 makes them. */
function oneOfNibbles<T>(x: usize, block: usize): void {
  const symmetric = idof<T>() == idof<Q4_0>() || idof<T>() == idof<Q5_0>();
  const five = idof<T>() == idof<Q5_0>() || idof<T>() == idof<Q5_1>();
  const top: i32 = five ? 31 : 15;
  let d: f32;
  let lowest: f32 = 0;
  if (symmetric) {
    let magnitude: f32 = 0;
    let extreme: f32 = 0;
    for (let j: usize = 0; j < 128; j += 4) {
      const v = load<f32>(x + j);
      if (magnitude < abs<f32>(v)) {
        magnitude = abs<f32>(v);
        extreme = v;
      }
    }
    d = extreme / (five ? -16 : -8);
  } else {
    lowest = f32.MAX_VALUE;
    let highest: f32 = -f32.MAX_VALUE;
    for (let j: usize = 0; j < 128; j += 4) {
      const v = load<f32>(x + j);
      if (v < lowest) lowest = v;
      if (v > highest) highest = v;
    }
    d = (highest - lowest) / <f32>top;
  }
  const id: f32 = d != 0 ? <f32>1 / d : 0;
  store<u16>(block, f16Bits(d));
  if (!symmetric) store<u16>(block, f16Bits(lowest), 2);
  const codes = block + 2 + (symmetric ? 0 : 2) + (five ? 4 : 0);
  let bits: u32 = 0;
  for (let j: usize = 0; j < 16; j++) {
    const lower = oneCode<T>(load<f32>(x + (j << 2)), lowest, id, top);
    const upper = oneCode<T>(load<f32>(x + (j << 2), 64), lowest, id, top);
    if (five) {
      store<u8>(codes + j, <u8>((lower & 15) | ((upper & 15) << 4)));
      bits |= <u32>((lower >> 4) & 1) << <u32>j;
      bits |= <u32>((upper >> 4) & 1) << (<u32>j + 16);
    } else store<u8>(codes + j, <u8>(lower | (upper << 4)));
  }
  if (five) store<u32>(codes - 4, bits);
}

function oneCode<T>(v: f32, lowest: f32, id: f32, top: i32): i32 {
  if (idof<T>() == idof<Q5_1>()) return truncateToByte((v - lowest) * id + 0.5);
  const scaled: f32 = idof<T>() == idof<Q4_1>() ? (v - lowest) * id : v * id;
  const byte = truncateToByte(scaled + (idof<T>() == idof<Q4_0>() ? <f32>8.5 : idof<T>() == idof<Q5_0>() ? <f32>16.5 : <f32>0.5));
  return min<i32>(top, <i32>(<i8>byte)) & 0xff;
}

/** Dispatch of the types of this file. */
export function quantize32(type: i32, x: usize, blocks: usize, count: i32, finite: bool): void {
  switch (type) {
    case GgmlType.Q4_0:
      quantizeNibbles<Q4_0>(x, blocks, count, finite);
      return;
    case GgmlType.Q4_1:
      quantizeNibbles<Q4_1>(x, blocks, count, finite);
      return;
    case GgmlType.Q5_0:
      quantizeNibbles<Q5_0>(x, blocks, count, finite);
      return;
    case GgmlType.Q5_1:
      quantizeNibbles<Q5_1>(x, blocks, count, finite);
      return;
    default:
      quantizeQ8_0(x, blocks, count, finite);
  }
}
