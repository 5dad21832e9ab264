import type { KernelEngine } from '../kernels/engine';
import { WEIGHT_BYTES, type Matrix, type WeightDtype } from '../tensor';

/** The matrix in another type, rounded to nearest, ties to even, as `tensor.to(dtype)`. The same object if it has that type. */
export function castMatrix(engine: KernelEngine, matrix: Matrix, dtype: WeightDtype): Matrix {
  if (matrix.dtype === dtype) return matrix;
  return engine.arena.scoped(() => {
    const count = matrix.rows * matrix.columns;
    const source = engine.place(matrix.data);
    const target = castElements(engine, source, matrix.dtype, dtype, count);
    return { ...matrix, dtype, data: engine.copy(target, count * WEIGHT_BYTES[dtype]) };
  });
}

/** Address of `count` elements in another type. */
export function castElements(
  engine: KernelEngine,
  source: number,
  from: WeightDtype,
  to: WeightDtype,
  count: number,
): number {
  if (from === to) return source;
  const { kernels, arena } = engine;
  let wide = source;
  if (from !== 'F32') {
    wide = arena.reserve(count * 4);
    if (from === 'BF16') kernels.decodeBf16(source, wide, count);
    else kernels.decodeF16(source, wide, count);
  }
  if (to === 'F32') return wide;
  // Narrowing in place is safe: what is written never lies ahead of what is still to be read.
  const target = from === 'F32' ? arena.reserve(count * 2) : wide;
  if (to === 'BF16') kernels.encodeBf16(wide, target, count);
  else kernels.encodeF16(wide, target, count);
  return target;
}
