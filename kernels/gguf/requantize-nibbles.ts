// From blocks of nibbles straight to blocks of 32 values: a block holds 16 values at most, so that each of its 16 codes is restored and
// quantized once, and the codes are looked up. The same bytes as restoring all values and quantizing them.
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
  const offset: f32 = idof<S>() == idof<Q4_0>() ? 8 : 0;
  const symmetric = idof<T>() == idof<Q4_0>() || idof<T>() == idof<Q5_0>();
  const five = idof<T>() == idof<Q5_0>() || idof<T>() == idof<Q5_1>();
  const size: usize = 18 + (symmetric ? 0 : 2) + (five ? 4 : 0);
  const sourceSize: usize = idof<S>() == idof<Q4_0>() ? 18 : 20;
  const top = f32x4.splat(five ? 31 : 15);
  const shift = f32x4.splat(idof<T>() == idof<Q4_0>() ? 8.5 : idof<T>() == idof<Q5_0>() ? 16.5 : 0.5);
  const nibble = i8x16.splat(15);
  const special = i32x4.splat(0x7c00);
  const safe = f32x4.splat(LARGEST_RECIPROCAL);
  // Loaded, constants stay in registers; written, the compiler makes them anew for each block.
  const ramp = values + 128;
  for (let code = 0; code < 16; code++) store<f32>(ramp + (<usize>code << 2), <f32>code - offset);
  let magnitudes = f32x4.splat(0);
  let wildest: f32 = 0;
  for (let i = 0; i < count; i += 32, source += sourceSize, blocks += size) {
    // The scale and what is least: as f32, or too large by 2^16 where they are no finite numbers.
    const head: u32 = idof<S>() == idof<Q4_0>() ? load<u16>(source) : load<u32>(source);
    const halves = i32x4.extend_low_i16x8_u(i32x4.splat(head));
    const magnitude = f32x4.mul(
      i32x4.shl(v128.and(halves, i32x4.splat(0x7fff)), 13),
      f32x4.splat(5.192296858534828e33), // 2^112
    );
    const both = v128.or(magnitude, i32x4.shl(v128.and(halves, i32x4.splat(0x8000)), 16));
    const scale = i32x4.shuffle(both, both, 0, 0, 0, 0);
    const minimum = f32x4.neg(i32x4.shuffle(both, both, 1, 1, 1, 1));
    const packed = v128.load(source + sourceSize - 16);
    const low = v128.and(packed, nibble);
    const high = v128.and(i16x8.shr_u(packed, 4), nibble);

    // Rounding is monotonic: the extreme codes stand for the extreme values.
    const most = i8x16.max_u(low, high);
    const rest = i8x16.max_u(v128.xor(low, nibble), v128.xor(high, nibble));
    let ends = i8x16.max_u(i64x2.shuffle(most, rest, 0, 2), i64x2.shuffle(most, rest, 1, 3));
    ends = i8x16.max_u(ends, i64x2.shr_u(ends, 32));
    ends = i8x16.max_u(ends, i64x2.shr_u(ends, 16));
    ends = i8x16.max_u(ends, i64x2.shr_u(ends, 8));
    const codes = f32x4.convert_i32x4_s(v128.and(ends, i64x2.splat(0xff)));
    const last = f32x4.sub(i32x4.shuffle(codes, codes, 0, 0, 0, 0), f32x4.splat(offset));
    const first = f32x4.sub(f32x4.splat(15 - offset), i32x4.shuffle(codes, codes, 2, 2, 2, 2));
    const one = f32x4.sub(f32x4.mul(scale, last), minimum);
    const other = f32x4.sub(f32x4.mul(scale, first), minimum);
    const highest = f32x4.pmax(one, other);
    const lowest = f32x4.pmin(one, other);

    let d4: v128;
    let clear: v128;
    if (symmetric) {
      const depth = f32x4.neg(lowest);
      const extreme = v128.bitselect(highest, lowest, f32x4.gt(highest, depth));
      d4 = f32x4.mul(extreme, f32x4.splat(five ? -0.0625 : -0.125));
      // Of equals the first decides the scale's sign.
      clear = f32x4.ne(highest, depth);
    } else {
      d4 = f32x4.div(f32x4.sub(highest, lowest), top);
      clear = f32x4.ne(lowest, f32x4.splat(0));
    }
    const id4 = f32x4.div(f32x4.splat(1), d4);
    const tame = v128.and(f32x4.lt(f32x4.abs(id4), safe), f32x4.lt(f32x4.abs(d4), safe));
    const finite = i32x4.ne(v128.and(halves, special), special);
    if (!i32x4.all_true(v128.and(v128.and(clear, tame), finite))) {
      const bound = restoreNibbles<S>(source, values, 32);
      wildest = max<f32>(wildest, bound);
      quantizeNibbles<T>(values, blocks, 32, bound < Infinity);
      continue;
    }
    magnitudes = f32x4.pmax(magnitudes, magnitude);
    const table = codes16<T>(
      f32x4.sub(f32x4.mul(scale, v128.load(ramp)), minimum),
      f32x4.sub(f32x4.mul(scale, v128.load(ramp, 16)), minimum),
      f32x4.sub(f32x4.mul(scale, v128.load(ramp, 32)), minimum),
      f32x4.sub(f32x4.mul(scale, v128.load(ramp, 48)), minimum),
      id4,
      lowest,
      shift,
      top,
    );
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
    // Last, since all that is still needed then is stored across the call that it may make.
    store<u16>(blocks, halfBits(f32x4.extract_lane(d4, 0)));
    if (!symmetric) store<u16>(blocks, halfBits(f32x4.extract_lane(lowest, 0)), 2);
  }
  const span: f32 = idof<S>() == idof<Q4_0>() ? 8 : 15;
  const bound: f32 = f32x4.extract_lane(magnitudes, 0) * span + f32x4.extract_lane(magnitudes, 1);
  return max<f32>(wildest, bound);
}
