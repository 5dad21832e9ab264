// Q2_K to Q6_K and IQ4_XS with an importance matrix: `quantize_row_*_impl` of ggml-quants.c, a super-block at a time.
import { f16Bits } from '../dtype';
import { loadF16, nearestInt } from '../gguf/arithmetic';
import { codesByProduct, codesBySteps, packBitPlane, packPairs } from '../gguf/codes';
import { searchFour } from '../gguf/iq4-nl';
import { writeIq4Xs } from '../gguf/iq4-xs';
import { toLanes } from '../gguf/lanes';
import { Scratch } from '../gguf/scratch';
import { Given, SMALLEST, searchScale } from '../gguf/search-scale';
import { Fast, FineSquares, search, searchForCodes } from '../gguf/search-scale-and-min';
import { Slot } from '../gguf/search-slot';
import { codesOfSearch, extremeOf, hasZero, packSixBits, packSixBitScales, scaleOf16, writeCodesOfQ45K } from '../gguf/super-blocks';
import { GgmlType } from '../gguf/types';
import { quantizePositive } from './positive-scale';
import { Weighted } from './scratch';
import { searchOneScale } from './search-scale';
import { magnitudeOfSlot, sumOfSquares, weigh } from './weights';

/** Where the trials of `make_qkx3_quants` begin, and how many there are beside the first. */
export const FIRST_STRETCH: f32 = -0.9;
export const STEPS: i32 = 36;

/** A super-block of 256 values. */
export function quantizeWeightedSuperBlock(type: i32, x: usize, importance: usize, block: usize, scratch: usize): void {
  switch (type) {
    case GgmlType.Q2_K:
      quantizeQ2K(x, importance, block, scratch);
      return;
    case GgmlType.Q3_K:
      quantizeQ3K(x, importance, block, scratch);
      return;
    case GgmlType.Q4_K:
      quantizeQ45K(x, importance, block, scratch, 15);
      return;
    case GgmlType.Q5_K:
      quantizeQ45K(x, importance, block, scratch, 31);
      return;
    case GgmlType.IQ4_XS:
      quantizeIq4Xs(x, importance, block, scratch);
      return;
    default:
      quantizeQ6K(x, importance, block, scratch);
  }
}

function quantizeQ2K(x: usize, importance: usize, block: usize, scratch: usize): void {
  const slots = scratch + Scratch.SLOTS;
  const upper = slots + Slot.BYTES;
  const weights = scratch + Weighted.WEIGHTS;
  const tame = weigh(x, importance, sumOfSquares(x, 256) / 256, scratch);
  toLanes(x, slots + Slot.LANES, 2, 16);
  toLanes(x + 512, upper + Slot.LANES, 2, 16);
  toLanes(weights, slots + Slot.WEIGHTS, 2, 16);
  toLanes(weights + 512, upper + Slot.WEIGHTS, 2, 16);
  search<FineSquares>(tame, slots, upper, 16, 3, FIRST_STRETCH, STEPS);
  const d = quantizeParts(slots, upper, Slot.SCALE, scratch + Weighted.SCALE_CODES, scratch);
  const dmin = quantizeParts(slots, upper, Slot.MIN, scratch + Weighted.MIN_CODES, scratch);
  store<u16>(block, f16Bits(d), 80);
  store<u16>(block, f16Bits(dmin), 82);
  for (let j: usize = 0; j < 16; j++) {
    const scale = <i32>load<u8>(scratch + j, Weighted.SCALE_CODES) | (<i32>load<u8>(scratch + j, Weighted.MIN_CODES) << 4);
    store<u8>(block + j, <u8>scale);
    store<f32>(scratch + (j << 2), loadF16(block + 80) * <f32>(scale & 15), Scratch.STEPS);
    store<f32>(scratch + (j << 2), loadF16(block + 82) * <f32>((scale >> 4) & 15), Scratch.ADDS);
  }
  codesBySteps(x, scratch, 16, 16, 0, 3, magnitudeOfSlot(x));
  const codes = scratch + Scratch.CODES;
  for (let half: usize = 0; half < 2; half++) {
    const slot = half == 0 ? slots : upper;
    const steps = scratch + Scratch.STEPS + (half << 5);
    if (!hasZero(steps, 8)) continue;
    searchForCodes<FineSquares>(slot, 16, 3, FIRST_STRETCH, STEPS);
    codesOfSearch(slot, steps, x + (half << 9), codes + (half << 7), 16, 3);
  }
  packPairs(codes, block + 16);
}

