/** What one thread found of a tensor; those of several threads are added up. */
export interface TensorResult {
  readonly tensor: number;
  /** For each scheme the fields of the figures, one after the other. */
  readonly figures: Float64Array;
  /** Sum of squares of each column. */
  readonly columnEnergy: Float64Array;
}

/** SHA-256 of a tensor's bytes, hexadecimal. */
export interface DigestResult {
  readonly tensor: number;
  readonly digest: string;
}
