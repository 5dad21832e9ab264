// IQ4_NL: 32 values, one scale, 16 levels that lie closer around zero. `quantize_row_iq4_nl_impl` of ggml-quants.c, four blocks at a
// time, one in each lane; without an importance matrix from `quantizeIq4Nl` on.
import { f16Bits } from '../dtype';
import { toLanes } from './lanes';
import { Scratch } from './scratch';
import { SMALLEST } from './search-scale';

/** The levels, `kvalues_iq4nl` of ggml-common.h. */
const LEVELS = memory.data<i8>([-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113]);

const TRIES: i32 = 7;
const BLOCK_BYTES: usize = 18;

// @ts-ignore: decorator
@inline
export function levelOf(code: i32): i32 {
  return <i32>load<i8>(LEVELS + <usize>code);
}

/** Code of the level that is nearest to `value`; the higher one of two equally near. `best_index_int8`. */
export function nearestLevel(value: f32): i32 {
  if (value <= <f32>levelOf(0)) return 0;
  if (value >= <f32>levelOf(15)) return 15;
  let code = 15;
  for (let i = 1; i < 15; i++) {
    if (value < <f32>levelOf(i)) {
      code = i;
      break;
    }
  }
  return value - <f32>levelOf(code - 1) < <f32>levelOf(code) - value ? code - 1 : code;
}

/**
 * Levels by half integers: two neighbouring levels meet at a whole or half number, so that all values between one half integer and
 * the next have the same nearest level.
 */
export function fillLevels(table: usize): void {
  for (let half = 0; half < 512; half++) {
    store<f32>(table + (<usize>half << 2), <f32>levelOf(nearestLevel(<f32>(half - 256) * 0.5)));
  }
}

/** @param finite no value is NaN or infinite */
export function quantizeIq4Nl(x: usize, blocks: usize, count: i32, finite: bool, scratch: usize): void {
  for (let i = 0; i < count; i += 128, x += 512, blocks += BLOCK_BYTES * 4) {
    const held = min<i32>(4, (count - i) >> 5);
    if (finite) {
      let from = x;
      if (held < 4) {
        // What is missing of the last four blocks is taken as zero.
        from = scratch + Scratch.WEIGHTS;
        memory.fill(from, 0, 512);
        memory.copy(from, x, <usize>held << 7);
      }
      toLanes(from, scratch + Scratch.LANES, 1, 32);
      searchFourBySquares(scratch);
      for (let k = 0; k < held; k++) {
        const d = load<f32>(scratch + Scratch.SCALES + (<usize>k << 2));
        writeBlock(x + (<usize>k << 7), blocks + <usize>k * BLOCK_BYTES, d);
      }
    } else {
      for (let k = 0; k < held; k++) {
        const at = x + (<usize>k << 7);
        writeBlock(at, blocks + <usize>k * BLOCK_BYTES, scaleOfAny(at));
      }
    }
  }
}

/** Scales of four blocks that no importance matrix weighs: each value weighs its square. */
export function searchFourBySquares(scratch: usize): void {
  for (let at: usize = 0; at < 512; at += 16) {
    const v = v128.load(scratch + at, Scratch.LANES);
    v128.store(scratch + at, f32x4.mul(v, v), Scratch.WEIGHTS);
  }
  searchFour(scratch);
}

