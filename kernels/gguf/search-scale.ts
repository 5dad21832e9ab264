// The searches for a scale around zero: `make_qx_quants` of ggml-quants.c, and `make_q3_quants` of Q3_K, with sub-blocks in the lanes.
import { ROUNDING_MAGIC, nearestInt4 } from './arithmetic';
import { Scratch } from './scratch';
import { Exact, Fast, FastWithin } from './search-scale-and-min';
import { Slot } from './search-slot';

/** Sub-blocks whose values are all smaller are taken for zero: `GROUP_MAX_EPS`. */
export const SMALLEST: f32 = 1e-15;

/** Below a half by more than all roundings on the way. */
const SURELY_WITHIN_HALF: f32 = 0.4999;

/** What errors of values weigh: the values' squares, or what the caller wrote to `WEIGHTS`. */
export class OwnSquares {}
export class Given {}

/** The plain scale, then half a step to both sides of it, in tenths of what one step would be: -9 to 9. */
export const TRIALS: i32 = 19;

// @ts-ignore: decorator
@inline
export function tenthsOf(trial: i32): i32 {
  return trial == 0 ? 0 : trial <= 9 ? trial - 10 : trial - 9;
}

// @ts-ignore: decorator
@inline
function codeOf<M>(product: v128, lowest: v128, highest: v128, magic: v128): v128 {
  if (idof<M>() == idof<Exact>()) {
    const whole = f32x4.convert_i32x4_s(nearestInt4(product));
    return f32x4.pmin(f32x4.pmax(whole, lowest), highest);
  }
  const above = idof<M>() == idof<FastWithin>() ? product : f32x4.pmax(product, lowest);
  return f32x4.sub(f32x4.add(f32x4.pmin(above, highest), magic), magic);
}

/** Sums of a trial: w·x·code and w·code² of both groups. Four vectors from `SUMS` on, and constants before them. */
const LOWEST: usize = Slot.TRIALS + 1024;
const HIGHEST: usize = Slot.TRIALS + 1040;
const MAGIC: usize = Slot.TRIALS + 1056;
const SUMS: usize = Slot.TRIALS + 1072;

