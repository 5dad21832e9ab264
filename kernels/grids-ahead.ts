// Scales and zero points of a row's groups, some groups before they are quantized: a group's own take a chain of divisions and roundings,
// which four groups at a time go through together.
import { Dtype, F16, roundTo, shiftOf } from './dtype';
import { absMax, highest, lowest, lowestZero, range } from './extremes';
import { Grid, computeGrid, gridScale, gridZero, highestCode, lowestCode, needsRange } from './grids';
import { GroupLoop, Held } from './held';
import { RowJob } from './job';
import { Float4, RoundThenShift, knowsWithin } from './row-style';
import { roundExactly4 } from './rounding';

// The fast loops round by adding magic numbers and keep sums of squares in f32: both hold for scales in this range, and
// weights that are no further beyond their grid than that.
const SMALLEST_FAST: f32 = 9.094947e-13; // 2^-40
const LARGEST_FAST: f32 = 1.0995116e12; // 2^40

/** Extremes below this overflow no type, nor do their difference and its quotients. */
const LARGEST_TAME: f32 = 16384;

/** One weight as the arithmetic's type holds it: a cast rounds, unless it widens. */
// @ts-ignore: decorator
@inline
export function cast1<T, A>(w: f32): f32 {
  return idof<T>() != idof<A>() && idof<A>() == idof<F16>() ? roundTo(Dtype.F16, w) : w;
}

/** Scales, zero points and loops of the next `count` groups of a row, into the held arrays. */
export function gridsAhead<T, A, S>(
  job: RowJob,
  held: usize,
  source: usize,
  gridAt: usize,
  group: i32,
  count: i32,
): void {
  const scales = job.scales + ((gridAt + <usize>group) << 2);
  const zeroPoints = job.zeroPoints + ((gridAt + <usize>group) << 2);
  if (job.rowsPerScale != 0) {
    for (let ahead: usize = 0; ahead < <usize>count; ahead++) {
      const scale = load<f32>(scales + (ahead << 2));
      store<f32>(held + (ahead << 2), scale, Held.SCALES);
      store<f32>(held + (ahead << 2), load<f32>(zeroPoints + (ahead << 2)), Held.ZEROS);
      store<u8>(held + ahead, isFast(scale) ? GroupLoop.BEYOND : GroupLoop.SINGLE, Held.LOOPS);
    }
    return;
  }
  const ranged = needsRange(job.grid);
  for (let ahead = 0; ahead < count; ahead++) {
    const first = (group + ahead) * job.groupSize;
    const from = source + (<usize>first << shiftOf<T>());
    const length = min<i32>(job.groupSize, job.columns - first);
    const to = held + (<usize>ahead << 2);
    if (ranged) {
      range<T>(from, length);
      const low = lowest == 0 && job.grid == Grid.AWQ_ZERO_POINT ? lowestZero<T>(from, length) : lowest;
      store<f32>(to, cast1<T, A>(low), Held.LOWS);
      store<f32>(to, cast1<T, A>(highest), Held.HIGHS);
    } else {
      const magnitude = cast1<T, A>(absMax<T>(from, length));
      store<f32>(to, -magnitude, Held.LOWS);
      store<f32>(to, magnitude, Held.HIGHS);
    }
  }
  const inFours = job.grid == Grid.AWQ_ZERO_POINT || job.grid == Grid.INT_SYMMETRIC;
  for (let ahead = 0; ahead < count; ) {
    if (inFours && ahead + 4 <= count && fourGrids<A>(job, held, ahead)) {
      ahead += 4;
      continue;
    }
    oneGrid<S>(job, held, ahead);
    ahead++;
  }
  if (job.scales != 0) memory.copy(scales, held + Held.SCALES, <usize>count << 2);
  if (job.zeroPoints != 0) memory.copy(zeroPoints, held + Held.ZEROS, <usize>count << 2);
}

// @ts-ignore: decorator
@inline
function isFast(scale: f32): bool {
  return scale > SMALLEST_FAST && scale < LARGEST_FAST;
}

