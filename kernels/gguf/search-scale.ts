// The searches of Q3_K and Q6_K for a scale around zero: `make_q3_quants` and `make_qx_quants` of ggml-quants.c, with sub-blocks of
// 16 values in the lanes.
import { ROUNDING_MAGIC, nearestInt4 } from './arithmetic';
import { Scratch } from './scratch';
import { Exact, Fast } from './search-scale-and-min';

/** Sub-blocks whose values are all smaller are taken for zero: `GROUP_MAX_EPS`. */
const SMALLEST: f32 = 1e-15;

/** Below a half by more than all roundings on the way. */
const SURELY_WITHIN_HALF: f32 = 0.49;

// @ts-ignore: decorator
@inline
function code6<M>(product: v128): v128 {
  if (idof<M>() == idof<Fast>()) {
    const clamped = f32x4.pmin(f32x4.pmax(product, f32x4.splat(-32)), f32x4.splat(31));
    return f32x4.sub(f32x4.add(clamped, f32x4.splat(ROUNDING_MAGIC)), f32x4.splat(ROUNDING_MAGIC));
  }
  const whole = f32x4.convert_i32x4_s(nearestInt4(product));
  return f32x4.pmin(f32x4.pmax(whole, f32x4.splat(-32)), f32x4.splat(31));
}

/**
 * Q6_K: searches eight sub-blocks, two groups of four lanes, whose values lie at `LANES`. Writes scales, what the codes of the best
 * trial were made with, and which sub-blocks are taken for zero, from sub-block `first` on.
 */
