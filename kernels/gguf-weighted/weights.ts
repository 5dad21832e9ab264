// How much the errors of values weigh: the importance of the column, and more for large values.
import { SLOT_VALUES, Weighted } from './scratch';

/** Above this, of values and of weights, sums of their products may overflow: such slots are searched as the C code does in every case. */
const LARGEST_FAST: f32 = 1e9;

/** Sum of squares, added up one after the other as in C. */
export function sumOfSquares(x: usize, count: i32): f32 {
  let sum: f32 = 0;
  for (let at = x; at < x + (<usize>count << 2); at += 4) sum += load<f32>(at) * load<f32>(at);
  return sum;
}

/**
 * Weights of a slot's 256 values: importance · √(sigma2 + x²), to `WEIGHTS`.
 *
 * @returns are values and weights so small that no sum of their products overflows?
 */
export function weigh(x: usize, importance: usize, sigma2: f32, scratch: usize): bool {
  const spread = f32x4.splat(sigma2);
  let largest = f32x4.splat(0);
  for (let at: usize = 0; at < <usize>SLOT_VALUES << 2; at += 16) {
    const v = v128.load(x + at);
    const root = f32x4.sqrt(f32x4.add(spread, f32x4.mul(v, v)));
    const weight = f32x4.mul(v128.load(importance + at), root);
    v128.store(scratch + at, weight, Weighted.WEIGHTS);
    largest = f32x4.max(largest, f32x4.max(f32x4.abs(v), weight));
  }
  // A NaN among them is the largest of all, and compares as false.
  return i32x4.all_true(f32x4.le(largest, f32x4.splat(LARGEST_FAST)));
}

/** The largest magnitude of 256 values; infinite where one is NaN. */
export function magnitudeOfSlot(x: usize): f32 {
  let largest = f32x4.splat(0);
  for (let at: usize = 0; at < <usize>SLOT_VALUES << 2; at += 16) {
    largest = f32x4.max(largest, f32x4.abs(v128.load(x + at)));
  }
  const low = max<f32>(f32x4.extract_lane(largest, 0), f32x4.extract_lane(largest, 1));
  const all = max<f32>(low, max<f32>(f32x4.extract_lane(largest, 2), f32x4.extract_lane(largest, 3)));
  return all == all ? all : Infinity;
}
