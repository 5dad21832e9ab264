import type { KernelEngine } from '../kernels/engine';
import { power, roundTo } from '../rows/arithmetic';
import { DTYPE_NUMBERS } from '../rows/grid';
import type { Matrix, WeightDtype } from '../tensor';

/** Smallest factor: llm-compressor's `MINIMUM_SMOOTHING_SCALE`. */
const SMALLEST_SCALE = 1e-5;

/** Largest |w| of each column over all the layers that read the same input. */
export function columnAbsMax(engine: KernelEngine, layers: readonly Matrix[]): Float32Array {
  return engine.arena.scoped(() => {
    const [{ columns }] = layers;
    const target = engine.arena.reserveZeroed(columns * 4);
    for (const layer of layers) {
      engine.arena.scoped(() =>
        engine.kernels.columnAbsMax(engine.place(layer.data), DTYPE_NUMBERS[layer.dtype], layer.rows, columns, target),
      );
    }
    return new Float32Array(engine.floats(target, columns));
  });
}

/**
 * llm-compressor's smoothing scales (`modifiers/smoothquant`, `_calculate_smoothing_scales`): range^α / (2·max|w|)^(1−α), in
 * the type of the model.
 *
 * @param range highest − lowest activation of each channel, in the model's type
 * @param weightMax largest |w| of each column, `columnAbsMax`
 */
export function smoothingScales(
  dtype: WeightDtype,
  range: ArrayLike<number>,
  weightMax: ArrayLike<number>,
  alpha: number,
): Float32Array {
  return Float32Array.from(range, (activation, column) => {
    const weight = roundTo(dtype, 2 * weightMax[column]);
    const scale =
      weight > 0 ? roundTo(dtype, power(dtype, activation, alpha) / power(dtype, weight, 1 - alpha)) : activation;
    return Math.max(scale, roundTo(dtype, SMALLEST_SCALE));
  });
}

/** The matrix with each column multiplied by its factor, or divided by it, and rounded to the matrix's type. */
export function scaleMatrix(
  engine: KernelEngine,
  matrix: Matrix,
  factors: Float32Array,
  operation: 'multiply' | 'divide',
): Matrix {
  return engine.arena.scoped(() => {
    const at = engine.place(matrix.data);
    const { dtype, rows, columns } = matrix;
    const divide = operation === 'divide' ? 1 : 0;
    engine.kernels.scaleColumns(at, DTYPE_NUMBERS[dtype], rows, columns, engine.place(factors), divide, at);
    return { ...matrix, data: engine.copy(at, matrix.data.byteLength) };
  });
}
