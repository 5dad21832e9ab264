// What the host writes before it calls `quantizeWeighted`.

/** Rows to quantize. Field order is the contract with lib/simulate/gguf. Pointers are byte offsets, 0 for "not wanted". */
@unmanaged
export class WeightedJob {
  /** Rows in the stored type, one after the other. */
  source: usize;
  /** As that of a `GgufJob`. */
  dtype: i32;
  rows: i32;
  /** A multiple of the type's block. */
  columns: i32;
  /** `enum ggml_type`. */
  type: i32;
  /** f32, one a column: how much an error in it weighs; finite and not negative. */
  importance: usize;
  /** Blocks, row after row. */
  blocks: usize;
  /** f32 that the blocks stand for. */
  restored: usize;
  /** f64 x FigureField.COUNT, added to. */
  figures: usize;
  /** f32, one a column: sum of squares, added to; needed with `figures`. */
  columnEnergy: usize;
  /** Six bytes a column: a row as f32, and its blocks. */
  row: usize;
  /** `weightedScratchBytes` bytes. */
  scratch: usize;
}
