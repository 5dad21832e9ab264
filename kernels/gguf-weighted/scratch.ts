// Working memory beside that of the kernels without weights, behind which it lies.
import { Scratch } from '../gguf/scratch';

/** Values of a slot: a super-block, or eight blocks of 32. */
export const SLOT_VALUES: i32 = 256;

export namespace Weighted {
  /** f32 × 256: what errors of the slot's values weigh, in the order of the values. */
  export const WEIGHTS: usize = Scratch.BYTES;
  /** f32 × 256: the values of a last slot that is not full, and zeros. */
  export const VALUES: usize = Scratch.BYTES + 1024;
  /** f32 × 16: the weights of each sub-block, added up. */
  export const SUMS: usize = Scratch.BYTES + 2048;
  /** One byte × 16 each: quantized scales and minima. */
  export const SCALE_CODES: usize = Scratch.BYTES + 2112;
  export const MIN_CODES: usize = Scratch.BYTES + 2128;
  export const BYTES: usize = Scratch.BYTES + 2144;
}
