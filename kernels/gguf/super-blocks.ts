// Q2_K to Q6_K: 256 values in sub-blocks, whose scales are quantized in turn. `quantize_row_*_K_ref` of ggml-quants.c.
import { f16Bits } from '../dtype';
import { loadF16, narrow16, nearestInt, nearestInt4 } from './arithmetic';
import { codesByProduct, codesBySteps, packBitPlane, packNibbles, packPairs } from './codes';
import { toLanes } from './lanes';
import { Scratch } from './scratch';
import { OwnSquares, codesOfThreeBits, searchScale, searchThreeBits } from './search-scale';
import { Exact, Fast, Magnitudes, Squares, search, searchForCodes } from './search-scale-and-min';
import { Slot } from './search-slot';
import { GgmlType, blockBytes } from './types';

/** Above this magnitude sums of fourth powers may overflow: such blocks are searched as the C code does in every case. */
const LARGEST_FAST: f32 = 1e9;

/**
 * Quantizes whole super-blocks.
 *
 * @param largest the largest magnitude; infinite where a value is NaN
 */
export function quantizeSuperBlocks(
  type: i32,
  x: usize,
  blocks: usize,
  count: i32,
  largest: f32,
  scratch: usize,
): void {
  const size = blockBytes(type);
  if (type == GgmlType.Q4_K || type == GgmlType.Q5_K) {
    for (let i = 0; i < count; i += 512, x += 2048, blocks += size * 2) {
      const second = count - i > 256;
      if (type == GgmlType.Q4_K) quantizeQ45K(x, blocks, size, second, largest, scratch, 15, -1, 20);
      else quantizeQ45K(x, blocks, size, second, largest, scratch, 31, -0.5, 15);
    }
    return;
  }
  for (let i = 0; i < count; i += 256, x += 1024, blocks += size) {
    if (type == GgmlType.Q2_K) quantizeQ2K(x, blocks, largest, scratch);
    else if (type == GgmlType.Q3_K) quantizeQ3K(x, blocks, largest, scratch);
    else quantizeQ6K(x, blocks, largest, scratch);
  }
}

/** The largest of `count` f32; 0 if none is positive. */
function largestOf(at: usize, count: i32): f32 {
  let largest: f32 = 0;
  for (let i = 0; i < count; i++) {
    const value = load<f32>(at + (<usize>i << 2));
    if (value > largest) largest = value;
  }
  return largest;
}

/** The value of largest magnitude among 16, its sign kept; the first of equals. */
export function extremeOf(at: usize): f32 {
  let largest: f32 = 0;
  let extreme: f32 = 0;
  for (let i: usize = 0; i < 64; i += 4) {
    const value = load<f32>(at + i);
    if (abs<f32>(value) > largest) {
      largest = abs<f32>(value);
      extreme = value;
    }
  }
  return extreme;
}

