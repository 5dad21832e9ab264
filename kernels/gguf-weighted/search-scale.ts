// The search for a scale around zero: `make_qx_quants` of ggml-quants.c with weights, eight sub-blocks in the lanes.
import { ROUNDING_MAGIC, nearestInt } from '../gguf/arithmetic';
import { Scratch } from '../gguf/scratch';
import { Slot } from '../gguf/search-slot';

/** Sub-blocks whose values are all smaller are taken for zero: `GROUP_MAX_EPS`. */
export const SMALLEST: f32 = 1e-15;

/** Half a step to both sides of the plain scale, in tenths of what one step would be: -9 to 9, the plain one first. */
const TRIALS: i32 = 19;

/** Sums of a trial, four vectors behind the slot's values and weights. */
const SUMS: usize = Slot.TRIALS + 1024;

// @ts-ignore: decorator
@inline
function tenthsOf(trial: i32): i32 {
  return trial == 0 ? 0 : trial <= 9 ? trial - 10 : trial - 9;
}

/** Rounded in the adder: no product reaches further than the extreme's, which is `reach` and nine tenths. */
// @ts-ignore: decorator
@inline
function code4(product: v128, lowest: v128, highest: v128, magic: v128): v128 {
  return f32x4.sub(f32x4.add(f32x4.pmin(f32x4.pmax(product, lowest), highest), magic), magic);
}

/** Constants of a trial, behind its sums: loads stay in registers, constants are made anew in each round. */
const LIMITS: usize = SUMS + 64;

function sumTrial(slot: usize, length: i32, factorA: v128, factorB: v128): void {
  const lowest = v128.load(slot, LIMITS);
  const highest = v128.load(slot, LIMITS + 16);
  const magic = v128.load(slot, LIMITS + 32);
  let sumXA = f32x4.splat(0);
  let sumXB = f32x4.splat(0);
  let sumLA = f32x4.splat(0);
  let sumLB = f32x4.splat(0);
  const end = slot + (<usize>length << 5);
  for (let at = slot; at < end; at += 32) {
    const la = code4(f32x4.mul(factorA, v128.load(at, Slot.LANES)), lowest, highest, magic);
    const lb = code4(f32x4.mul(factorB, v128.load(at, Slot.LANES + 16)), lowest, highest, magic);
    sumXA = f32x4.add(sumXA, f32x4.mul(v128.load(at, Slot.TRIALS), la));
    sumXB = f32x4.add(sumXB, f32x4.mul(v128.load(at, Slot.TRIALS + 16), lb));
    sumLA = f32x4.add(sumLA, f32x4.mul(f32x4.mul(v128.load(at, Slot.WEIGHTS), la), la));
    sumLB = f32x4.add(sumLB, f32x4.mul(f32x4.mul(v128.load(at, Slot.WEIGHTS + 16), lb), lb));
  }
  v128.store(slot, sumXA, SUMS);
  v128.store(slot, sumXB, SUMS + 16);
  v128.store(slot, sumLA, SUMS + 32);
  v128.store(slot, sumLB, SUMS + 48);
}

/**
 * Searches eight sub-blocks of `length` values at `LANES`, weights at `WEIGHTS`. Writes scales, what the codes of the best trial were made
 * with, and which sub-blocks are taken for zero, from sub-block `first` on.
 *
 * @param reach codes go from -reach to reach - 1
 */