/** Scales or minima of 16 sub-blocks in two slots, as four bits each. */
function quantizeParts(slots: usize, upper: usize, part: usize, codes: usize, scratch: usize): f32 {
  const parts = scratch + Scratch.SCALES;
  memory.copy(parts, slots + part, 32);
  memory.copy(parts + 32, upper + part, 32);
  memory.copy(scratch + Weighted.SUMS, slots + Slot.SUM_OF_WEIGHTS, 32);
  memory.copy(scratch + Weighted.SUMS + 32, upper + Slot.SUM_OF_WEIGHTS, 32);
  return quantizePositive(parts, scratch + Weighted.SUMS, codes, 16, 15);
}

function quantizeQ3K(x: usize, importance: usize, block: usize, scratch: usize): void {
  weigh(x, importance, (<f32>2 * sumOfSquares(x, 256)) / 256, scratch);
  searchHalves(x, scratch + Weighted.WEIGHTS, scratch, 4);
  for (let j: usize = 0; j < 16; j++) {
    let sum: f32 = 0;
    for (let i: usize = 0; i < 64; i += 4) sum += load<f32>(scratch + (j << 6) + i, Weighted.WEIGHTS);
    store<f32>(scratch + (j << 2), sum, Weighted.SUMS);
  }
  const scaleCodes = scratch + Weighted.SCALE_CODES;
  const d = searchOneScale(scratch + Scratch.SCALES, scratch + Weighted.SUMS, scaleCodes, 16, 32);
  packSixBitScales(v128.load(scaleCodes), block + 96);
  store<u16>(block, f16Bits(d), 108);
  const step = loadF16(block + 108);
  for (let j: usize = 0; j < 16; j++) {
    store<f32>(scratch + (j << 2), step * <f32>(scaleOf16(block + 96, j) - 32), Scratch.STEPS);
    store<f32>(scratch + (j << 2), 0, Scratch.ADDS);
  }
  codesBySteps(x, scratch, 16, 16, -4, 3, magnitudeOfSlot(x));
  codesWithoutStep(x, scratch, 4);
  const codes = scratch + Scratch.CODES;
  packBitPlane(codes, 4, block);
  packPairs(codes, block + 32);
}

/** Searches the scales of 16 sub-blocks, eight at a time. */
function searchHalves(x: usize, weights: usize, scratch: usize, reach: i32): void {
  const slot = scratch + Scratch.SLOTS;
  for (let half: usize = 0; half < 2; half++) {
    toLanes(x + (half << 9), slot + Slot.LANES, 2, 16);
    toLanes(weights + (half << 9), slot + Slot.WEIGHTS, 2, 16);
    searchScale<Fast, Given>(slot, scratch, 16, reach, half << 3);
  }
}

/** The search's own codes for those of 16 sub-blocks whose step has become zero. */
function codesWithoutStep(x: usize, scratch: usize, reach: i32): void {
  for (let j: usize = 0; j < 16; j++) {
    if (load<f32>(scratch + (j << 2), Scratch.STEPS) != 0) continue;
    const to = scratch + Scratch.CODES + (j << 4);
    const factor = load<f32>(scratch + (j << 2), Scratch.SEARCH_SCALES);
    if (load<i32>(scratch + (j << 2), Scratch.EMPTY) != 0) v128.store(to, i8x16.splat(0));
    else codesByProduct(x + (j << 6), to, 16, factor, 0, -reach, reach - 1);
  }
}

