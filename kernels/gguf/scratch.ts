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
  /** Two slots of the search of one scale and minimum; what follows up to `CODES` shares the first one's place. */
  export const SLOTS: usize = 18688;
  /** f32 × 256: a super-block turned so that each SIMD lane holds a sub-block. */
  export const LANES: usize = 18688;
  /** f32 × 256: the weights of its values in the search. */
  export const WEIGHTS: usize = 19712;
  /** f32 × 256: codes, or products, of its values. */
  export const TRIALS: usize = 20736;
  /** One byte × 256: codes in the order of the values. */
  export const CODES: usize = 25984;
  /** f32 × 16, one a sub-block. */
  export const SCALES: usize = 26240;
  /** f32 × 16: reciprocal scales that the search's codes were made with. */
  export const SEARCH_SCALES: usize = 26304;
  /** i32 × 16: -1 for sub-blocks whose values are all taken for zero. */
  export const EMPTY: usize = 26368;
  /** f32 × 16 each: what values are divided by for their codes, and what is added before. */
  export const STEPS: usize = 26432;
  export const ADDS: usize = 26496;
  /** Three vectors: constants of a loop. */
  export const LIMITS: usize = 26560;
  /** f32 × 512: IQ4_NL's level for each half integer from -128. */
  export const LEVELS: usize = 26624;
  export const BYTES: usize = 28672;
}