function sumTrial<M>(slot: usize, length: i32, factorA: v128, factorB: v128): void {
  const zero = f32x4.splat(0);
  // Loads stay in registers; constants are made anew in each round.
  const lowest = v128.load(slot, LOWEST);
  const highest = v128.load(slot, HIGHEST);
  const magic = v128.load(slot, MAGIC);
  const end = slot + (<usize>length << 5);
  let sumXA = zero;
  let sumXB = zero;
  let sumLA = zero;
  let sumLB = zero;
  for (let at = slot; at < end; at += 32) {
    const la = codeOf<M>(f32x4.mul(factorA, v128.load(at, Slot.LANES)), lowest, highest, magic);
    const lb = codeOf<M>(f32x4.mul(factorB, v128.load(at, Slot.LANES + 16)), lowest, highest, magic);
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
 * Searches eight sub-blocks, two groups of four lanes, of `length` values each, which lie at `LANES` of the slot. Writes scales, what the
 * codes of the best trial were made with, and which sub-blocks are taken for zero, from sub-block `first` on.
 *
 * @param reach codes go from -reach to reach - 1
 */
export function searchScale<M, W>(slot: usize, scratch: usize, length: i32, reach: i32, first: usize): void {
  // Values at `LANES`, w at `WEIGHTS`, w·x at `TRIALS`: one moving pointer, all else at constant distances from it.
  const end = slot + (<usize>length << 5);
  v128.store(slot, f32x4.splat(<f32>-reach), LOWEST);
  v128.store(slot, f32x4.splat(<f32>(reach - 1)), HIGHEST);
  v128.store(slot, f32x4.splat(ROUNDING_MAGIC), MAGIC);
  const zero = f32x4.splat(0);
  let largestA = zero;
  let largestB = zero;
  let extremeA = zero;
  let extremeB = zero;
  for (let at = slot; at < end; at += 32) {
    const xa = v128.load(at, Slot.LANES);
    const xb = v128.load(at, Slot.LANES + 16);
    const newA = f32x4.gt(f32x4.abs(xa), largestA);
    const newB = f32x4.gt(f32x4.abs(xb), largestB);
    largestA = v128.bitselect(f32x4.abs(xa), largestA, newA);
    largestB = v128.bitselect(f32x4.abs(xb), largestB, newB);
    extremeA = v128.bitselect(xa, extremeA, newA);
    extremeB = v128.bitselect(xb, extremeB, newB);
    const wa = idof<W>() == idof<Given>() ? v128.load(at, Slot.WEIGHTS) : f32x4.mul(xa, xa);
    const wb = idof<W>() == idof<Given>() ? v128.load(at, Slot.WEIGHTS + 16) : f32x4.mul(xb, xb);
    if (idof<W>() != idof<Given>()) {
      v128.store(at, wa, Slot.WEIGHTS);
      v128.store(at, wb, Slot.WEIGHTS + 16);
    }
    v128.store(at, f32x4.mul(wa, xa), Slot.TRIALS);
    v128.store(at, f32x4.mul(wb, xb), Slot.TRIALS + 16);
  }
  const emptyA = f32x4.lt(largestA, f32x4.splat(SMALLEST));
  const emptyB = f32x4.lt(largestB, f32x4.splat(SMALLEST));

  let scaleA = zero;
  let scaleB = zero;
  let bestA = zero;
  let bestB = zero;
  let usedA = zero;
  let usedB = zero;
  for (let trial = 0; trial < TRIALS; trial++) {
    const tenths = tenthsOf(trial);
    const stretch = f32x4.splat(-(<f32>reach + <f32>0.1 * <f32>tenths));
    const factorA = f32x4.div(stretch, extremeA);
    const factorB = f32x4.div(stretch, extremeB);
    // Products reach that far: up to four tenths round to the lowest code at least.
    if (idof<M>() == idof<Fast>() && tenths <= 4) sumTrial<FastWithin>(slot, length, factorA, factorB);
    else sumTrial<M>(slot, length, factorA, factorB);
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
  const to = scratch + (first << 2);
  v128.store(to + Scratch.SCALES, v128.andnot(scaleA, emptyA));
  v128.store(to + Scratch.SCALES, v128.andnot(scaleB, emptyB), 16);
  v128.store(to + Scratch.SEARCH_SCALES, usedA);
  v128.store(to + Scratch.SEARCH_SCALES, usedB, 16);
  v128.store(to + Scratch.EMPTY, emptyA);
  v128.store(to + Scratch.EMPTY, emptyB, 16);
}

/**
 * Q3_K: searches all 16 sub-blocks, four groups of four lanes, whose values lie at `LANES`; one value at a time is moved to the code
 * that fits best, up to five times around. Writes scales, and leaves the codes at `TRIALS` in the order of the lanes.
 */
export function searchThreeBits<M>(scratch: usize): void {
  for (let group: usize = 0; group < 64; group += 16) {
    beginFour<M>(scratch + group);
    settleFour(scratch + group);
  }
}

/** The search's codes of sub-block `j`. */
export function codesOfThreeBits(scratch: usize, j: usize, codes: usize): void {
  const lane = scratch + (j << 2);
  const empty = load<i32>(lane, Scratch.EMPTY) != 0;
  for (let i: usize = 0; i < 16; i++) {
    store<u8>(codes + i, empty ? 0 : <u8>(load<f32>(lane + (i << 6), Scratch.TRIALS) + 4));
  }
}

/** Parts of the search's working memory that Q3_K alone has, four groups side by side: w·x·code and w·code². */
const CODE_X: usize = Scratch.WEIGHTS;
const CODE_2: usize = Scratch.TRIALS + 1024;
/** How far below and above its code a quotient still surely rounds to it. */
const LEAST_OFFSET: usize = Scratch.TRIALS + 2048;
const MOST_OFFSET: usize = Scratch.TRIALS + 3072;
/** Sums of w·x·code and w·code² by the plain scale. */
const SUM_X: usize = Scratch.TRIALS + 4096;
const SUM_2: usize = Scratch.TRIALS + 4160;

/** Quotients of this size are cut off at the lowest or highest code; not much above it `nearest_int` would wrap around. */
const FAR: f32 = 2000000;

// @ts-ignore: decorator
@inline
function storeCode(at: usize, code: v128, codeX: v128, code2: v128): void {
  v128.store(at, code, Scratch.TRIALS);
  v128.store(at, codeX, CODE_X);
  v128.store(at, code2, CODE_2);
  const within = f32x4.splat(SURELY_WITHIN_HALF);
  const far = f32x4.splat(FAR);
  const further = v128.and(f32x4.eq(code, f32x4.splat(-4)), far);
  v128.store(at, f32x4.sub(f32x4.splat(-SURELY_WITHIN_HALF), further), LEAST_OFFSET);
  v128.store(at, f32x4.add(within, v128.and(f32x4.eq(code, f32x4.splat(3)), far)), MOST_OFFSET);
}

/** Codes by the plain scale of one group of four lanes; `scratch` is moved on by its place. */
function beginFour<M>(scratch: usize): void {
  const zero = f32x4.splat(0);
  const end = scratch + 1024;
  let highest = zero;
  let lowest = zero;
  for (let at = scratch; at < end; at += 64) {
    const x = v128.load(at, Scratch.LANES);
    highest = f32x4.pmax(highest, x);
    lowest = f32x4.pmin(lowest, x);
  }
  const depth = f32x4.neg(lowest);
  let extreme = v128.bitselect(highest, lowest, f32x4.gt(highest, depth));
  // The first of two extremes alike counts.
  if (v128.any_true(f32x4.eq(highest, depth))) extreme = firstExtreme(scratch, f32x4.pmax(highest, depth));
  const empty = f32x4.lt(f32x4.pmax(highest, depth), f32x4.splat(SMALLEST));
  const factor = v128.andnot(f32x4.div(f32x4.splat(-4), extreme), empty);
  let sumX = zero;
  let sumL = zero;
  for (let at = scratch; at < end; at += 64) {
    const x = v128.load(at, Scratch.LANES);
    const l = code3<M>(f32x4.mul(factor, x));
    const w = f32x4.mul(x, x);
    const codeX = f32x4.mul(f32x4.mul(w, x), l);
    const code2 = f32x4.mul(f32x4.mul(w, l), l);
    storeCode(at, l, codeX, code2);
    sumX = f32x4.add(sumX, codeX);
    sumL = f32x4.add(sumL, code2);
  }
  v128.store(scratch, sumX, SUM_X);
  v128.store(scratch, sumL, SUM_2);
  v128.store(scratch, empty, Scratch.EMPTY);
}

/** In each lane the first value of a magnitude; 0 where the magnitude is. */
function firstExtreme(scratch: usize, magnitude: v128): v128 {
  let extreme = f32x4.splat(0);
  for (let at = scratch + 960; at >= scratch; at -= 64) {
    const x = v128.load(at, Scratch.LANES);
    extreme = v128.bitselect(x, extreme, f32x4.eq(f32x4.abs(x), magnitude));
  }
  return extreme;
}

/** Moves codes of one group until none moves any more, at most five times around. */
function settleFour(group: usize): void {
  const zero = f32x4.splat(0);
  const end = group + 1024;
  let sumX = v128.load(group, SUM_X);
  let sumL = v128.load(group, SUM_2);
  // After a round only the values up to the last that moved are to be looked at again: the rest saw the sums as they are.
  let limit = end;
  for (let round = 0; round < 5 && limit > group; round++) {
    let last = group;
    for (let at = group; at < limit; at += 64) {
      const x = v128.load(at, Scratch.LANES);
      const l = v128.load(at, Scratch.TRIALS);
      const restX = f32x4.sub(sumX, v128.load(at, CODE_X));
      const restL = f32x4.sub(sumL, v128.load(at, CODE_2));
      const dividend = f32x4.mul(x, restL);
      // Where the quotient surely rounds to the code, or nothing is left to divide by, nothing is tried: no division then.
      const offset = f32x4.sub(dividend, f32x4.mul(l, restX));
      const above = f32x4.ge(offset, f32x4.mul(restX, v128.load(at, LEAST_OFFSET)));
      const below = f32x4.le(offset, f32x4.mul(restX, v128.load(at, MOST_OFFSET)));
      const stays = v128.or(v128.and(above, below), f32x4.le(restX, zero));
      if (i32x4.all_true(stays)) continue;
      const w = f32x4.mul(x, x);
      const other = code3<Exact>(f32x4.div(dividend, restX));
      const otherX = f32x4.mul(f32x4.mul(w, x), other);
      const other2 = f32x4.mul(f32x4.mul(w, other), other);
      const newX = f32x4.add(restX, otherX);
      const newL = f32x4.add(restL, other2);
      const gains = f32x4.gt(f32x4.mul(f32x4.mul(newX, newX), sumL), f32x4.mul(f32x4.mul(sumX, sumX), newL));
      const allowed = v128.and(v128.and(f32x4.gt(restX, zero), f32x4.ne(other, l)), f32x4.gt(newL, zero));
      const takes = v128.and(allowed, gains);
      if (!v128.any_true(takes)) continue;
      storeCode(
        at,
        v128.bitselect(other, l, takes),
        v128.bitselect(otherX, v128.load(at, CODE_X), takes),
        v128.bitselect(other2, v128.load(at, CODE_2), takes),
      );
      sumX = v128.bitselect(newX, sumX, takes);
      sumL = v128.bitselect(newL, sumL, takes);
      last = at + 64;
      limit = end;
    }
    limit = last;
  }
  const empty = v128.load(group, Scratch.EMPTY);
  const scale = v128.and(f32x4.div(sumX, sumL), f32x4.gt(sumL, zero));
  v128.store(group, v128.andnot(scale, empty), Scratch.SCALES);
}

// @ts-ignore: decorator
@inline
function code3<M>(product: v128): v128 {
  // The plain scale's products lie between -4 and 4.
  if (idof<M>() == idof<Fast>()) {
    const whole = f32x4.sub(f32x4.add(product, f32x4.splat(ROUNDING_MAGIC)), f32x4.splat(ROUNDING_MAGIC));
    return f32x4.pmin(whole, f32x4.splat(3));
  }
  const whole = f32x4.convert_i32x4_s(nearestInt4(product));
  return f32x4.pmin(f32x4.pmax(whole, f32x4.splat(-4)), f32x4.splat(3));
}
