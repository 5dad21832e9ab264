// Working memory of one thread. Threads share all static memory, so that it must come from the host; these are its parts.

/** Values that are decoded, quantized and compared at a time: they stay in the first-level cache. */
export const CHUNK_VALUES: i32 = 2048;

export namespace Scratch {
  /** f32 × CHUNK_VALUES: decoded weights. */
  export const VALUES: usize = 0;
  /** f32 × CHUNK_VALUES: what the blocks stand for. */
  export const RESTORED: usize = 8192;
  /** Blocks of a chunk, where the caller wants figures alone. */
  export const BLOCKS: usize = 16384;
  /** f32 × 256: a super-block turned so that each SIMD lane holds a sub-block. */
  export const LANES: usize = 18688;
  /** f32 × 256: the weights of its values in the search. */
  export const WEIGHTS: usize = 19712;
  /** f32 × 256: codes, or products, of its values. */
  export const TRIALS: usize = 20736;
  /** One byte × 256: codes in the order of the values. */
  export const CODES: usize = 21760;
  /** f32 × 16 each, one a sub-block. */
  export const SCALES: usize = 22016;
  export const MINS: usize = 22080;
  /** Reciprocal scale and minimum that the search's codes were made with. */
  export const SEARCH_SCALES: usize = 22144;
  export const SEARCH_MINS: usize = 22208;
  /** i32 × 16: -1 for sub-blocks whose values are all taken for zero. */
  export const EMPTY: usize = 22272;
  /** f32 × 512: IQ4_NL's level for each half integer from -128. */
  export const LEVELS: usize = 22336;
  export const BYTES: usize = 24384;
}
