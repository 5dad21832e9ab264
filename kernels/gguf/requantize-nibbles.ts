// From blocks of nibbles straight to blocks of 32 values: a block holds 16 values at most, so that each of its 16 codes is restored and
// quantized once, and the codes are looked up. The same bytes as restoring all values and quantizing them.
import { loadF16 } from './arithmetic';
import { LARGEST_RECIPROCAL, Q4_0, Q4_1, Q5_0, Q5_1, codes16, halfBits, quantizeNibbles } from './blocks-of-32';
import { restoreNibbles } from './restore-32';
import { GgmlType } from './types';

/** Is there a way from these blocks to those? */
export function requantizes(from: i32, to: i32): bool {
  return (from == GgmlType.Q4_0 || from == GgmlType.Q4_1) && to >= GgmlType.Q4_0 && to <= GgmlType.Q5_1;
}

/**
 * Requantizes `count` values of whole blocks.
 *
 * @param values f32 × 48, to work in
 * @returns a magnitude that none of them exceeds; infinite or NaN where one of them is
 */
export function requantize(from: i32, to: i32, source: usize, blocks: usize, count: i32, values: usize): f32 {
  return from == GgmlType.Q4_0
    ? requantizeTo<Q4_0>(to, source, blocks, count, values)
    : requantizeTo<Q4_1>(to, source, blocks, count, values);
}

function requantizeTo<S>(to: i32, source: usize, blocks: usize, count: i32, values: usize): f32 {
  switch (to) {
    case GgmlType.Q4_0:
      return requantizeAs<S, Q4_0>(source, blocks, count, values);
    case GgmlType.Q4_1:
      return requantizeAs<S, Q4_1>(source, blocks, count, values);
    case GgmlType.Q5_0:
      return requantizeAs<S, Q5_0>(source, blocks, count, values);
    default:
      return requantizeAs<S, Q5_1>(source, blocks, count, values);
  }
}

function requantizeAs<S, T>(source: usize, blocks: usize, count: i32, values: usize): f32 {
  const offset = idof<S>() == idof<Q4_0>() ? 8 : 0;
  const symmetric = idof<T>() == idof<Q4_0>() || idof<T>() == idof<Q5_0>();
  const five = idof<T>() == idof<Q5_0>() || idof<T>() == idof<Q5_1>();
  const size: usize = 18 + (symmetric ? 0 : 2) + (five ? 4 : 0);
  const sourceSize: usize = idof<S>() == idof<Q4_0>() ? 18 : 20;
  const top = f32x4.splat(five ? 31 : 15);
  const shift = f32x4.splat(idof<T>() == idof<Q4_0>() ? 8.5 : idof<T>() == idof<Q5_0>() ? 16.5 : 0.5);
  const nibble = i8x16.splat(15);
  // Loaded, constants stay in registers; written, the compiler makes them anew for each block.
  const ramp = values + 128;
  for (let code = 0; code < 16; code++) store<f32>(ramp + (<usize>code << 2), <f32>(code - offset));
  let bound: f32 = 0;
  for (let i = 0; i < count; i += 32, source += sourceSize, blocks += size) {
    const scale = loadF16(source);
    const least: f32 = idof<S>() == idof<Q4_0>() ? 0 : loadF16(source + 2);
    const blockBound: f32 = abs<f32>(scale) * (idof<S>() == idof<Q4_0>() ? 8 : 15) + abs<f32>(least);
    bound = max<f32>(bound, blockBound);
    const packed = v128.load(source + sourceSize - 16);
    const low = v128.and(packed, nibble);
    const high = v128.and(i16x8.shr_u(packed, 4), nibble);

    // Rounding is monotonic: the extreme codes stand for the extreme values.
    const most = i8x16.max_u(low, high);
    const rest = i8x16.max_u(v128.xor(low, nibble), v128.xor(high, nibble));
    let both = i8x16.max_u(i64x2.shuffle(most, rest, 0, 2), i64x2.shuffle(most, rest, 1, 3));
    both = i8x16.max_u(both, i64x2.shr_u(both, 32));
    both = i8x16.max_u(both, i64x2.shr_u(both, 16));
    both = i8x16.max_u(both, i64x2.shr_u(both, 8));
    const scale4 = f32x4.splat(scale);
    const minimum4 = f32x4.splat(-least);
    const last = f32x4.splat(<f32>(<i32>i8x16.extract_lane_u(both, 0) - offset));
    const first = f32x4.splat(<f32>((<i32>i8x16.extract_lane_u(both, 8) ^ 15) - offset));
    const one = f32x4.sub(f32x4.mul(scale4, last), minimum4);
    const other = f32x4.sub(f32x4.mul(scale4, first), minimum4);
    const highest = f32x4.pmax(one, other);
    const lowest = f32x4.pmin(one, other);

    let d4: v128;
    let unclear: bool;
    if (symmetric) {
      const depth = f32x4.neg(lowest);
      const extreme = v128.bitselect(highest, lowest, f32x4.gt(highest, depth));
      d4 = f32x4.mul(extreme, f32x4.splat(five ? -0.0625 : -0.125));
      // The first of both decides the scale's sign.
      unclear = f32x4.extract_lane(highest, 0) == f32x4.extract_lane(depth, 0);
    } else {
      d4 = f32x4.div(f32x4.sub(highest, lowest), top);
      unclear = f32x4.extract_lane(lowest, 0) == 0;
    }
    const id4 = f32x4.div(f32x4.splat(1), d4);
    const d = f32x4.extract_lane(d4, 0);
    const tame =
      blockBound < Infinity &&
      abs<f32>(f32x4.extract_lane(id4, 0)) < LARGEST_RECIPROCAL &&
      abs<f32>(d) < LARGEST_RECIPROCAL;
    if (unclear || !tame) {
      restoreNibbles<S>(source, values, 32);
      quantizeNibbles<T>(values, blocks, 32, blockBound < Infinity);
      continue;
    }
    const table = codes16<T>(
      f32x4.sub(f32x4.mul(scale4, v128.load(ramp)), minimum4),
      f32x4.sub(f32x4.mul(scale4, v128.load(ramp, 16)), minimum4),
      f32x4.sub(f32x4.mul(scale4, v128.load(ramp, 32)), minimum4),
      f32x4.sub(f32x4.mul(scale4, v128.load(ramp, 48)), minimum4),
      id4,
      lowest,
      shift,
      top,
    );
    store<u16>(blocks, halfBits(d));
    if (!symmetric) store<u16>(blocks, halfBits(f32x4.extract_lane(lowest, 0)), 2);
    const lower = i8x16.swizzle(table, low);
    const upper = i8x16.swizzle(table, high);
    v128.store(blocks + size - 16, v128.or(v128.and(lower, nibble), i16x8.shl(v128.and(upper, nibble), 4)));
    // The fifth bit as the sign. Codes have no higher bits that would run over into the next byte.
    if (five) {
      store<u32>(
        blocks + size - 20,
        i8x16.bitmask(i16x8.shl(lower, 3)) | (i8x16.bitmask(i16x8.shl(upper, 3)) << 16),
      );
    }
  }
  return bound;
}