function oneGrid<S>(job: RowJob, held: usize, ahead: usize): void {
  const at = held + (ahead << 2);
  const low = load<f32>(at, Held.LOWS);
  const high = load<f32>(at, Held.HIGHS);
  computeGrid(job.grid, job.bits, job.arithmetic, low, high);
  store<f32>(at, gridScale, Held.SCALES);
  store<f32>(at, gridZero, Held.ZEROS);
  // NVFP4's scales end where E4M3 does.
  const saturates = idof<S>() == idof<Float4>() && !(high < LARGEST_FAST);
  let loop = GroupLoop.SINGLE;
  if (isFast(gridScale) && !saturates) {
    loop = knowsWithin<S>() && staysWithin<S>(job, low, high) ? GroupLoop.WITHIN : GroupLoop.BEYOND;
  }
  store<u8>(held + ahead, loop, Held.LOOPS);
}

/**
 * Have all values from `low` to `high` a code in the last `computeGrid`? Divisions and roundings keep their order, so that the ends tell.
 * Without a zero point the extreme value makes the scale, and what that is rounded by is far less than half a step.
 */
function staysWithin<S>(job: RowJob, low: f32, high: f32): bool {
  if (idof<S>() != idof<RoundThenShift>()) return true;
  const first = nearest<f32>(roundTo(job.arithmetic, low / gridScale));
  const last = nearest<f32>(roundTo(job.arithmetic, high / gridScale));
  return first >= lowestCode(job.grid, job.bits) - gridZero && last <= highestCode(job.grid, job.bits) - gridZero;
}

/**
 * `oneGrid` of four groups, for AutoAWQ's zero points and compressed-tensors' symmetric integers.
 *
 * @returns whether it could: not with NaN, infinities and magnitudes that are near to the ends of a type
 */
function fourGrids<A>(job: RowJob, held: usize, ahead: usize): bool {
  const at = held + (ahead << 2);
  const low = v128.load(at, Held.LOWS);
  const high = v128.load(at, Held.HIGHS);
  const tame = f32x4.splat(LARGEST_TAME);
  if (!i32x4.all_true(v128.and(f32x4.lt(f32x4.abs(low), tame), f32x4.lt(f32x4.abs(high), tame)))) return false;
  let scale: v128;
  let zero = f32x4.splat(0);
  let within = i32x4.splat(-1);
  if (job.grid == Grid.INT_SYMMETRIC) {
    scale = roundSigned4<A>(f32x4.div(high, f32x4.splat(<f32>(<f64>((1 << job.bits) - 1) / 2))), held);
    if (!i32x4.all_true(f32x4.gt(scale, f32x4.splat(SMALLEST_FAST)))) return false;
  } else {
    const top = f32x4.splat(highestCode(job.grid, job.bits));
    const span = roundSigned4<A>(f32x4.sub(high, low), held);
    scale = roundSigned4<A>(f32x4.div(f32x4.pmax(span, f32x4.splat(roundTo(job.arithmetic, 1e-5))), top), held);
    const first = f32x4.nearest(roundSigned4<A>(f32x4.div(low, scale), held));
    const last = f32x4.nearest(roundSigned4<A>(f32x4.div(high, scale), held));
    // A zero point of -0.0 is no less than 0, and stays.
    zero = f32x4.pmin(f32x4.pmax(f32x4.neg(first), zero), top);
    within = v128.and(f32x4.ge(first, f32x4.neg(zero)), f32x4.le(last, f32x4.sub(top, zero)));
  }
  v128.store(at, scale, Held.SCALES);
  v128.store(at, zero, Held.ZEROS);
  const loops = i32x4.sub(i32x4.splat(GroupLoop.BEYOND), within);
  v128.store32_lane(held + ahead, i8x16.shuffle(loops, loops, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12), 0, Held.LOOPS);
  return true;
}

/** The same as scalars are rounded: a zero keeps its sign. */
// @ts-ignore: decorator
@inline
function roundSigned4<A>(x: v128, held: usize): v128 {
  return v128.or(roundExactly4<A>(x, held), v128.and(x, i32x4.splat(0x80000000)));
}