function quantizeQ2K(x: usize, block: usize, largest: f32, scratch: usize): void {
  const slots = scratch + Scratch.SLOTS;
  const upper = slots + Slot.BYTES;
  for (let half: usize = 0; half < 2; half++) {
    const slot = half == 0 ? slots : upper;
    toLanes(x + (half << 9), slot + Slot.LANES, 2, 16);
    for (let at = slot; at < slot + 512; at += 16) {
      v128.store(at, f32x4.abs(v128.load(at, Slot.LANES)), Slot.WEIGHTS);
    }
  }
  search<Magnitudes>(largest <= LARGEST_FAST, slots, upper, 16, 3, -0.5, 15);
  const maxScale = max<f32>(largestOf(slots + Slot.SCALE, 8), largestOf(upper + Slot.SCALE, 8));
  const maxMin = max<f32>(largestOf(slots + Slot.MIN, 8), largestOf(upper + Slot.MIN, 8));
  const inverseScale: f32 = maxScale > 0 ? <f32>15 / maxScale : 0;
  const inverseMin: f32 = maxMin > 0 ? <f32>15 / maxMin : 0;
  for (let j: usize = 0; j < 16; j++) {
    const from = (j < 8 ? slots : upper) + ((j & 7) << 2);
    const scale = maxScale > 0 ? nearestInt(inverseScale * load<f32>(from, Slot.SCALE)) : 0;
    const low = maxMin > 0 ? nearestInt(inverseMin * load<f32>(from, Slot.MIN)) : 0;
    store<u8>(block + j, <u8>(scale | (low << 4)));
  }
  store<u16>(block, f16Bits(maxScale > 0 ? maxScale / 15 : 0), 80);
  store<u16>(block, f16Bits(maxMin > 0 ? maxMin / 15 : 0), 82);
  const d = loadF16(block + 80);
  const dmin = loadF16(block + 82);
  for (let j: usize = 0; j < 16; j++) {
    const packed = <i32>load<u8>(block + j);
    store<f32>(scratch + (j << 2), d * <f32>(packed & 15), Scratch.STEPS);
    store<f32>(scratch + (j << 2), dmin * <f32>(packed >> 4), Scratch.ADDS);
  }
  codesBySteps(x, scratch, 16, 16, 0, 3, largest);
  const codes = scratch + Scratch.CODES;
  for (let half: usize = 0; half < 2; half++) {
    const slot = half == 0 ? slots : upper;
    const steps = scratch + Scratch.STEPS + (half << 5);
    if (!hasZero(steps, 8)) continue;
    searchForCodes<Magnitudes>(slot, 16, 3, -0.5, 15);
    codesOfSearch(slot, steps, x + (half << 9), codes + (half << 7), 16, 3);
  }
  packPairs(codes, block + 16);
}

/** Is one of `count` f32, a multiple of four, zero? */
export function hasZero(at: usize, count: i32): bool {
  let zeros = i32x4.splat(0);
  for (let i: usize = 0; i < <usize>count << 2; i += 16) {
    zeros = v128.or(zeros, f32x4.eq(v128.load(at + i), f32x4.splat(0)));
  }
  return v128.any_true(zeros);
}

/** Codes of the search's best trial for those of a slot's sub-blocks whose step is zero. */
export function codesOfSearch(slot: usize, steps: usize, x: usize, codes: usize, length: i32, top: i32): void {
  for (let j: usize = 0; j < 8; j++) {
    if (load<f32>(steps + (j << 2)) != 0) continue;
    const at = slot + (j << 2);
    const first = j * <usize>length;
    const factor = load<f32>(at, Slot.USED_FACTOR);
    codesByProduct(x + (first << 2), codes + first, length, factor, load<f32>(at, Slot.USED_MIN), 0, top);
  }
}

/** One super-block, or two of them one after the other. */
function quantizeQ45K(
  x: usize,
  block: usize,
  size: i32,
  second: bool,
  largest: f32,
  scratch: usize,
  top: i32,
  start: f32,
  steps: i32,
): void {
  const slot = scratch + Scratch.SLOTS;
  const next = slot + Slot.BYTES;
  toLanes(x, slot + Slot.LANES, 2, 32);
  weighByMagnitude(slot);
  if (second) {
    toLanes(x + 1024, next + Slot.LANES, 2, 32);
    weighByMagnitude(next);
  }
  search<Squares>(largest <= LARGEST_FAST, slot, second ? next : 0, 32, top, start, steps);
  writeQ45K(x, block, slot, largest, scratch, top, start, steps);
  if (second) writeQ45K(x + 1024, block + size, next, largest, scratch, top, start, steps);
}

function writeQ45K(
  x: usize,
  block: usize,
  slot: usize,
  largest: f32,
  scratch: usize,
  top: i32,
  start: f32,
  steps: i32,
): void {
  const maxScale = largestOf(slot + Slot.SCALE, 8);
  const maxMin = largestOf(slot + Slot.MIN, 8);
  packScales(block + 4, slot, maxScale > 0 ? <f32>63 / maxScale : 0, maxMin > 0 ? <f32>63 / maxMin : 0);
  store<u16>(block, f16Bits(maxScale / 63));
  store<u16>(block, f16Bits(maxMin / 63), 2);
  writeCodesOfQ45K<Squares>(x, block, slot, scratch, top, start, steps, largest);
}

