// The search of Q2_K, Q4_K and Q5_K for a scale and a minimum: `make_qkx2_quants` of ggml-quants.c, eight sub-blocks at a time.
import { ROUNDING_MAGIC, nearestInt4 } from './arithmetic';
import { Scratch } from './scratch';

/** Rounding in the adder: right while no product reaches 2^22. */
export class Fast {}
/** `nearest_int` for every product. */
export class Exact {}

/** Errors are summed as magnitudes. */
export class Magnitudes {}
/** Errors are summed as squares. */
export class Squares {}

/** Products stay below this in the fast search; at 2^22 `nearest_int` would wrap around. */
const LARGEST_PRODUCT: f32 = 4000000;

// @ts-ignore: decorator
@inline
function code4<M>(product: v128, top: v128): v128 {
  if (idof<M>() == idof<Fast>()) {
    const clamped = f32x4.pmin(f32x4.pmax(product, f32x4.splat(0)), top);
    return f32x4.sub(f32x4.add(clamped, f32x4.splat(ROUNDING_MAGIC)), f32x4.splat(ROUNDING_MAGIC));
  }
  const whole = f32x4.convert_i32x4_s(nearestInt4(product));
  return f32x4.pmin(f32x4.pmax(whole, f32x4.splat(0)), top);
}

// @ts-ignore: decorator
@inline
function penalty<P>(difference: v128): v128 {
  return idof<P>() == idof<Magnitudes>() ? f32x4.abs(difference) : f32x4.mul(difference, difference);
}

// @ts-ignore: decorator
@inline
function staysInRange(factor: v128, lowest: v128, highest: v128, minimum: v128): v128 {
  const reach = f32x4.pmax(f32x4.abs(f32x4.sub(highest, minimum)), f32x4.abs(f32x4.sub(lowest, minimum)));
  return f32x4.lt(f32x4.mul(f32x4.abs(factor), reach), f32x4.splat(LARGEST_PRODUCT));
}

/**
 * Searches eight sub-blocks: two groups of four lanes, `length` values each, at `LANES` with their weights at `WEIGHTS`.
 * Writes scales, minima (negated, as stored) and what the codes of the best trial were made with, from sub-block `first` on.
 *
 * @typeParam M `Fast` or `Exact`
 * @typeParam P `Magnitudes` or `Squares`
 * @returns false when the fast search met a product that it may round otherwise than `nearest_int`: search again, exactly
 */
