// The search of Q2_K, Q4_K and Q5_K for a scale and a minimum: `make_qkx2_quants` of ggml-quants.c, eight sub-blocks a slot, two
// slots in turns.
import { ROUNDING_MAGIC, nearestInt4 } from './arithmetic';
import { TRIAL_ON_GRID, liesOnGrid } from './on-grid';
import { Slot } from './search-slot';

/** Rounding in the adder: right while factors are positive and no product reaches 2^22. */
export class Fast {}
/** The same where no product lies half a step beyond the codes, on one side at least: nothing is cut off there. */
export class FastWithin {}
/** `nearest_int` for every product. */
export class Exact {}

/** Errors are summed as magnitudes. */
export class Magnitudes {}
/** Errors are summed as squares. */
export class Squares {}
/** The same over twice as many trials, half as far apart: `make_qkx3_quants`. */
export class FineSquares {}

/** Products stay below this in the fast search; at 2^22 `nearest_int` would wrap around. */
const LARGEST_PRODUCT: f32 = 4000000;

/** The largest product is `codes` and this: below a half by more than the roundings on the way. */
const MOST_BELOW_TOP: f32 = 0.499;

// @ts-ignore: decorator
@inline
function code4<M>(x: v128, minimum: v128, factor: v128, top: v128, magic: v128): v128 {
  if (idof<M>() != idof<Exact>()) {
    // Nothing below the minimum, so that no product is below zero. It takes one register less than a comparison with zero does.
    const product = f32x4.mul(factor, f32x4.sub(f32x4.pmax(x, minimum), minimum));
    const clamped = idof<M>() == idof<FastWithin>() ? product : f32x4.pmin(product, top);
    return f32x4.sub(f32x4.add(clamped, magic), magic);
  }
  const whole = f32x4.convert_i32x4_s(nearestInt4(f32x4.mul(factor, f32x4.sub(x, minimum))));
  return f32x4.pmin(f32x4.pmax(whole, f32x4.splat(0)), top);
}

// @ts-ignore: decorator
@inline
function penalty<P>(difference: v128): v128 {
  return idof<P>() == idof<Magnitudes>() ? f32x4.abs(difference) : f32x4.mul(difference, difference);
}

/** How far apart trials are. */
// @ts-ignore: decorator
@inline
function stride<P>(): f32 {
  return idof<P>() == idof<FineSquares>() ? 0.05 : 0.1;
}

/** Does the fast search round all products of a slot as `nearest_int` does? */
// @ts-ignore: decorator
@inline
function inRange(slot: usize, factor: v128, group: usize): v128 {
  // A minimum below all values makes products of at most `codes` + 1; one among or above them, what the whole span makes besides.
  const small = f32x4.lt(f32x4.mul(factor, v128.load(slot + group, Slot.SPAN)), f32x4.splat(LARGEST_PRODUCT));
  return v128.or(v128.and(small, f32x4.gt(factor, f32x4.splat(0))), v128.load(slot + group, Slot.FLAT));
}

/**
 * Searches the slots `first` and `second` (0 for none) of eight sub-blocks, `length` values each, that lie at `LANES` with their
 * weights at `WEIGHTS`. Leaves scales at `SCALE` and minima, negated as they are stored, at `MIN`.
 *
 * @typeParam P `Magnitudes`, `Squares` or `FineSquares`
 * @param tame no value is so large that sums of powers overflow: else the fast search is not tried
 */
export function search<P>(
  tame: bool,
  first: usize,
  second: usize,
  length: i32,
  codes: i32,
  start: f32,
  steps: i32,
): void {
  if (tame) searchAs<Fast, P>(first, second, length, codes, start, steps);
  if (!(tame && i32x4.all_true(v128.load(first, Slot.IN_RANGE)))) {
    searchAs<Exact, P>(first, 0, length, codes, start, steps);
  }
  if (second != 0 && !(tame && i32x4.all_true(v128.load(second, Slot.IN_RANGE)))) {
    searchAs<Exact, P>(second, 0, length, codes, start, steps);
  }
}

/** The same result of one slot, and `USED_FACTOR` and `USED_MIN` with it. */
export function searchForCodes<P>(slot: usize, length: i32, codes: i32, start: f32, steps: i32): void {
  searchAs<Exact, P>(slot, 0, length, codes, start, steps);
}