/** The codes of a Q4_K or Q5_K block whose scales and minima are written. */
export function writeCodesOfQ45K<M>(
  x: usize,
  block: usize,
  slot: usize,
  scratch: usize,
  top: i32,
  start: f32,
  steps: i32,
  largest: f32,
): void {
  const d = loadF16(block);
  const dmin = loadF16(block + 2);
  for (let j: usize = 0; j < 8; j++) {
    store<f32>(scratch + (j << 2), d * <f32>scaleAt(block + 4, j), Scratch.STEPS);
    store<f32>(scratch + (j << 2), dmin * <f32>minAt(block + 4, j), Scratch.ADDS);
  }
  codesBySteps(x, scratch, 8, 32, 0, top, largest);
  const codes = scratch + Scratch.CODES;
  if (hasZero(scratch + Scratch.STEPS, 8)) {
    searchForCodes<M>(slot, 32, top, start, steps);
    codesOfSearch(slot, scratch + Scratch.STEPS, x, codes, 32, top);
  }
  if (top > 15) {
    packBitPlane(codes, 16, block + 16);
    packNibbles(codes, block + 48);
  } else packNibbles(codes, block + 16);
}

/** Weights in the search of Q4_K and Q5_K: the root mean square of the sub-block plus the value's magnitude. */
function weighByMagnitude(slot: usize): void {
  const end = slot + 1024;
  let squaresA = f32x4.splat(0);
  let squaresB = f32x4.splat(0);
  for (let at = slot; at < end; at += 32) {
    const xa = v128.load(at, Slot.LANES);
    const xb = v128.load(at, Slot.LANES + 16);
    squaresA = f32x4.add(squaresA, f32x4.mul(xa, xa));
    squaresB = f32x4.add(squaresB, f32x4.mul(xb, xb));
  }
  const rootA = f32x4.sqrt(f32x4.div(squaresA, f32x4.splat(32)));
  const rootB = f32x4.sqrt(f32x4.div(squaresB, f32x4.splat(32)));
  for (let at = slot; at < end; at += 32) {
    v128.store(at, f32x4.add(rootA, f32x4.abs(v128.load(at, Slot.LANES))), Slot.WEIGHTS);
    v128.store(at, f32x4.add(rootB, f32x4.abs(v128.load(at, Slot.LANES + 16))), Slot.WEIGHTS + 16);
  }
}

/** Eight scales and eight minima of six bits in twelve bytes. */
function packScales(target: usize, slot: usize, inverseScale: f32, inverseMin: f32): void {
  for (let j: usize = 0; j < 8; j++) {
    // Through a byte, as in C: a negative number becomes a large one.
    const rawScale = nearestInt(inverseScale * load<f32>(slot + (j << 2), Slot.SCALE)) & 0xff;
    const rawMin = nearestInt(inverseMin * load<f32>(slot + (j << 2), Slot.MIN)) & 0xff;
    const scale = min<i32>(63, rawScale);
    const low = min<i32>(63, rawMin);
    if (j < 4) {
      store<u8>(target + j, <u8>scale);
      store<u8>(target + j, <u8>low, 4);
    } else {
      store<u8>(target + j, <u8>((scale & 15) | ((low & 15) << 4)), 4);
      store<u8>(target + j - 4, <u8>(<i32>load<u8>(target + j - 4) | ((scale >> 4) << 6)));
      store<u8>(target + j, <u8>(<i32>load<u8>(target + j) | ((low >> 4) << 6)));
    }
  }
}

/** Scale of sub-block `j` from the twelve bytes: `get_scale_min_k4`. */
export function scaleAt(packed: usize, j: usize): i32 {
  if (j < 4) return <i32>load<u8>(packed + j) & 63;
  return (<i32>load<u8>(packed + j, 4) & 15) | ((<i32>load<u8>(packed + j - 4) >> 6) << 4);
}

/** Minimum of sub-block `j`. */
export function minAt(packed: usize, j: usize): i32 {
  if (j < 4) return <i32>load<u8>(packed + j, 4) & 63;
  return (<i32>load<u8>(packed + j, 4) >> 4) | ((<i32>load<u8>(packed + j) >> 6) << 4);
}

