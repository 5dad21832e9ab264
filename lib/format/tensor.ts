/** Where one tensor lies and what it is. Nothing of its data is held. */
export interface TensorInfo {
  /** As the file spells it; may be any text at all, `__proto__` included. Show it through `quoted`. */
  readonly name: string;
  /** `BF16`, `F8_E4M3`, `Q4_K`…: the file format's own name. */
  readonly dtype: string;
  /** Row-major: `[outFeatures, inFeatures]` for a linear layer, in GGUF files too (which store it reversed). `[]` is a scalar. */
  readonly shape: readonly number[];
  /** Product of the shape. */
  readonly elements: number;
  /** First byte, from the start of the file. */
  readonly offset: number;
  /** Length in bytes. */
  readonly bytes: number;
}
