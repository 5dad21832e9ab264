// Q2_K to Q6_K: 256 values in sub-blocks, whose scales are quantized in turn. `quantize_row_*_K_ref` of ggml-quants.c.
import { f16Bits } from '../dtype';
import { loadF16, nearestInt } from './arithmetic';
import { codesByDivision, codesByProduct, packBitPlane, packNibbles, packPairs } from './codes';
import { toLanes } from './lanes';
import { Scratch } from './scratch';
import { searchSixBits, searchThreeBits } from './search-scale';
import { Exact, Fast, Magnitudes, Squares, searchEight } from './search-scale-and-min';
import { GgmlType, blockBytes } from './types';

/** Above this magnitude sums of fourth powers may overflow: such blocks are searched as the C code does in every case. */
const LARGEST_FAST: f32 = 1e9;

/** Quantizes whole super-blocks. */
export function quantizeSuperBlocks(type: i32, x: usize, blocks: usize, count: i32, scratch: usize): void {
  const size = blockBytes(type);
  for (let i = 0; i < count; i += 256, x += 1024, blocks += size) {
    switch (type) {
      case GgmlType.Q2_K:
        quantizeQ2K(x, blocks, scratch);
        break;
      case GgmlType.Q3_K:
        quantizeQ3K(x, blocks, scratch);
        break;
      case GgmlType.Q4_K:
        quantizeQ45K(x, blocks, scratch, 15, -1, 20);
        break;
      case GgmlType.Q5_K:
        quantizeQ45K(x, blocks, scratch, 31, -0.5, 15);
        break;
      default:
        quantizeQ6K(x, blocks, scratch);
    }
  }
}