export function searchSixBits<M>(scratch: usize, first: usize): void {
  // Values at `LANES`, w = x² at `WEIGHTS`, w·x at `TRIALS`: one moving pointer, all else at constant distances from it.
  const end = scratch + 512;
  const zero = f32x4.splat(0);
  let largestA = zero;
  let largestB = zero;
  let extremeA = zero;
  let extremeB = zero;
  for (let at = scratch; at < end; at += 32) {
    const xa = v128.load(at, Scratch.LANES);
    const xb = v128.load(at, Scratch.LANES + 16);
    const newA = f32x4.gt(f32x4.abs(xa), largestA);
    const newB = f32x4.gt(f32x4.abs(xb), largestB);
    largestA = v128.bitselect(f32x4.abs(xa), largestA, newA);
    largestB = v128.bitselect(f32x4.abs(xb), largestB, newB);
    extremeA = v128.bitselect(xa, extremeA, newA);
    extremeB = v128.bitselect(xb, extremeB, newB);
    const wa = f32x4.mul(xa, xa);
    const wb = f32x4.mul(xb, xb);
    v128.store(at, wa, Scratch.WEIGHTS);
    v128.store(at, wb, Scratch.WEIGHTS + 16);
    v128.store(at, f32x4.mul(wa, xa), Scratch.TRIALS);
    v128.store(at, f32x4.mul(wb, xb), Scratch.TRIALS + 16);
  }
  const emptyA = f32x4.lt(largestA, f32x4.splat(SMALLEST));
  const emptyB = f32x4.lt(largestB, f32x4.splat(SMALLEST));

  let scaleA = zero;
  let scaleB = zero;
  let bestA = zero;
  let bestB = zero;
  let usedA = zero;
  let usedB = zero;
  for (let trial = 0; trial < 19; trial++) {
    // The plain scale first, then -9 to 9 tenths of a step beside it.
    const tenths = trial == 0 ? 0 : trial <= 9 ? trial - 10 : trial - 9;
    const reach = f32x4.splat(-(<f32>32 + <f32>0.1 * <f32>tenths));
    const factorA = f32x4.div(reach, extremeA);
    const factorB = f32x4.div(reach, extremeB);
    let sumXA = zero;
    let sumXB = zero;
    let sumLA = zero;
    let sumLB = zero;
    for (let at = scratch; at < end; at += 32) {
      const la = code6<M>(f32x4.mul(factorA, v128.load(at, Scratch.LANES)));
      const lb = code6<M>(f32x4.mul(factorB, v128.load(at, Scratch.LANES + 16)));
      sumXA = f32x4.add(sumXA, f32x4.mul(v128.load(at, Scratch.TRIALS), la));
      sumXB = f32x4.add(sumXB, f32x4.mul(v128.load(at, Scratch.TRIALS + 16), lb));
      sumLA = f32x4.add(sumLA, f32x4.mul(f32x4.mul(v128.load(at, Scratch.WEIGHTS), la), la));
      sumLB = f32x4.add(sumLB, f32x4.mul(f32x4.mul(v128.load(at, Scratch.WEIGHTS + 16), lb), lb));
    }
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
 * that fits best, up to five times around. Writes scales, and the codes (from 0 on) to `TRIALS` in the order of the lanes.
 */
export function searchThreeBits(scratch: usize): void {
  for (let group: usize = 0; group < 64; group += 16) searchFour(scratch + group);
}

/** One group of four lanes; `scratch` is moved on by its place. */
function searchFour(scratch: usize): void {
  const zero = f32x4.splat(0);
  const end = scratch + 1024;
  let largest = zero;
  let extreme = zero;
  for (let at = scratch; at < end; at += 64) {
    const x = v128.load(at, Scratch.LANES);
    const grows = f32x4.gt(f32x4.abs(x), largest);
    largest = v128.bitselect(f32x4.abs(x), largest, grows);
    extreme = v128.bitselect(x, extreme, grows);
  }
  const factor = f32x4.div(f32x4.splat(-4), extreme);
  let sumX = zero;
  let sumL = zero;
  for (let at = scratch; at < end; at += 64) {
    const x = v128.load(at, Scratch.LANES);
    const l = code3(f32x4.mul(factor, x));
    v128.store(at, l, Scratch.TRIALS);
    const w = f32x4.mul(x, x);
    const wx = f32x4.mul(w, x);
    v128.store(at, wx, Scratch.WEIGHTS);
    sumX = f32x4.add(sumX, f32x4.mul(wx, l));
    sumL = f32x4.add(sumL, f32x4.mul(f32x4.mul(w, l), l));
  }
  for (let round = 0; round < 5; round++) {
    let moved = zero;
    for (let at = scratch; at < end; at += 64) {
      const x = v128.load(at, Scratch.LANES);
      const l = v128.load(at, Scratch.TRIALS);
      const wx = v128.load(at, Scratch.WEIGHTS);
      const w = f32x4.mul(x, x);
      const restX = f32x4.sub(sumX, f32x4.mul(wx, l));
      const restL = f32x4.sub(sumL, f32x4.mul(f32x4.mul(w, l), l));
      const dividend = f32x4.mul(x, restL);
      // A quotient within a half of the code rounds to it, and where nothing is left to divide by, nothing is tried: no division then.
      const offset = f32x4.abs(f32x4.sub(dividend, f32x4.mul(l, restX)));
      const stays = f32x4.le(offset, f32x4.mul(restX, f32x4.splat(SURELY_WITHIN_HALF)));
      if (i32x4.all_true(v128.or(stays, f32x4.le(restX, zero)))) continue;
      const other = code3(f32x4.div(dividend, restX));
      const newX = f32x4.add(restX, f32x4.mul(wx, other));
      const newL = f32x4.add(restL, f32x4.mul(f32x4.mul(w, other), other));
      const gains = f32x4.gt(f32x4.mul(f32x4.mul(newX, newX), sumL), f32x4.mul(f32x4.mul(sumX, sumX), newL));
      const allowed = v128.and(v128.and(f32x4.gt(restX, zero), f32x4.ne(other, l)), f32x4.gt(newL, zero));
      const takes = v128.and(allowed, gains);
      v128.store(at, v128.bitselect(other, l, takes), Scratch.TRIALS);
      sumX = v128.bitselect(newX, sumX, takes);
      sumL = v128.bitselect(newL, sumL, takes);
      moved = v128.or(moved, takes);
    }
    if (!v128.any_true(moved)) break;
  }
  const empty = f32x4.lt(largest, f32x4.splat(SMALLEST));
  const scale = v128.and(f32x4.div(sumX, sumL), f32x4.gt(sumL, zero));
  v128.store(scratch, v128.andnot(scale, empty), Scratch.SCALES);
  for (let at = scratch; at < end; at += 64) {
    const code = f32x4.add(v128.load(at, Scratch.TRIALS), f32x4.splat(4));
    v128.store(at, v128.andnot(code, empty), Scratch.TRIALS);
  }
}

// @ts-ignore: decorator
@inline
function code3(product: v128): v128 {
  const whole = f32x4.convert_i32x4_s(nearestInt4(product));
  return f32x4.pmin(f32x4.pmax(whole, f32x4.splat(-4)), f32x4.splat(3));
}
