import type { FigureSums } from '../figures';
import type { WeightDtype } from '../tensor';

/** A matrix on a grid. */
export interface QuantizedMatrix {
  readonly rows: number;
  readonly columns: number;
  /** The type of the arithmetic, and of `dequantized`. */
  readonly dtype: WeightDtype;
  /** Rows and columns of `scales` and `zeroPoints`. */
  readonly scaleShape: readonly [number, number];
  readonly scales: Float32Array;
  /** Integers; 0 for symmetric grids. */
  readonly zeroPoints: Float32Array;
  /** One byte an element, row-major: signed or unsigned integers or E4M3 bytes, as the grid has it. */
  readonly codes: Uint8Array;
  /** What the codes stand for, in `dtype`. */
  readonly dequantized: Uint8Array;
  /** NVFP4 alone: the scale of the whole tensor, which `scales` are divided by already. */
  readonly globalScale?: number;
  readonly figures: FigureSums;
  /** Sum of squares of each column of the weights. */
  readonly columnEnergy: Float32Array;
}