export function searchEight<M, P>(
  scratch: usize,
  first: usize,
  length: i32,
  codes: i32,
  start: f32,
  steps: i32,
): bool {
  // One moving pointer, all else at constant distances from it: addresses cost as much as arithmetic here.
  const end = scratch + (<usize>length << 5);
  const zero = f32x4.splat(0);
  const top = f32x4.splat(<f32>codes);

  const x0 = v128.load(scratch, Scratch.LANES);
  const x1 = v128.load(scratch, Scratch.LANES + 16);
  let lowA = x0;
  let lowB = x1;
  let highA = x0;
  let highB = x1;
  let sumWA = v128.load(scratch, Scratch.WEIGHTS);
  let sumWB = v128.load(scratch, Scratch.WEIGHTS + 16);
  let sumXA = f32x4.mul(sumWA, x0);
  let sumXB = f32x4.mul(sumWB, x1);
  for (let at = scratch + 32; at < end; at += 32) {
    const xa = v128.load(at, Scratch.LANES);
    const xb = v128.load(at, Scratch.LANES + 16);
    const wa = v128.load(at, Scratch.WEIGHTS);
    const wb = v128.load(at, Scratch.WEIGHTS + 16);
    lowA = f32x4.pmin(lowA, xa);
    lowB = f32x4.pmin(lowB, xb);
    highA = f32x4.pmax(highA, xa);
    highB = f32x4.pmax(highB, xb);
    sumWA = f32x4.add(sumWA, wa);
    sumWB = f32x4.add(sumWB, wb);
    sumXA = f32x4.add(sumXA, f32x4.mul(wa, xa));
    sumXB = f32x4.add(sumXB, f32x4.mul(wb, xb));
  }
  let minA = f32x4.pmin(lowA, zero);
  let minB = f32x4.pmin(lowB, zero);
  // Sub-blocks of one value keep the scale 0 and take no part.
  const flatA = f32x4.eq(highA, minA);
  const flatB = f32x4.eq(highB, minB);
  const flatMinA = minA;
  const flatMinB = minB;

  let factorA = f32x4.div(top, f32x4.sub(highA, minA));
  let factorB = f32x4.div(top, f32x4.sub(highB, minB));
  let scaleA = f32x4.div(f32x4.splat(1), factorA);
  let scaleB = f32x4.div(f32x4.splat(1), factorB);
  let bestA = zero;
  let bestB = zero;
  for (let at = scratch; at < end; at += 32) {
    const xa = v128.load(at, Scratch.LANES);
    const xb = v128.load(at, Scratch.LANES + 16);
    const la = code4<M>(f32x4.mul(factorA, f32x4.sub(xa, minA)), top);
    const lb = code4<M>(f32x4.mul(factorB, f32x4.sub(xb, minB)), top);
    const da = penalty<P>(f32x4.sub(f32x4.add(f32x4.mul(scaleA, la), minA), xa));
    const db = penalty<P>(f32x4.sub(f32x4.add(f32x4.mul(scaleB, lb), minB), xb));
    bestA = f32x4.add(bestA, f32x4.mul(v128.load(at, Scratch.WEIGHTS), da));
    bestB = f32x4.add(bestB, f32x4.mul(v128.load(at, Scratch.WEIGHTS + 16), db));
  }
  let usedFactorA = factorA;
  let usedFactorB = factorB;
  let usedMinA = minA;
  let usedMinB = minB;
  let inRange = true;
  if (idof<M>() == idof<Fast>()) {
    inRange =
      i32x4.all_true(v128.or(staysInRange(factorA, lowA, highA, minA), flatA)) &&
      i32x4.all_true(v128.or(staysInRange(factorB, lowB, highB, minB), flatB));
  }

  for (let step = 0; step <= steps; step++) {
    const stretch = f32x4.splat(start + <f32>0.1 * <f32>step + <f32>codes);
    factorA = f32x4.div(stretch, f32x4.sub(highA, minA));
    factorB = f32x4.div(stretch, f32x4.sub(highB, minB));
    if (idof<M>() == idof<Fast>()) {
      const rangeA = v128.or(staysInRange(factorA, lowA, highA, minA), flatA);
      const rangeB = v128.or(staysInRange(factorB, lowB, highB, minB), flatB);
      if (!i32x4.all_true(v128.and(rangeA, rangeB))) inRange = false;
    }
    let sumLA = zero;
    let sumLB = zero;
    let sumL2A = zero;
    let sumL2B = zero;
    let sumXLA = zero;
    let sumXLB = zero;
    for (let at = scratch; at < end; at += 32) {
      const xa = v128.load(at, Scratch.LANES);
      const la = code4<M>(f32x4.mul(factorA, f32x4.sub(xa, minA)), top);
      v128.store(at, la, Scratch.TRIALS);
      const wla = f32x4.mul(v128.load(at, Scratch.WEIGHTS), la);
      sumLA = f32x4.add(sumLA, wla);
      sumL2A = f32x4.add(sumL2A, f32x4.mul(wla, la));
      sumXLA = f32x4.add(sumXLA, f32x4.mul(wla, xa));
      const xb = v128.load(at, Scratch.LANES + 16);
      const lb = code4<M>(f32x4.mul(factorB, f32x4.sub(xb, minB)), top);
      v128.store(at, lb, Scratch.TRIALS + 16);
      const wlb = f32x4.mul(v128.load(at, Scratch.WEIGHTS + 16), lb);
      sumLB = f32x4.add(sumLB, wlb);
      sumL2B = f32x4.add(sumL2B, f32x4.mul(wlb, lb));
      sumXLB = f32x4.add(sumXLB, f32x4.mul(wlb, xb));
    }
    const detA = f32x4.sub(f32x4.mul(sumWA, sumL2A), f32x4.mul(sumLA, sumLA));
    const detB = f32x4.sub(f32x4.mul(sumWB, sumL2B), f32x4.mul(sumLB, sumLB));
    let trialScaleA = f32x4.div(f32x4.sub(f32x4.mul(sumWA, sumXLA), f32x4.mul(sumXA, sumLA)), detA);
    let trialScaleB = f32x4.div(f32x4.sub(f32x4.mul(sumWB, sumXLB), f32x4.mul(sumXB, sumLB)), detB);
    let trialMinA = f32x4.div(f32x4.sub(f32x4.mul(sumL2A, sumXA), f32x4.mul(sumLA, sumXLA)), detA);
    let trialMinB = f32x4.div(f32x4.sub(f32x4.mul(sumL2B, sumXB), f32x4.mul(sumLB, sumXLB)), detB);
    const positiveA = f32x4.gt(trialMinA, zero);
    const positiveB = f32x4.gt(trialMinB, zero);
    trialScaleA = v128.bitselect(f32x4.div(sumXLA, sumL2A), trialScaleA, positiveA);
    trialScaleB = v128.bitselect(f32x4.div(sumXLB, sumL2B), trialScaleB, positiveB);
    trialMinA = v128.andnot(trialMinA, positiveA);
    trialMinB = v128.andnot(trialMinB, positiveB);

    let errorA = zero;
    let errorB = zero;
    for (let at = scratch; at < end; at += 32) {
      const fittedA = f32x4.add(f32x4.mul(trialScaleA, v128.load(at, Scratch.TRIALS)), trialMinA);
      const fittedB = f32x4.add(f32x4.mul(trialScaleB, v128.load(at, Scratch.TRIALS + 16)), trialMinB);
      const da = penalty<P>(f32x4.sub(fittedA, v128.load(at, Scratch.LANES)));
      const db = penalty<P>(f32x4.sub(fittedB, v128.load(at, Scratch.LANES + 16)));
      errorA = f32x4.add(errorA, f32x4.mul(v128.load(at, Scratch.WEIGHTS), da));
      errorB = f32x4.add(errorB, f32x4.mul(v128.load(at, Scratch.WEIGHTS + 16), db));
    }
    const betterA = v128.and(f32x4.gt(detA, zero), f32x4.lt(errorA, bestA));
    const betterB = v128.and(f32x4.gt(detB, zero), f32x4.lt(errorB, bestB));
    bestA = v128.bitselect(errorA, bestA, betterA);
    bestB = v128.bitselect(errorB, bestB, betterB);
    scaleA = v128.bitselect(trialScaleA, scaleA, betterA);
    scaleB = v128.bitselect(trialScaleB, scaleB, betterB);
    usedFactorA = v128.bitselect(factorA, usedFactorA, betterA);
    usedFactorB = v128.bitselect(factorB, usedFactorB, betterB);
    usedMinA = v128.bitselect(minA, usedMinA, betterA);
    usedMinB = v128.bitselect(minB, usedMinB, betterB);
    minA = v128.bitselect(trialMinA, minA, betterA);
    minB = v128.bitselect(trialMinB, minB, betterB);
  }

  const to = scratch + (first << 2);
  v128.store(to + Scratch.SCALES, v128.andnot(scaleA, flatA));
  v128.store(to + Scratch.SCALES, v128.andnot(scaleB, flatB), 16);
  v128.store(to + Scratch.MINS, f32x4.neg(v128.bitselect(flatMinA, minA, flatA)));
  v128.store(to + Scratch.MINS, f32x4.neg(v128.bitselect(flatMinB, minB, flatB)), 16);
  v128.store(to + Scratch.SEARCH_SCALES, v128.andnot(usedFactorA, flatA));
  v128.store(to + Scratch.SEARCH_SCALES, v128.andnot(usedFactorB, flatB), 16);
  v128.store(to + Scratch.SEARCH_MINS, v128.andnot(usedMinA, flatA));
  v128.store(to + Scratch.SEARCH_MINS, v128.andnot(usedMinB, flatB), 16);
  return inRange;
}
