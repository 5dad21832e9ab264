// What the host writes before it calls a row kernel. Field order is the contract with lib/simulate/kernels/job.ts.

/** Rows of a weight matrix to quantize. All pointers are byte offsets; 0 means "not wanted". */
@unmanaged
export class RowJob {
  /** Rows, one after the other. */
  source: usize;
  /** BF16, for figures alone; or F32, values that `arithmetic` holds exactly. */
  dtype: i32;
  /** The type that results are rounded to; differs from `dtype` where a library casts weights first. */
  arithmetic: i32;
  rows: i32;
  columns: i32;
  /** Columns that share a scale; `columns` for one scale a row. */
  groupSize: i32;
  grid: i32;
  bits: i32;
  /** 0: scales are computed from each row's groups. n: scales are given, n rows share one. */
  rowsPerScale: i32;
  /** f32, one a group: written, or read when `rowsPerScale` is not 0. */
  scales: usize;
  /** f32, one a group, as `scales`. */
  zeroPoints: usize;
  /** One byte an element. */
  codes: usize;
  /** The values the codes stand for, f32. */
  dequantized: usize;
  /** f64 x FigureField.COUNT, added to. */
  figures: usize;
  /** f32, one a column: sum of squares, added to. */
  columnEnergy: usize;
  /** f32 x 2 a group: lowest and highest value, widened; used by `rowExtremes` and `gridsFromExtremes`. */
  extremes: usize;
  /** NVFP4 only: the tensor's own scale. */
  globalScale: f32;
  /** Row of the tensor that `source` begins with; finds the given scale. */
  firstRow: i32;
}

/** Fields of the error figures, all f64. With w a weight, v its quantized value and e = w - v. */
export namespace FigureField {
  export const COUNT: i32 = 8;
  /** Sum of w². */
  export const SIGNAL: usize = 0;
  /** Sum of e². */
  export const NOISE: usize = 8;
  /** Sum of w·e. */
  export const CROSS: usize = 16;
  /** Largest |e|. */
  export const MAX_ERROR: usize = 24;
  /** Values beyond the grid by more than half a step. */
  export const CLIPPED: usize = 32;
  /** Values that are not zero and become zero. */
  export const ZEROED: usize = 40;
  /** NaN and infinities; they count in no other figure. */
  export const NONFINITE: usize = 48;
  /** Values looked at. */
  export const VALUES: usize = 56;
}

// @ts-ignore: decorator
@inline
export function addFigure(figures: usize, field: usize, value: f64): void {
  store<f64>(figures + field, load<f64>(figures + field) + value);
}

// @ts-ignore: decorator
@inline
export function raiseMaxError(figures: usize, value: f64): void {
  if (value > load<f64>(figures + FigureField.MAX_ERROR)) store<f64>(figures + FigureField.MAX_ERROR, value);
}

// @ts-ignore: decorator
@inline
export function sumLanes(x: v128): f64 {
  return (
    <f64>f32x4.extract_lane(x, 0) + <f64>f32x4.extract_lane(x, 1) + <f64>f32x4.extract_lane(x, 2) + <f64>f32x4.extract_lane(x, 3)
  );
}

// @ts-ignore: decorator
@inline
export function maxLane(x: v128): f32 {
  return max<f32>(
    max<f32>(f32x4.extract_lane(x, 0), f32x4.extract_lane(x, 1)),
    max<f32>(f32x4.extract_lane(x, 2), f32x4.extract_lane(x, 3)),
  );
}

// @ts-ignore: decorator
@inline
export function countLanes(x: v128): f64 {
  return <f64>(i32x4.extract_lane(x, 0) + i32x4.extract_lane(x, 1) + i32x4.extract_lane(x, 2) + i32x4.extract_lane(x, 3));
}
