import type { GgufQuantizedType } from '../../scheme/gguf/quantized-types';
import type { KernelEngine } from '../kernels/engine';
import type { Matrix, WeightDtype } from '../tensor';
import type { RowGrid } from './grid';

/** A way to quantize rows, as plain data: it travels to worker threads. One member a family of schemes. */
export type RowKernel =
  | { readonly kind: 'grid'; readonly grid: RowGrid }
  | {
      readonly kind: 'gguf';
      readonly type: GgufQuantizedType;
      /** What errors of each column weigh; of each matrix, one after the other, where several are stacked. */
      readonly importance?: Float32Array;
    };

/** Rows of a matrix that lie in the kernels' memory. */
export interface RowPiece {
  /** Byte offset of the first row. */
  readonly at: number;
  readonly dtype: WeightDtype;
  readonly rows: number;
  readonly columns: number;
  /** Its first row's number in the matrix. */
  readonly firstRow: number;
  /** Rows of the whole matrix. */
  readonly matrixRows: number;
}

/** Lowest and highest value of a whole matrix. */
export interface MatrixRange {
  readonly lowest: number;
  readonly highest: number;
}

/** Where a runner adds its sums. */
export interface RowSums {
  /** f64 × FIGURE_FIELDS. */
  readonly figures: number;
  /** f32, one a column: sum of squares of the weights. */
  readonly columnEnergy: number;
}

/** Runs one kind of kernel over pieces of a matrix. */
export interface RowRunner<Kernel extends RowKernel = RowKernel> {
  /** Rows that must stay in one piece. */
  rowMultiple(kernel: Kernel): number;
  /** Does a piece need the range of the whole matrix? */
  needsRange(kernel: Kernel): boolean;
  /** Why the reference library refuses a layer with so many input features; undefined if it takes it. */
  refuses(kernel: Kernel, columns: number): string | undefined;
  /** Quantizes a piece and adds its figures. `range` is given when `needsRange`. Scratch comes from the engine's arena. */
  run(engine: KernelEngine, kernel: Kernel, piece: RowPiece, sums: RowSums, range?: MatrixRange): void;
  /** The matrix as the scheme stores it, decoded again: what an engine computes with. */
  roundTrip(engine: KernelEngine, kernel: Kernel, matrix: Matrix): Matrix;
}