export function searchWeightedScale(slot: usize, scratch: usize, length: i32, reach: i32, first: usize): void {
  const zero = f32x4.splat(0);
  let largestA = zero;
  let largestB = zero;
  let extremeA = zero;
  let extremeB = zero;
  const end = slot + (<usize>length << 5);
  for (let at = slot; at < end; at += 32) {
    const xa = v128.load(at, Slot.LANES);
    const xb = v128.load(at, Slot.LANES + 16);
    const newA = f32x4.gt(f32x4.abs(xa), largestA);
    const newB = f32x4.gt(f32x4.abs(xb), largestB);
    largestA = v128.bitselect(f32x4.abs(xa), largestA, newA);
    largestB = v128.bitselect(f32x4.abs(xb), largestB, newB);
    extremeA = v128.bitselect(xa, extremeA, newA);
    extremeB = v128.bitselect(xb, extremeB, newB);
    v128.store(at, f32x4.mul(v128.load(at, Slot.WEIGHTS), xa), Slot.TRIALS);
    v128.store(at, f32x4.mul(v128.load(at, Slot.WEIGHTS + 16), xb), Slot.TRIALS + 16);
  }
  v128.store(slot, f32x4.splat(<f32>-reach), LIMITS);
  v128.store(slot, f32x4.splat(<f32>(reach - 1)), LIMITS + 16);
  v128.store(slot, f32x4.splat(ROUNDING_MAGIC), LIMITS + 32);
  let scaleA = zero;
  let scaleB = zero;
  let bestA = zero;
  let bestB = zero;
  let usedA = zero;
  let usedB = zero;
  for (let trial = 0; trial < TRIALS; trial++) {
    const stretch = f32x4.splat(-(<f32>reach + <f32>0.1 * <f32>tenthsOf(trial)));
    const factorA = f32x4.div(stretch, extremeA);
    const factorB = f32x4.div(stretch, extremeB);
    sumTrial(slot, length, factorA, factorB);
    const sumXA = v128.load(slot, SUMS);
    const sumXB = v128.load(slot, SUMS + 16);
    const sumLA = v128.load(slot, SUMS + 32);
    const sumLB = v128.load(slot, SUMS + 48);
    const trialA = f32x4.div(sumXA, sumLA);
    const trialB = f32x4.div(sumXB, sumLB);
    if (trial == 0) {
      // `suml2 ? sumlx / suml2 : 0`
      scaleA = v128.andnot(trialA, f32x4.eq(sumLA, zero));
      scaleB = v128.andnot(trialB, f32x4.eq(sumLB, zero));
      bestA = f32x4.mul(scaleA, sumXA);
      bestB = f32x4.mul(scaleB, sumXB);
      usedA = factorA;
      usedB = factorB;
      continue;
    }
    const gainsA = f32x4.gt(f32x4.mul(sumXA, sumXA), f32x4.mul(bestA, sumLA));
    const gainsB = f32x4.gt(f32x4.mul(sumXB, sumXB), f32x4.mul(bestB, sumLB));
    const betterA = v128.and(f32x4.gt(sumLA, zero), gainsA);
    const betterB = v128.and(f32x4.gt(sumLB, zero), gainsB);
    scaleA = v128.bitselect(trialA, scaleA, betterA);
    scaleB = v128.bitselect(trialB, scaleB, betterB);
    bestA = v128.bitselect(f32x4.mul(trialA, sumXA), bestA, betterA);
    bestB = v128.bitselect(f32x4.mul(trialB, sumXB), bestB, betterB);
    usedA = v128.bitselect(factorA, usedA, betterA);
    usedB = v128.bitselect(factorB, usedB, betterB);
  }
  const emptyA = f32x4.lt(largestA, f32x4.splat(SMALLEST));
  const emptyB = f32x4.lt(largestB, f32x4.splat(SMALLEST));
  const to = scratch + (first << 2);
  v128.store(to, v128.andnot(scaleA, emptyA), Scratch.SCALES);
  v128.store(to, v128.andnot(scaleB, emptyB), Scratch.SCALES + 16);
  v128.store(to, usedA, Scratch.SEARCH_SCALES);
  v128.store(to, usedB, Scratch.SEARCH_SCALES + 16);
  v128.store(to, emptyA, Scratch.EMPTY);
  v128.store(to, emptyB, Scratch.EMPTY + 16);
}

/**
 * The same of 16 values one by one: the scale of Q3_K's scales.
 *
 * @param codes one byte each, from 0 to 2 · reach - 1
 */
export function searchOneScale(x: usize, weights: usize, codes: usize, count: i32, reach: i32): f32 {
  let largest: f32 = 0;
  let extreme: f32 = 0;
  const end = <usize>count << 2;
  for (let at: usize = 0; at < end; at += 4) {
    const v = load<f32>(x + at);
    if (abs<f32>(v) > largest) {
      largest = abs<f32>(v);
      extreme = v;
    }
  }
  if (largest < SMALLEST) {
    memory.fill(codes, 0, count);
    return 0;
  }
  let scale: f32 = 0;
  let best: f32 = 0;
  let used: f32 = 0;
  for (let trial = 0; trial < TRIALS; trial++) {
    const factor: f32 = -(<f32>reach + <f32>0.1 * <f32>tenthsOf(trial)) / extreme;
    let sumX: f32 = 0;
    let sumL: f32 = 0;
    for (let at: usize = 0; at < end; at += 4) {
      const v = load<f32>(x + at);
      const w = load<f32>(weights + at);
      const code = <f32>codeOf(factor * v, reach);
      sumX += w * v * code;
      sumL += w * code * code;
    }
    if (trial == 0) scale = sumL != 0 ? sumX / sumL : 0;
    else if (sumL > 0 && sumX * sumX > best * sumL) scale = sumX / sumL;
    else continue;
    best = scale * sumX;
    used = factor;
  }
  for (let i: usize = 0; i < <usize>count; i++) {
    store<u8>(codes + i, <u8>(codeOf(used * load<f32>(x + (i << 2)), reach) + reach));
  }
  return scale;
}

function codeOf(product: f32, reach: i32): i32 {
  return max<i32>(-reach, min<i32>(reach - 1, nearestInt(product)));
}