function searchAs<M, P>(first: usize, second: usize, length: i32, codes: i32, start: f32, steps: i32): void {
  begin<M, P>(first, length, codes);
  if (second != 0) begin<M, P>(second, length, codes);
  let step = 0;
  if (idof<M>() == idof<Fast>() && idof<P>() == idof<Squares>() && codes == 15) {
    if (liesOnGrid(first) && (second == 0 || liesOnGrid(second))) {
      step = TRIAL_ON_GRID;
      steps = TRIAL_ON_GRID;
    }
  }
  for (; step <= steps; step++) {
    const stretch = start + stride<P>() * <f32>step + <f32>codes;
    if (idof<M>() == idof<Fast>() && stretch < <f32>codes + MOST_BELOW_TOP) {
      fit<FastWithin>(first, length, stretch);
      if (second != 0) fit<FastWithin>(second, length, stretch);
    } else {
      fit<M>(first, length, stretch);
      if (second != 0) fit<M>(second, length, stretch);
    }
    judge<M, P>(first, length);
    if (second != 0) judge<M, P>(second, length);
  }
  end(first);
  if (second != 0) end(second);
}

/** Ranges and sums, and the plain scale as the first trial. */
function begin<M, P>(slot: usize, length: i32, codes: i32): void {
  const zero = f32x4.splat(0);
  v128.store(slot, f32x4.splat(<f32>codes), Slot.TOP);
  v128.store(slot, f32x4.splat(ROUNDING_MAGIC), Slot.MAGIC);
  const top = v128.load(slot, Slot.TOP);
  const magic = v128.load(slot, Slot.MAGIC);
  const last = slot + (<usize>length << 5);
  const x0 = v128.load(slot, Slot.LANES);
  const x1 = v128.load(slot, Slot.LANES + 16);
  let lowA = x0;
  let lowB = x1;
  let highA = x0;
  let highB = x1;
  let sumWA = v128.load(slot, Slot.WEIGHTS);
  let sumWB = v128.load(slot, Slot.WEIGHTS + 16);
  let sumXA = f32x4.mul(sumWA, x0);
  let sumXB = f32x4.mul(sumWB, x1);
  for (let at = slot + 32; at < last; at += 32) {
    const xa = v128.load(at, Slot.LANES);
    const xb = v128.load(at, Slot.LANES + 16);
    const wa = v128.load(at, Slot.WEIGHTS);
    const wb = v128.load(at, Slot.WEIGHTS + 16);
    lowA = f32x4.pmin(lowA, xa);
    lowB = f32x4.pmin(lowB, xb);
    highA = f32x4.pmax(highA, xa);
    highB = f32x4.pmax(highB, xb);
    sumWA = f32x4.add(sumWA, wa);
    sumWB = f32x4.add(sumWB, wb);
    sumXA = f32x4.add(sumXA, f32x4.mul(wa, xa));
    sumXB = f32x4.add(sumXB, f32x4.mul(wb, xb));
  }
  const minA = f32x4.pmin(lowA, zero);
  const minB = f32x4.pmin(lowB, zero);
  v128.store(slot, highA, Slot.HIGHEST);
  v128.store(slot, highB, Slot.HIGHEST + 16);
  v128.store(slot, f32x4.sub(highA, lowA), Slot.SPAN);
  v128.store(slot, f32x4.sub(highB, lowB), Slot.SPAN + 16);
  v128.store(slot, f32x4.eq(highA, minA), Slot.FLAT);
  v128.store(slot, f32x4.eq(highB, minB), Slot.FLAT + 16);
  v128.store(slot, sumWA, Slot.SUM_OF_WEIGHTS);
  v128.store(slot, sumWB, Slot.SUM_OF_WEIGHTS + 16);
  v128.store(slot, sumXA, Slot.WEIGHTED_SUM);
  v128.store(slot, sumXB, Slot.WEIGHTED_SUM + 16);
  v128.store(slot, minA, Slot.MIN);
  v128.store(slot, minB, Slot.MIN + 16);
  v128.store(slot, minA, Slot.FIRST_MIN);
  v128.store(slot, minB, Slot.FIRST_MIN + 16);

  const factorA = f32x4.div(top, f32x4.sub(highA, minA));
  const factorB = f32x4.div(top, f32x4.sub(highB, minB));
  const scaleA = f32x4.div(f32x4.splat(1), factorA);
  const scaleB = f32x4.div(f32x4.splat(1), factorB);
  let errorA = zero;
  let errorB = zero;
  for (let at = slot; at < last; at += 32) {
    const xa = v128.load(at, Slot.LANES);
    const xb = v128.load(at, Slot.LANES + 16);
    const la = code4<M>(xa, minA, factorA, top, magic);
    const lb = code4<M>(xb, minB, factorB, top, magic);
    const da = penalty<P>(f32x4.sub(f32x4.add(f32x4.mul(scaleA, la), minA), xa));
    const db = penalty<P>(f32x4.sub(f32x4.add(f32x4.mul(scaleB, lb), minB), xb));
    errorA = f32x4.add(errorA, f32x4.mul(v128.load(at, Slot.WEIGHTS), da));
    errorB = f32x4.add(errorB, f32x4.mul(v128.load(at, Slot.WEIGHTS + 16), db));
  }
  v128.store(slot, errorA, Slot.ERROR);
  v128.store(slot, errorB, Slot.ERROR + 16);
  v128.store(slot, scaleA, Slot.SCALE);
  v128.store(slot, scaleB, Slot.SCALE + 16);
  v128.store(slot, v128.and(inRange(slot, factorA, 0), inRange(slot, factorB, 16)), Slot.IN_RANGE);
  if (idof<M>() == idof<Exact>()) {
    v128.store(slot, factorA, Slot.USED_FACTOR);
    v128.store(slot, factorB, Slot.USED_FACTOR + 16);
    v128.store(slot, minA, Slot.USED_MIN);
    v128.store(slot, minB, Slot.USED_MIN + 16);
  }
}

