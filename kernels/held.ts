// Working memory of the loop over rows. It lies behind the job that the host has written.
import { F16 } from './dtype';
import { RowJob } from './job';

/** Values that are quantized before their errors are added up. */
export const CHUNK_VALUES: i32 = 512;
export const CHUNK_BYTES: usize = 2048;

/** Groups whose grids are computed at a time, a power of two. */
export const GROUPS_AHEAD: i32 = 8;

/** Where in a job's memory, behind its fields, the loop's working memory begins. */
const HELD: usize = 80;

/** Bytes that a job and its working memory take. */
export function rowJobBytes(): usize {
  return HELD + Held.BYTES;
}

export function heldOf(job: RowJob): usize {
  return changetype<usize>(job) + HELD;
}

/** How the values of a group are quantized. */
export namespace GroupLoop {
  /** One by one, with every case of the type. */
  export const SINGLE: u8 = 0;
  /** Four at a time; some may lie beyond the codes. */
  export const BEYOND: u8 = 1;
  /** Four at a time, none of which lies beyond the codes. */
  export const WITHIN: u8 = 2;
}

/**
 * Parts of the working memory. Constants stand here, a vector each: the compiler makes constants anew in each round, and a load takes no
 * arithmetic unit.
 */
export namespace Held {
  export const LOWEST: usize = 0;
  export const HIGHEST: usize = 16;
  export const SCALE: usize = 32;
  export const STEP: usize = 48;
  export const ZERO: usize = 64;
  export const MAGNITUDE: usize = 80;
  export const EXPONENT: usize = 96;
  export const BF16_MAGIC: usize = 112;
  export const F16_MAGIC: usize = 128;
  export const F16_LEAST: usize = 144;
  export const F16_CAST: usize = 160;
  export const E4M3_LEAST: usize = 176;
  export const E4M3_MAGIC: usize = 192;
  export const ANY_LEAST: usize = 208;
  export const ANY_MAGIC: usize = 224;
  export const ANY_EXACT: usize = 240;
  export const NEGATIVE_ZERO: usize = 256;
  export const KEPT_SIGN: usize = 272;
  /** 2^n for the n bits of an f32 that the type does not have. */
  export const MULTIPLE: usize = 288;
  /** Lowest and highest code less the zero point. */
  export const LEAST: usize = 304;
  export const MOST: usize = 320;
  /** f32 × GROUPS_AHEAD each: of the next groups. */
  export const LOWS: usize = 336;
  export const HIGHS: usize = 368;
  export const SCALES: usize = 400;
  export const ZEROS: usize = 432;
  /** A `GroupLoop` each. */
  export const LOOPS: usize = 464;
  /** Sums of the row. */
  export const SIGNAL: usize = 480;
  export const NOISE: usize = 496;
  export const CROSS: usize = 512;
  export const WORST: usize = 528;
  export const ZEROED: usize = 544;
  export const CLIPPED: usize = 560;
  /** f32 × CHUNK_VALUES each: weights, and what they are quantized to. */
  export const VALUES: usize = 576;
  export const BYTES: usize = 576 + 2 * CHUNK_BYTES;
}

/** 2^n for the n bits of an f32 that f16, or else bf16, does not have. */
// @ts-ignore: decorator
@inline
export function multipleOf<A>(): f32 {
  return idof<A>() == idof<F16>() ? 8192 : 65536;
}
