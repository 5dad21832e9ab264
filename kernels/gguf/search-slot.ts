// What the search of one scale and minimum works on: eight sub-blocks, two groups (A and B) of four lanes.

/** Offsets of a slot's parts. Two slots are searched in turns, so that the one's divisions pass while the other's sums are added up. */
export namespace Slot {
  /** f32 × 256: value i of the eight sub-blocks stands at 8 · i. */
  export const LANES: usize = 0;
  /** f32 × 256: what the squared or plain differences of these values weigh. */
  export const WEIGHTS: usize = 1024;
  /** f32 × 256: codes of the trial. */
  export const TRIALS: usize = 2048;
  // Two vectors each, of A and B, from here on.
  /** Largest value. */
  export const HIGHEST: usize = 3072;
  /** Largest less least. */
  export const SPAN: usize = 3104;
  /** All bits set where all values are one: such sub-blocks keep the scale 0. */
  export const FLAT: usize = 3136;
  export const SUM_OF_WEIGHTS: usize = 3168;
  export const WEIGHTED_SUM: usize = 3200;
  /** The trial's scale, minimum and whether its equations had a solution. */
  export const TRIAL_SCALE: usize = 3232;
  export const TRIAL_MIN: usize = 3264;
  export const SOLVED: usize = 3296;
  /** Error of the best trial so far, its scale and its minimum. */
  export const ERROR: usize = 3328;
  export const SCALE: usize = 3360;
  export const MIN: usize = 3392;
  /** Reciprocal scale and minimum that the best trial's codes were made with: kept by the exact search alone. */
  export const USED_FACTOR: usize = 3424;
  export const USED_MIN: usize = 3456;
  export const FACTOR: usize = 3488;
  /** All bits set while no product has left the fast search's range. */
  export const IN_RANGE: usize = 3520;
  /** The minima that flat sub-blocks keep. */
  export const FIRST_MIN: usize = 3536;
  /** The highest code, and what rounds in the adder: as loads the compiler keeps them in registers, constants it makes anew each time. */
  export const TOP: usize = 3568;
  export const MAGIC: usize = 3584;
  export const BYTES: usize = 3648;
}