/** Makes a trial's codes, and the scale and minimum that suit them best. */
function fit<M>(slot: usize, length: i32, stretch: f32): void {
  const zero = f32x4.splat(0);
  const top = v128.load(slot, Slot.TOP);
  const magic = v128.load(slot, Slot.MAGIC);
  const last = slot + (<usize>length << 5);
  const minA = v128.load(slot, Slot.MIN);
  const minB = v128.load(slot, Slot.MIN + 16);
  const factorA = f32x4.div(f32x4.splat(stretch), f32x4.sub(v128.load(slot, Slot.HIGHEST), minA));
  const factorB = f32x4.div(f32x4.splat(stretch), f32x4.sub(v128.load(slot, Slot.HIGHEST + 16), minB));
  let sumLA = zero;
  let sumLB = zero;
  let sumL2A = zero;
  let sumL2B = zero;
  let sumXLA = zero;
  let sumXLB = zero;
  for (let at = slot; at < last; at += 32) {
    const xa = v128.load(at, Slot.LANES);
    const la = code4<M>(xa, minA, factorA, top, magic);
    v128.store(at, la, Slot.TRIALS);
    const wla = f32x4.mul(v128.load(at, Slot.WEIGHTS), la);
    sumLA = f32x4.add(sumLA, wla);
    sumL2A = f32x4.add(sumL2A, f32x4.mul(wla, la));
    sumXLA = f32x4.add(sumXLA, f32x4.mul(wla, xa));
    const xb = v128.load(at, Slot.LANES + 16);
    const lb = code4<M>(xb, minB, factorB, top, magic);
    v128.store(at, lb, Slot.TRIALS + 16);
    const wlb = f32x4.mul(v128.load(at, Slot.WEIGHTS + 16), lb);
    sumLB = f32x4.add(sumLB, wlb);
    sumL2B = f32x4.add(sumL2B, f32x4.mul(wlb, lb));
    sumXLB = f32x4.add(sumXLB, f32x4.mul(wlb, xb));
  }
  if (idof<M>() != idof<Exact>()) {
    const small = v128.and(inRange(slot, factorA, 0), inRange(slot, factorB, 16));
    v128.store(slot, v128.and(small, v128.load(slot, Slot.IN_RANGE)), Slot.IN_RANGE);
  } else {
    v128.store(slot, factorA, Slot.FACTOR);
    v128.store(slot, factorB, Slot.FACTOR + 16);
  }
  solve(slot, sumLA, sumL2A, sumXLA);
  solve(slot + 16, sumLB, sumL2B, sumXLB);
}