/** No value is NaN, infinite or huge. */
function isTame(x: usize): bool {
  const limit = f32x4.splat(LARGEST_FAST);
  let tame = i32x4.splat(-1);
  for (let at: usize = 0; at < 1024; at += 16) tame = v128.and(tame, f32x4.le(f32x4.abs(v128.load(x + at)), limit));
  return i32x4.all_true(tame);
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
function extremeOf(at: usize): f32 {
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

function quantizeQ2K(x: usize, block: usize, scratch: usize): void {
  const tame = isTame(x);
  for (let half: usize = 0; half < 2; half++) {
    toLanes(x + (half << 9), scratch + Scratch.LANES, 2, 16);
    for (let at: usize = 0; at < 512; at += 16) {
      v128.store(scratch + Scratch.WEIGHTS + at, f32x4.abs(v128.load(scratch + Scratch.LANES + at)));
    }
    const first = half << 3;
    if (!(tame && searchEight<Fast, Magnitudes>(scratch, first, 16, 3, -0.5, 15))) {
      searchEight<Exact, Magnitudes>(scratch, first, 16, 3, -0.5, 15);
    }
  }
  const scales = scratch + Scratch.SCALES;
  const mins = scratch + Scratch.MINS;
  const maxScale = largestOf(scales, 16);
  const maxMin = largestOf(mins, 16);
  const inverseScale: f32 = maxScale > 0 ? <f32>15 / maxScale : 0;
  const inverseMin: f32 = maxMin > 0 ? <f32>15 / maxMin : 0;
  for (let j: usize = 0; j < 16; j++) {
    const scale = maxScale > 0 ? nearestInt(inverseScale * load<f32>(scales + (j << 2))) : 0;
    const low = maxMin > 0 ? nearestInt(inverseMin * load<f32>(mins + (j << 2))) : 0;
    store<u8>(block + j, <u8>(scale | (low << 4)));
  }
  store<u16>(block, f16Bits(maxScale > 0 ? maxScale / 15 : 0), 80);
  store<u16>(block, f16Bits(maxMin > 0 ? maxMin / 15 : 0), 82);
  const d = loadF16(block + 80);
  const dmin = loadF16(block + 82);
  for (let j: usize = 0; j < 16; j++) {
    const packed = <i32>load<u8>(block + j);
    codesOf(x, scratch, j, 16, d * <f32>(packed & 15), dmin * <f32>(packed >> 4), 3);
  }
  packPairs(scratch + Scratch.CODES, block + 16);
}

/** Codes of sub-block `j` with its rounded scale; those of the search where that scale is zero. */
function codesOf(x: usize, scratch: usize, j: usize, length: i32, scale: f32, minimum: f32, top: i32): void {
  const from = x + ((j * length) << 2);
  const to = scratch + Scratch.CODES + j * length;
  if (scale != 0) {
    codesByDivision(from, to, length, minimum, scale, 0, top);
    return;
  }
  const factor = load<f32>(scratch + Scratch.SEARCH_SCALES + (j << 2));
  codesByProduct(from, to, length, factor, load<f32>(scratch + Scratch.SEARCH_MINS + (j << 2)), 0, top);
}

function quantizeQ45K(x: usize, block: usize, scratch: usize, top: i32, start: f32, steps: i32): void {
  toLanes(x, scratch + Scratch.LANES, 2, 32);
  weighByMagnitude(scratch);
  if (!(isTame(x) && searchEight<Fast, Squares>(scratch, 0, 32, top, start, steps))) {
    searchEight<Exact, Squares>(scratch, 0, 32, top, start, steps);
  }
  const maxScale = largestOf(scratch + Scratch.SCALES, 8);
  const maxMin = largestOf(scratch + Scratch.MINS, 8);
  packScales(block + 4, scratch, maxScale > 0 ? <f32>63 / maxScale : 0, maxMin > 0 ? <f32>63 / maxMin : 0);
  store<u16>(block, f16Bits(maxScale / 63));
  store<u16>(block, f16Bits(maxMin / 63), 2);
  const d = loadF16(block);
  const dmin = loadF16(block + 2);
  for (let j: usize = 0; j < 8; j++) {
    codesOf(x, scratch, j, 32, d * <f32>scaleAt(block + 4, j), dmin * <f32>minAt(block + 4, j), top);
  }
  const codes = scratch + Scratch.CODES;
  if (top > 15) {
    packBitPlane(codes, 16, block + 16);
    packNibbles(codes, block + 48);
  } else packNibbles(codes, block + 16);
}

/** Weights in the search of Q4_K and Q5_K: the root mean square of the sub-block plus the value's magnitude. */
function weighByMagnitude(scratch: usize): void {
  const values = scratch + Scratch.LANES;
  const weights = scratch + Scratch.WEIGHTS;
  let squaresA = f32x4.splat(0);
  let squaresB = f32x4.splat(0);
  for (let at: usize = 0; at < 1024; at += 32) {
    const xa = v128.load(values + at);
    const xb = v128.load(values + at, 16);
    squaresA = f32x4.add(squaresA, f32x4.mul(xa, xa));
    squaresB = f32x4.add(squaresB, f32x4.mul(xb, xb));
  }
  const rootA = f32x4.sqrt(f32x4.div(squaresA, f32x4.splat(32)));
  const rootB = f32x4.sqrt(f32x4.div(squaresB, f32x4.splat(32)));
  for (let at: usize = 0; at < 1024; at += 32) {
    v128.store(weights + at, f32x4.add(rootA, f32x4.abs(v128.load(values + at))));
    v128.store(weights + at, f32x4.add(rootB, f32x4.abs(v128.load(values + at, 16))), 16);
  }
}

/** Eight scales and eight minima of six bits in twelve bytes. */
function packScales(target: usize, scratch: usize, inverseScale: f32, inverseMin: f32): void {
  for (let j: usize = 0; j < 8; j++) {
    // Through a byte, as in C: a negative number becomes a large one.
    const rawScale = nearestInt(inverseScale * load<f32>(scratch + Scratch.SCALES + (j << 2))) & 0xff;
    const rawMin = nearestInt(inverseMin * load<f32>(scratch + Scratch.MINS + (j << 2))) & 0xff;
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

function quantizeQ3K(x: usize, block: usize, scratch: usize): void {
  toLanes(x, scratch + Scratch.LANES, 4, 16);
  searchThreeBits(scratch);
  const extreme = extremeOf(scratch + Scratch.SCALES);
  const packed = block + 96;
  store<u64>(packed, 0);
  store<u32>(packed, 0, 8);
  // A NaN counts as true in C.
  if (extreme != 0) {
    const inverse: f32 = <f32>-32 / extreme;
    for (let j: usize = 0; j < 16; j++) {
      const whole = <i32>(<i8>nearestInt(inverse * load<f32>(scratch + Scratch.SCALES + (j << 2))));
      const scale = max<i32>(-32, min<i32>(31, whole)) + 32;
      const low = packed + (j & 7);
      store<u8>(low, <u8>(<i32>load<u8>(low) | ((scale & 15) << (j < 8 ? 0 : 4))));
      const high = packed + 8 + (j & 3);
      store<u8>(high, <u8>(<i32>load<u8>(high) | ((scale >> 4) << (<i32>(j >> 2) << 1))));
    }
    store<u16>(block, f16Bits(<f32>1 / inverse), 108);
  } else store<u16>(block, 0, 108);

  const d = loadF16(block + 108);
  const codes = scratch + Scratch.CODES;
  for (let j: usize = 0; j < 16; j++) {
    const scale = d * <f32>(scaleOf16(packed, j) - 32);
    if (scale != 0) codesByDivision(x + (j << 6), codes + (j << 4), 16, 0, scale, -4, 3);
    else {
      const lane = scratch + Scratch.TRIALS + (j << 2);
      for (let i: usize = 0; i < 16; i++) store<u8>(codes + (j << 4) + i, <u8>load<f32>(lane + (i << 6)));
    }
  }
  packBitPlane(codes, 4, block);
  packPairs(codes, block + 32);
}

/** One of the 16 six-bit scales of Q3_K, 32 too large. */
export function scaleOf16(packed: usize, j: usize): i32 {
  const low = (<i32>load<u8>(packed + (j & 7)) >> (j < 8 ? 0 : 4)) & 15;
  return low | (((<i32>load<u8>(packed + 8 + (j & 3)) >> (<i32>(j >> 2) << 1)) & 3) << 4);
}

function quantizeQ6K(x: usize, block: usize, scratch: usize): void {
  const tame = isTame(x);
  for (let half: usize = 0; half < 2; half++) {
    toLanes(x + (half << 9), scratch + Scratch.LANES, 2, 16);
    if (tame) searchSixBits<Fast>(scratch, half << 3);
    else searchSixBits<Exact>(scratch, half << 3);
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
    const step = d * <f32>load<i8>(block + j, 192);
    const factor = load<f32>(scratch + Scratch.SEARCH_SCALES + (j << 2));
    const from = x + (j << 6);
    const to = codes + (j << 4);
    if (step != 0) codesByDivision(from, to, 16, 0, step, -32, 31);
    else if (load<i32>(scratch + Scratch.EMPTY + (j << 2)) == 0) codesByProduct(from, to, 16, factor, 0, -32, 31);
    else v128.store(to, i8x16.splat(0));
  }
  packSixBits(codes, block);
}

/** Of each 128 codes: the lower nibbles of runs 0 and 2 share bytes, those of 1 and 3; two bits of all four share a byte. */
function packSixBits(codes: usize, block: usize): void {
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
