// The search of IQ4_NL and IQ4_XS for a scale of uneven levels, four blocks of 32 in the lanes: `quantize_row_iq4_nl_impl` of ggml-quants.c.
import { levelOf, levels4 } from '../gguf/iq4-nl';
import { Scratch } from '../gguf/scratch';
import { Slot } from '../gguf/search-slot';
import { SMALLEST } from './search-scale';

const LEVEL_TRIES: i32 = 7;

/** Scales of four blocks whose values lie at `LANES` and their weights at `WEIGHTS`, to `SCALES`. The table of levels is filled. */
export function searchLevels(slot: usize, scratch: usize): void {
  const table = scratch + Scratch.LEVELS;
  const zero = f32x4.splat(0);
  let largest = zero;
  let extreme = zero;
  for (let at: usize = 0; at < 512; at += 16) {
    const v = v128.load(slot + at, Slot.LANES);
    const grows = f32x4.gt(f32x4.abs(v), largest);
    largest = v128.bitselect(f32x4.abs(v), largest, grows);
    extreme = v128.bitselect(v, extreme, grows);
  }
  let scale = zero;
  let best = zero;
  for (let trial = -LEVEL_TRIES - 1; trial <= LEVEL_TRIES; trial++) {
    const first = trial < -LEVEL_TRIES;
    const factor = first
      ? f32x4.div(f32x4.splat(1), f32x4.div(f32x4.neg(extreme), f32x4.splat(<f32>levelOf(0))))
      : f32x4.div(f32x4.splat(<f32>trial + <f32>levelOf(0)), extreme);
    let sumX = zero;
    let sumL = zero;
    for (let at: usize = 0; at < 512; at += 16) {
      const v = v128.load(slot + at, Slot.LANES);
      const level = levels4(f32x4.mul(factor, v), table);
      const weighted = f32x4.mul(v128.load(slot + at, Slot.WEIGHTS), level);
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
  const empty = f32x4.lt(largest, f32x4.splat(SMALLEST));
  v128.store(scratch, v128.andnot(scale, empty), Scratch.SCALES);
}