// @ts-ignore: decorator
@inline
function solve(slot: usize, sumL: v128, sumL2: v128, sumXL: v128): void {
  const zero = f32x4.splat(0);
  const sumW = v128.load(slot, Slot.SUM_OF_WEIGHTS);
  const sumX = v128.load(slot, Slot.WEIGHTED_SUM);
  const determinant = f32x4.sub(f32x4.mul(sumW, sumL2), f32x4.mul(sumL, sumL));
  let scale = f32x4.div(f32x4.sub(f32x4.mul(sumW, sumXL), f32x4.mul(sumX, sumL)), determinant);
  let minimum = f32x4.div(f32x4.sub(f32x4.mul(sumL2, sumX), f32x4.mul(sumL, sumXL)), determinant);
  const positive = f32x4.gt(minimum, zero);
  if (v128.any_true(positive)) {
    scale = v128.bitselect(f32x4.div(sumXL, sumL2), scale, positive);
    minimum = v128.andnot(minimum, positive);
  }
  v128.store(slot, scale, Slot.TRIAL_SCALE);
  v128.store(slot, minimum, Slot.TRIAL_MIN);
  v128.store(slot, f32x4.gt(determinant, zero), Slot.SOLVED);
}

/** Adds up the trial's errors, and keeps it where they are the least so far. */
function judge<M, P>(slot: usize, length: i32): void {
  const last = slot + (<usize>length << 5);
  const scaleA = v128.load(slot, Slot.TRIAL_SCALE);
  const scaleB = v128.load(slot, Slot.TRIAL_SCALE + 16);
  const minA = v128.load(slot, Slot.TRIAL_MIN);
  const minB = v128.load(slot, Slot.TRIAL_MIN + 16);
  let errorA = f32x4.splat(0);
  let errorB = f32x4.splat(0);
  for (let at = slot; at < last; at += 32) {
    const fittedA = f32x4.add(f32x4.mul(scaleA, v128.load(at, Slot.TRIALS)), minA);
    const fittedB = f32x4.add(f32x4.mul(scaleB, v128.load(at, Slot.TRIALS + 16)), minB);
    const da = penalty<P>(f32x4.sub(fittedA, v128.load(at, Slot.LANES)));
    const db = penalty<P>(f32x4.sub(fittedB, v128.load(at, Slot.LANES + 16)));
    errorA = f32x4.add(errorA, f32x4.mul(v128.load(at, Slot.WEIGHTS), da));
    errorB = f32x4.add(errorB, f32x4.mul(v128.load(at, Slot.WEIGHTS + 16), db));
  }
  keep<M>(slot, errorA, scaleA, minA);
  keep<M>(slot + 16, errorB, scaleB, minB);
}

// @ts-ignore: decorator
@inline
function keep<M>(slot: usize, sum: v128, scale: v128, minimum: v128): void {
  // A trial without a solution counts as NaN, which is never less.
  const error = v128.or(sum, v128.not(v128.load(slot, Slot.SOLVED)));
  const best = v128.load(slot, Slot.ERROR);
  const better = f32x4.lt(error, best);
  v128.store(slot, f32x4.pmin(best, error), Slot.ERROR);
  v128.store(slot, v128.bitselect(scale, v128.load(slot, Slot.SCALE), better), Slot.SCALE);
  const before = v128.load(slot, Slot.MIN);
  v128.store(slot, v128.bitselect(minimum, before, better), Slot.MIN);
  if (idof<M>() == idof<Exact>()) {
    const factor = v128.bitselect(v128.load(slot, Slot.FACTOR), v128.load(slot, Slot.USED_FACTOR), better);
    v128.store(slot, factor, Slot.USED_FACTOR);
    v128.store(slot, v128.bitselect(before, v128.load(slot, Slot.USED_MIN), better), Slot.USED_MIN);
  }
}

function end(slot: usize): void {
  for (let group: usize = 0; group < 32; group += 16) {
    const at = slot + group;
    const flat = v128.load(at, Slot.FLAT);
    const minimum = v128.bitselect(v128.load(at, Slot.FIRST_MIN), v128.load(at, Slot.MIN), flat);
    v128.store(at, v128.andnot(v128.load(at, Slot.SCALE), flat), Slot.SCALE);
    v128.store(at, f32x4.neg(minimum), Slot.MIN);
    v128.store(at, v128.andnot(v128.load(at, Slot.USED_FACTOR), flat), Slot.USED_FACTOR);
    v128.store(at, v128.andnot(v128.load(at, Slot.USED_MIN), flat), Slot.USED_MIN);
  }
}
