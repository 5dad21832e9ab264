// What the host writes before it calls `quantizeGguf`.

/** Added to the number of a type of ggml, where rows are stored in its blocks. */
export const BLOCKS: i32 = 256;

/** Rows to quantize. Field order is the contract with lib/simulate/gguf. Pointers are byte offsets, 0 for "not wanted". */
@unmanaged
export class GgufJob {
  /** Rows in the stored type, one after the other. */
  source: usize;
  /** A number of `Dtype`; or, for blocks of a quantized type, its `enum ggml_type` and `BLOCKS`. */
  dtype: i32;
  rows: i32;
  /** A multiple of the type's block. */
  columns: i32;
  /** `enum ggml_type`. */
  type: i32;
  /** Blocks, row after row. */
  blocks: usize;
  /** f32 that the blocks stand for. */
  restored: usize;
  /** f64 x FigureField.COUNT, added to. */
  figures: usize;
  /** f32, one a column: sum of squares, added to; needed with `figures`. */
  columnEnergy: usize;
  /** `ggufScratchBytes` bytes. */
  scratch: usize;
}
