import type { KernelEngine } from '../kernels/engine';
import type { RowGrid } from '../rows/grid';
import { matrixRange } from '../rows/matrix-range';
import { quantizeMatrix } from '../rows/quantize-matrix';
import type { QuantizedMatrix } from '../rows/quantized-matrix';
import type { MatrixRange } from '../rows/runner';
import { WEIGHT_BYTES, type Matrix } from '../tensor';

/** Elements that are quantized at once: with their f32 copies some 40 MB. */
const SLICE_ELEMENTS = 2 * 1024 * 1024;

/**
 * Quantizes a matrix some rows at a time: the same result as `quantizeMatrix`, with less memory.
 *
 * @param keepsValues whether `dequantized` is wanted; it is empty otherwise
 */
export function quantizeInSlices(
  engine: KernelEngine,
  matrix: Matrix,
  grid: RowGrid,
  keepsValues = false,
): QuantizedMatrix {
  const { rows, columns } = matrix;
  const multiple = grid.sharing.strategy === 'block' ? grid.sharing.rows : 1;
  const step = Math.max(Math.floor(SLICE_ELEMENTS / columns / multiple), 1) * multiple;
  if (rows <= step) return quantizeMatrix(engine, matrix, grid);
  const range = sharesRange(grid) ? rangeInSlices(engine, matrix, step) : undefined;
  const parts: QuantizedMatrix[] = [];
  for (let first = 0; first < rows; first += step) {
    const part = quantizeMatrix(engine, rowsOf(matrix, first, step), grid, range);
    parts.push(keepsValues ? part : { ...part, dequantized: new Uint8Array() });
  }
  return join(parts, rows, grid.sharing.strategy === 'tensor');
}

/** Some rows of a matrix; a view, not a copy. */
export function rowsOf(matrix: Matrix, first: number, count: number): Matrix {
  const rows = Math.min(count, matrix.rows - first);
  const rowBytes = matrix.columns * WEIGHT_BYTES[matrix.dtype];
  return { ...matrix, rows, data: matrix.data.subarray(first * rowBytes, (first + rows) * rowBytes) };
}

function sharesRange(grid: RowGrid): boolean {
  return grid.sharing.strategy === 'tensor' || grid.grid === 'nvfp4';
}

function rangeInSlices(engine: KernelEngine, matrix: Matrix, step: number): MatrixRange {
  let lowest = Infinity;
  let highest = -Infinity;
  for (let first = 0; first < matrix.rows; first += step) {
    const part = rowsOf(matrix, first, step);
    engine.arena.scoped(() => {
      const range = matrixRange(engine, engine.place(part.data), part.dtype, part.rows, part.columns);
      // NaN must come through: Math.min and Math.max let it.
      lowest = Math.min(lowest, range.lowest);
      highest = Math.max(highest, range.highest);
    });
  }
  return { lowest, highest };
}

function join(parts: readonly QuantizedMatrix[], rows: number, isTensor: boolean): QuantizedMatrix {
  const [first] = parts;
  // One scale for the whole tensor is in every part the same.
  const scaled = isTensor ? [first] : parts;
  const scaleRows = scaled.reduce((sum, { scaleShape: [down] }) => sum + down, 0);
  return {
    ...first,
    rows,
    scaleShape: [scaleRows, first.scaleShape[1]],
    scales: joinFloats(scaled.map(({ scales }) => scales)),
    zeroPoints: joinFloats(scaled.map(({ zeroPoints }) => zeroPoints)),
    codes: joinBytes(parts.map(({ codes }) => codes)),
    dequantized: joinBytes(parts.map(({ dequantized }) => dequantized)),
  };
}

function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

function joinFloats(parts: readonly Float32Array[]): Float32Array {
  const joined = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