function quantizeQ45K(x: usize, importance: usize, block: usize, scratch: usize, top: i32): void {
  const slot = scratch + Scratch.SLOTS;
  const tame = weigh(x, importance, (<f32>2 * sumOfSquares(x, 256)) / 256, scratch);
  toLanes(x, slot + Slot.LANES, 2, 32);
  toLanes(scratch + Weighted.WEIGHTS, slot + Slot.WEIGHTS, 2, 32);
  search<FineSquares>(tame, slot, 0, 32, top, FIRST_STRETCH, STEPS);
  const sums = slot + Slot.SUM_OF_WEIGHTS;
  const scaleCodes = scratch + Weighted.SCALE_CODES;
  const minCodes = scratch + Weighted.MIN_CODES;
  store<u16>(block, f16Bits(quantizePositive(slot + Slot.SCALE, sums, scaleCodes, 8, 63)));
  store<u16>(block, f16Bits(quantizePositive(slot + Slot.MIN, sums, minCodes, 8, 63)), 2);
  packScales(block + 4, scaleCodes, minCodes, top > 15);
  writeCodesOfQ45K<FineSquares>(x, block, slot, scratch, top, FIRST_STRETCH, STEPS, magnitudeOfSlot(x));
}

/**
 * Eight scales and eight minima of six bits in twelve bytes.
 *
 * @param capped Q5_K keeps what went below zero, and became a large byte, within six bits; Q4_K does not
 */
function packScales(target: usize, scales: usize, minima: usize, capped: bool): void {
  for (let j: usize = 0; j < 8; j++) {
    const most = capped ? 63 : 255;
    const scale = min<i32>(most, <i32>load<u8>(scales + j));
    const low = min<i32>(most, <i32>load<u8>(minima + j));
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

/** Here the importance weighs alone. */
function quantizeQ6K(x: usize, importance: usize, block: usize, scratch: usize): void {
  searchHalves(x, importance, scratch, 32);
  const extreme = extremeOf(scratch + Scratch.SCALES);
  if (abs<f32>(extreme) < SMALLEST) {
    memory.fill(block, 0, 210);
    return;
  }
  const inverse: f32 = <f32>-128 / extreme;
  store<u16>(block, f16Bits(<f32>1 / inverse), 208);
  const d = loadF16(block + 208);
  for (let j: usize = 0; j < 16; j++) {
    const scale = min<i32>(127, nearestInt(inverse * load<f32>(scratch + (j << 2), Scratch.SCALES)));
    store<i8>(block + j, <i8>scale, 192);
    store<f32>(scratch + (j << 2), d * <f32>load<i8>(block + j, 192), Scratch.STEPS);
    store<f32>(scratch + (j << 2), 0, Scratch.ADDS);
  }
  codesBySteps(x, scratch, 16, 16, -32, 31, magnitudeOfSlot(x));
  codesWithoutStep(x, scratch, 32);
  packSixBits(scratch + Scratch.CODES, block);
}

function quantizeIq4Xs(x: usize, importance: usize, block: usize, scratch: usize): void {
  const slot = scratch + Scratch.SLOTS;
  const scales = scratch + Weighted.SUMS;
  weigh(x, importance, sumOfSquares(x, 256) * <f32>0.0078125, scratch);
  for (let half: usize = 0; half < 2; half++) {
    toLanes(x + (half << 9), slot + Slot.LANES, 1, 32);
    toLanes(scratch + Weighted.WEIGHTS + (half << 9), slot + Slot.WEIGHTS, 1, 32);
    searchFour(scratch);
    v128.store(scales + (half << 4), v128.load(scratch, Scratch.SCALES));
  }
  writeIq4Xs(x, block, scales);
}