/** Scales of four blocks whose values lie at `LANES` and what they weigh at `WEIGHTS`. The table of levels is filled. */
export function searchFour(scratch: usize): void {
  const values = scratch + Scratch.LANES;
  const weights = scratch + Scratch.WEIGHTS;
  const table = scratch + Scratch.LEVELS;
  const zero = f32x4.splat(0);
  let largest = zero;
  let extreme = zero;
  for (let at: usize = 0; at < 512; at += 16) {
    const v = v128.load(values + at);
    const grows = f32x4.gt(f32x4.abs(v), largest);
    largest = v128.bitselect(f32x4.abs(v), largest, grows);
    extreme = v128.bitselect(v, extreme, grows);
  }
  const empty = f32x4.lt(largest, f32x4.splat(SMALLEST));
  let scale = zero;
  let best = zero;
  for (let trial = -TRIES - 1; trial <= TRIES; trial++) {
    const first = trial < -TRIES;
    const factor = first
      ? f32x4.div(f32x4.splat(1), f32x4.div(f32x4.neg(extreme), f32x4.splat(<f32>levelOf(0))))
      : f32x4.div(f32x4.splat(<f32>trial + <f32>levelOf(0)), extreme);
    let sumX = zero;
    let sumL = zero;
    for (let at: usize = 0; at < 512; at += 16) {
      const v = v128.load(values + at);
      const level = levels4(f32x4.mul(factor, v), table);
      const weighted = f32x4.mul(v128.load(weights + at), level);
      sumX = f32x4.add(sumX, f32x4.mul(weighted, v));
      sumL = f32x4.add(sumL, f32x4.mul(weighted, level));
    }
    const some = f32x4.gt(sumL, zero);
    const fitted = v128.and(f32x4.div(sumX, sumL), some);
    const better = first
      ? i32x4.splat(-1)
      : v128.and(some, f32x4.gt(f32x4.mul(sumX, sumX), f32x4.mul(best, sumL)));
    scale = v128.bitselect(fitted, scale, better);
    best = v128.bitselect(f32x4.mul(fitted, sumX), best, better);
  }
  v128.store(scratch + Scratch.SCALES, v128.andnot(scale, empty));
}

/** The nearest level to each of four values. */
// @ts-ignore: decorator
@inline
export function levels4(value: v128, table: usize): v128 {
  const halves = f32x4.floor(f32x4.mul(value, f32x4.splat(2)));
  const inside = f32x4.pmin(f32x4.pmax(halves, f32x4.splat(-256)), f32x4.splat(255));
  const index = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(inside), i32x4.splat(256)), 2);
  let level = v128.load32_zero(table + i32x4.extract_lane(index, 0));
  level = v128.load32_lane(table + i32x4.extract_lane(index, 1), level, 1);
  level = v128.load32_lane(table + i32x4.extract_lane(index, 2), level, 2);
  return v128.load32_lane(table + i32x4.extract_lane(index, 3), level, 3);
}

/** A block with its scale and the codes that follow from it. */
export function writeBlock(x: usize, block: usize, d: f32): void {
  store<u16>(block, f16Bits(d));
  const id: f32 = d != 0 ? <f32>1 / d : 0;
  for (let j: usize = 0; j < 16; j++) {
    const low = nearestLevel(id * load<f32>(x + (j << 2)));
    const high = nearestLevel(id * load<f32>(x + (j << 2), 64));
    store<u8>(block + j, <u8>(low | (high << 4)), 2);
  }
}

/** The scale of a block of any values, one by one. */
export function scaleOfAny(x: usize): f32 {
  let largest: f32 = 0;
  let extreme: f32 = 0;
  for (let j: usize = 0; j < 128; j += 4) {
    const v = load<f32>(x + j);
    if (abs<f32>(v) > largest) {
      largest = abs<f32>(v);
      extreme = v;
    }
  }
  let d: f32 = 0;
  if (!(largest < SMALLEST)) {
    let best: f32 = 0;
    for (let trial = -TRIES - 1; trial <= TRIES; trial++) {
      const first = trial < -TRIES;
      const id: f32 = first ? <f32>1 / (-extreme / <f32>levelOf(0)) : (<f32>trial + <f32>levelOf(0)) / extreme;
      let sumX: f32 = 0;
      let sumL: f32 = 0;
      for (let j: usize = 0; j < 128; j += 4) {
        const v = load<f32>(x + j);
        const level = <f32>levelOf(nearestLevel(id * v));
        const weighted: f32 = v * v * level;
        sumX += weighted * v;
        sumL += weighted * level;
      }
      if (first) d = sumL > 0 ? sumX / sumL : 0;
      else if (sumL > 0 && sumX * sumX > best * sumL) d = sumX / sumL;
      else continue;
      best = d * sumX;
    }
  }
  return d;
}