function quantizeQ3K(x: usize, block: usize, largest: f32, scratch: usize): void {
  toLanes(x, scratch + Scratch.LANES, 4, 16);
  if (largest <= LARGEST_FAST) searchThreeBits<Fast>(scratch);
  else searchThreeBits<Exact>(scratch);
  const extreme = extremeOf(scratch + Scratch.SCALES);
  // A NaN counts as true in C.
  const inverse: f32 = extreme != 0 ? <f32>-32 / extreme : 0;
  store<u16>(block, extreme != 0 ? f16Bits(<f32>1 / inverse) : 0, 108);
  const d = loadF16(block + 108);
  const a = scalesOf4(scratch, inverse, 0);
  const b = scalesOf4(scratch, inverse, 16);
  const c = scalesOf4(scratch, inverse, 32);
  const e = scalesOf4(scratch, inverse, 48);
  // Without a scale all bits stay zero.
  const scales = extreme != 0 ? narrow16(a, b, c, e) : i8x16.splat(0);
  packSixBitScales(scales, block + 96);
  storeSteps(scratch, d, a, 0);
  storeSteps(scratch, d, b, 16);
  storeSteps(scratch, d, c, 32);
  storeSteps(scratch, d, e, 48);
  codesBySteps(x, scratch, 16, 16, -4, 3, largest);
  const codes = scratch + Scratch.CODES;
  if (hasZero(scratch + Scratch.STEPS, 16)) {
    for (let j: usize = 0; j < 16; j++) {
      if (load<f32>(scratch + (j << 2), Scratch.STEPS) == 0) codesOfThreeBits(scratch, j, codes + (j << 4));
    }
  }
  packBitPlane(codes, 4, block);
  packPairs(codes, block + 32);
}

/** Four scales of Q3_K from byte `at` of the search's on, rounded to six bits and 32 too large. */
// @ts-ignore: decorator
@inline
function scalesOf4(scratch: usize, inverse: f32, at: usize): v128 {
  const whole = nearestInt4(f32x4.mul(f32x4.splat(inverse), v128.load(scratch + at, Scratch.SCALES)));
  // Through a signed byte, as in C.
  const byte = i32x4.shr_s(i32x4.shl(whole, 24), 24);
  return i32x4.add(i32x4.max_s(i32x4.min_s(byte, i32x4.splat(31)), i32x4.splat(-32)), i32x4.splat(32));
}

// @ts-ignore: decorator
@inline
function storeSteps(scratch: usize, d: f32, scales: v128, at: usize): void {
  const whole = f32x4.convert_i32x4_s(i32x4.sub(scales, i32x4.splat(32)));
  v128.store(scratch + at, f32x4.mul(f32x4.splat(d), whole), Scratch.STEPS);
  v128.store(scratch + at, f32x4.splat(0), Scratch.ADDS);
}

/** 16 scales of six bits in twelve bytes: the lower four bits of j and j + 8 share a byte, the upper two of j, j + 4, j + 8, j + 12. */
export function packSixBitScales(scales: v128, target: usize): void {
  const low = v128.and(scales, i8x16.splat(15));
  store<u64>(target, i64x2.extract_lane(low, 0) | (i64x2.extract_lane(low, 1) << 4));
  const high = v128.and(i16x8.shr_u(scales, 4), i8x16.splat(3));
  const bits = i32x4.extract_lane(high, 0) | (i32x4.extract_lane(high, 1) << 2);
  store<u32>(target, bits | (i32x4.extract_lane(high, 2) << 4) | (i32x4.extract_lane(high, 3) << 6), 8);
}

/** One of the 16 six-bit scales of Q3_K, 32 too large. */
export function scaleOf16(packed: usize, j: usize): i32 {
  const low = (<i32>load<u8>(packed + (j & 7)) >> (j < 8 ? 0 : 4)) & 15;
  return low | (((<i32>load<u8>(packed + 8 + (j & 3)) >> (<i32>(j >> 2) << 1)) & 3) << 4);
}

