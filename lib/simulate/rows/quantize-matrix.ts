import { SimulationError } from '../../errors';
import { FIGURE_FIELDS, sumsFrom } from '../figures';
import type { KernelEngine } from '../kernels/engine';
import { writeRowJob, type RowJob } from '../kernels/row-job';
import { WEIGHT_BYTES, type Matrix } from '../tensor';
import { nvfp4GlobalScale } from '../fp4/scheme';
import { castElements, castMatrix } from './cast';
import { DTYPE_NUMBERS, GRID_NUMBERS, groupColumns, rowsPerScale, scaleShape, type RowGrid } from './grid';
import { matrixRange } from './matrix-range';
import type { QuantizedMatrix } from './quantized-matrix';
import type { MatrixRange } from './runner';

/**
 * Quantizes a whole matrix that is in memory.
 *
 * @param range lowest and highest value of the matrix that these are some rows of, for scales that a whole tensor shares; by
 *   default that of the rows themselves
 * @throws SimulationError `GROUP_SIZE_RAGGED` when the columns are no multiple of the group size: the reference libraries
 *   refuse such a layer too
 */
export function quantizeMatrix(
  engine: KernelEngine,
  matrix: Matrix,
  grid: RowGrid,
  range?: MatrixRange,
): QuantizedMatrix {
  assertWholeGroups(grid, matrix.columns);
  return engine.arena.scoped(() => {
    const cast = castMatrix(engine, matrix, grid.arithmetic ?? matrix.dtype);
    const { rows, columns, dtype } = cast;
    const elements = rows * columns;
    const shape = scaleShape(grid.sharing, rows, columns);
    const scaleCount = shape[0] * shape[1];
    const shared = rowsPerScale(grid.sharing, rows);
    const source = castElements(engine, engine.place(cast.data), dtype, 'F32', elements);
    const globalScale =
      grid.grid === 'nvfp4'
        ? nvfp4GlobalScale(range ?? matrixRange(engine, source, 'F32', rows, columns), dtype)
        : undefined;
    const job: RowJob = {
      source,
      dtype: DTYPE_NUMBERS.F32,
      arithmetic: DTYPE_NUMBERS[dtype],
      rows,
      columns,
      groupSize: groupColumns(grid.sharing, columns),
      grid: GRID_NUMBERS[grid.grid],
      bits: grid.bits,
      rowsPerScale: shared,
      scales: engine.arena.reserveZeroed(scaleCount * 4),
      zeroPoints: engine.arena.reserveZeroed(scaleCount * 4),
      codes: engine.arena.reserve(elements),
      dequantized: engine.arena.reserve(elements * WEIGHT_BYTES.F32),
      figures: engine.arena.reserveZeroed(FIGURE_FIELDS * 8),
      columnEnergy: engine.arena.reserveZeroed(columns * 4),
      globalScale: globalScale ?? 1,
      extremes: shared === 0 ? 0 : engine.arena.reserve(scaleCount * 8),
      firstRow: 0,
    };
    const at = engine.arena.reserve(engine.kernels.rowJobBytes());
    writeRowJob(engine, at, job);
    if (shared !== 0) {
      const extremes = engine.floats(job.extremes, scaleCount * 2);
      resetExtremes(extremes);
      if (grid.sharing.strategy === 'tensor' && range !== undefined) extremes.set([range.lowest, range.highest]);
      else engine.kernels.rowExtremes(at);
      engine.kernels.gridsFromExtremes(at, scaleCount);
    }
    engine.kernels.quantizeRows(at);
    const values = castElements(engine, job.dequantized, 'F32', dtype, elements);
    return {
      rows,
      columns,
      dtype,
      scaleShape: shape,
      globalScale,
      scales: new Float32Array(engine.floats(job.scales, scaleCount)),
      zeroPoints: new Float32Array(engine.floats(job.zeroPoints, scaleCount)),
      codes: engine.copy(job.codes, elements),
      dequantized: engine.copy(values, elements * WEIGHT_BYTES[dtype]),
      figures: sumsFrom(engine.doubles(job.figures, FIGURE_FIELDS)),
      columnEnergy: new Float32Array(engine.floats(job.columnEnergy, columns)),
    };
  });
}

/** Extremes of nothing: any value widens them. */
export function resetExtremes(extremes: Float32Array): void {
  for (let i = 0; i < extremes.length; i += 2) {
    extremes[i] = Infinity;
    extremes[i + 1] = -Infinity;
  }
}

/** @throws SimulationError `GROUP_SIZE_RAGGED` */
export function assertWholeGroups(grid: RowGrid, columns: number): void {
  if (grid.sharing.strategy !== 'group') return;
  const { groupSize } = grid.sharing;
  if (groupSize > 0 && columns % groupSize === 0) return;
  throw new SimulationError('GROUP_SIZE_RAGGED', `${columns} input features are no multiple of the group size`, {
    got: `group size ${groupSize}`,
    allowed: `a divisor of ${columns}`,
    fix: 'choose a smaller group size, or one scale for each output channel (-1)',
  });
}
