import type { KernelEngine } from '../kernels/engine';
import { writeRowJob } from '../kernels/row-job';
import type { WeightDtype } from '../tensor';
import { DTYPE_NUMBERS, GRID_NUMBERS } from './grid';
import type { MatrixRange } from './runner';

/** Lowest and highest value of rows in the kernels' memory. */
export function matrixRange(
  engine: KernelEngine,
  at: number,
  dtype: WeightDtype,
  rows: number,
  columns: number,
): MatrixRange {
  return engine.arena.scoped(() => {
    const job = engine.arena.reserve(engine.kernels.rowJobBytes());
    const extremes = engine.arena.reserve(8);
    engine.floats(extremes, 2).set([Infinity, -Infinity]);
    writeRowJob(engine, job, {
      source: at,
      dtype: DTYPE_NUMBERS[dtype],
      arithmetic: DTYPE_NUMBERS[dtype],
      rows,
      columns,
      groupSize: columns,
      grid: GRID_NUMBERS['int-symmetric'],
      bits: 8,
      rowsPerScale: rows,
      scales: 0,
      zeroPoints: 0,
      codes: 0,
      dequantized: 0,
      figures: 0,
      columnEnergy: 0,
      extremes,
      globalScale: 1,
      firstRow: 0,
    });
    engine.kernels.rowExtremes(job);
    const [lowest, highest] = engine.floats(extremes, 2);
    return { lowest, highest };
  });
}