function quantizeQ6K(x: usize, block: usize, largest: f32, scratch: usize): void {
  const tame = largest <= LARGEST_FAST;
  const slot = scratch + Scratch.SLOTS;
  for (let half: usize = 0; half < 2; half++) {
    toLanes(x + (half << 9), slot + Slot.LANES, 2, 16);
    if (tame) searchScale<Fast, OwnSquares>(slot, scratch, 16, 32, half << 3);
    else searchScale<Exact, OwnSquares>(slot, scratch, 16, 32, half << 3);
  }
  const extreme = extremeOf(scratch + Scratch.SCALES);
  if (abs<f32>(extreme) < 1e-15) {
    memory.fill(block, 0, 210);
    return;
  }
  const inverse: f32 = <f32>-128 / extreme;
  store<u16>(block, f16Bits(<f32>1 / inverse), 208);
  const d = loadF16(block + 208);
  const codes = scratch + Scratch.CODES;
  for (let j: usize = 0; j < 16; j++) {
    const scale = min<i32>(127, nearestInt(inverse * load<f32>(scratch + Scratch.SCALES + (j << 2))));
    store<i8>(block + j, <i8>scale, 192);
    store<f32>(scratch + (j << 2), d * <f32>load<i8>(block + j, 192), Scratch.STEPS);
    store<f32>(scratch + (j << 2), 0, Scratch.ADDS);
  }
  codesBySteps(x, scratch, 16, 16, -32, 31, largest);
  if (hasZero(scratch + Scratch.STEPS, 16)) {
    for (let j: usize = 0; j < 16; j++) {
      if (load<f32>(scratch + (j << 2), Scratch.STEPS) != 0) continue;
      const to = codes + (j << 4);
      const factor = load<f32>(scratch + (j << 2), Scratch.SEARCH_SCALES);
      if (load<i32>(scratch + (j << 2), Scratch.EMPTY) != 0) v128.store(to, i8x16.splat(0));
      else codesByProduct(x + (j << 6), to, 16, factor, 0, -32, 31);
    }
  }
  packSixBits(codes, block);
}

/** Of each 128 codes: the lower nibbles of runs 0 and 2 share bytes, those of 1 and 3; two bits of all four share a byte. */
export function packSixBits(codes: usize, block: usize): void {
  const mask = i8x16.splat(15);
  for (let half: usize = 0; half < 2; half++) {
    for (let i: usize = 0; i < 32; i += 16) {
      const from = codes + (half << 7) + i;
      const a = v128.load(from);
      const b = v128.load(from, 32);
      const c = v128.load(from, 64);
      const e = v128.load(from, 96);
      const low = block + (half << 6) + i;
      v128.store(low, v128.or(v128.and(a, mask), i16x8.shl(v128.and(c, mask), 4)));
      v128.store(low, v128.or(v128.and(b, mask), i16x8.shl(v128.and(e, mask), 4)), 32);
      const two = i8x16.splat(3);
      const lower = v128.or(
        v128.and(i16x8.shr_u(a, 4), two),
        i16x8.shl(v128.and(i16x8.shr_u(b, 4), two), 2),
      );
      const upper = v128.or(
        i16x8.shl(v128.and(i16x8.shr_u(c, 4), two), 4),
        i16x8.shl(v128.and(i16x8.shr_u(e, 4), two), 6),
      );
      v128.store(block + 128 + (half << 5) + i, v128.or(lower, upper));
    }
  }
}

/** The other way round. */
export function unpackSixBits(block: usize, codes: usize): void {
  const mask = i8x16.splat(15);
  const two = i8x16.splat(3);
  for (let half: usize = 0; half < 2; half++) {
    for (let i: usize = 0; i < 32; i += 16) {
      const low = v128.load(block + (half << 6) + i);
      const next = v128.load(block + (half << 6) + i, 32);
      const high = v128.load(block + 128 + (half << 5) + i);
      const to = codes + (half << 7) + i;
      v128.store(to, v128.or(v128.and(low, mask), i16x8.shl(v128.and(high, two), 4)));
      v128.store(to, v128.or(v128.and(next, mask), i16x8.shl(v128.and(i16x8.shr_u(high, 2), two), 4)), 32);
      v128.store(
        to,
        v128.or(v128.and(i16x8.shr_u(low, 4), mask), i16x8.shl(v128.and(i16x8.shr_u(high, 4), two), 4)),
        64,
      );
      v128.store(
        to,
        v128.or(v128.and(i16x8.shr_u(next, 4), mask), i16x8.shl(v128.and(i16x8.shr_u(high, 6), two), 4)),
        96,
      );
    }
  }
}
