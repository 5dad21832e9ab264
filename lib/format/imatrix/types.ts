/** How strongly each input feature of a tensor was driven over a calibration text. */
export interface ImatrixEntry {
  /**
   * Mean of the squares of what entered each column, those of one matrix after the other where experts are stacked; finite, not negative.
   * 1 for each column of an expert that no token reached.
   */
  readonly meanSquares: Float32Array;
  /** Tokens that entered each matrix; the older form has the number of chunks instead, once for all. */
  readonly counts: readonly number[];
}

/** An importance matrix, as `llama-imatrix` of llama.cpp writes it. */
export interface ImportanceMatrix {
  /** The file's path as it was given. */
  readonly file: string;
  /** `gguf` since the middle of 2025, `dat` before. */
  readonly form: 'gguf' | 'dat';
  /** Texts that it was made with; may be empty. */
  readonly datasets: readonly string[];
  /** Pieces of text that it was made with; 0 where the file does not say. */
  readonly chunks: number;
  /** By the tensor's name in a GGUF: `blk.0.attn_q.weight`. */
  readonly entries: ReadonlyMap<string, ImatrixEntry>;
}

/** Keys of the form that is a GGUF file. Source: llama.cpp common/imatrix-loader.h. */
export const IMATRIX_KEYS = {
  type: 'general.type',
  datasets: 'imatrix.datasets',
  chunkCount: 'imatrix.chunk_count',
  chunkSize: 'imatrix.chunk_size',
} as const;

/** `general.type` of such a file. */
export const IMATRIX_TYPE = 'imatrix';

/** What the names of its two tensors for each entry end with: sums of squares, and how many tokens they are of. */
export const SUMS_SUFFIX = '.in_sum2';
export const COUNTS_SUFFIX = '.counts';
