// Sub-blocks whose values are even steps already, as those of a model that was in blocks of four bits before: all but one of the 21 trials
// of Q4_K's search are known to change nothing. Which one, and why, is in docs/decisions/0032-even-steps-take-one-trial.md.
import { Slot } from './search-slot';

/** Values lie this near to their steps at most, in steps. */
const SLACK: f32 = 0.003;

/** Of a value's size in steps: beyond it, f32 is too coarse to tell. */
const MOST_STEPS: f32 = 2000;

/** Steps whose squares and cubes f32 holds with all its bits. */
const LEAST_STEP: f32 = 9.5367431640625e-7; // 2^-20

/** The trial that remains, by its number: the first by which every value has the code of its step. */
export const TRIAL_ON_GRID: i32 = 6;

/**
 * Are the values of all eight sub-blocks of a slot steps of a grid of 16 that begins at their least and ends at their largest, and are three
 * of its steps in use at least? Those of one value alone do not matter. To be asked when the search has tried the plain scale.
 */
export function liesOnGrid(slot: usize): bool {
  if (!i32x4.all_true(v128.and(endsOnGrid(slot), endsOnGrid(slot + 16)))) return false;
  const half = f32x4.splat(0.5);
  const stepA = f32x4.mul(v128.load(slot, Slot.SCALE), half);
  const stepB = f32x4.mul(v128.load(slot, Slot.SCALE + 16), half);
  const firstA = f32x4.add(v128.load(slot, Slot.FIRST_MIN), stepA);
  const firstB = f32x4.add(v128.load(slot, Slot.FIRST_MIN + 16), stepB);
  const lastA = f32x4.sub(v128.load(slot, Slot.HIGHEST), stepA);
  const lastB = f32x4.sub(v128.load(slot, Slot.HIGHEST + 16), stepB);
  let betweenA = v128.load(slot, Slot.FLAT);
  let betweenB = v128.load(slot, Slot.FLAT + 16);
  for (let at = slot; at < slot + 1024; at += 32) {
    const a = v128.load(at, Slot.LANES);
    const b = v128.load(at, Slot.LANES + 16);
    betweenA = v128.or(betweenA, v128.and(f32x4.gt(a, firstA), f32x4.lt(a, lastA)));
    betweenB = v128.or(betweenB, v128.and(f32x4.gt(b, firstB), f32x4.lt(b, lastB)));
  }
  return i32x4.all_true(v128.and(betweenA, betweenB));
}

/** Four sub-blocks: does the grid begin at the least value, and does the plain scale restore all values? */
// @ts-ignore: decorator
@inline
function endsOnGrid(slot: usize): v128 {
  const scale = v128.load(slot, Slot.SCALE);
  const minimum = v128.load(slot, Slot.FIRST_MIN);
  const begins = f32x4.eq(v128.load(slot, Slot.SPAN), f32x4.sub(v128.load(slot, Slot.HIGHEST), minimum));
  const precise = f32x4.le(f32x4.neg(minimum), f32x4.mul(scale, f32x4.splat(MOST_STEPS)));
  const sized = f32x4.ge(scale, f32x4.splat(LEAST_STEP));
  // No weight is less than a 64th of their sum: each is the root mean square and a magnitude.
  const most = f32x4.mul(v128.load(slot, Slot.SUM_OF_WEIGHTS), f32x4.splat((SLACK * SLACK) / 64));
  const restored = f32x4.le(v128.load(slot, Slot.ERROR), f32x4.mul(most, f32x4.mul(scale, scale)));
  const all = v128.and(v128.and(begins, precise), v128.and(sized, restored));
  return v128.or(all, v128.load(slot, Slot.FLAT));
}
