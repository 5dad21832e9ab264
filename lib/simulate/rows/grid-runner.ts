import type { KernelEngine } from '../kernels/engine';
import { nvfp4GlobalScale } from '../fp4/scheme';
import { writeRowJob } from '../kernels/row-job';
import { WEIGHT_BYTES, type WeightDtype } from '../tensor';
import { castElements } from './cast';
import { DTYPE_NUMBERS, GRID_NUMBERS, groupColumns, scaleShape, type RowGrid } from './grid';
import { matrixRange } from './matrix-range';
import { quantizeMatrix, resetExtremes } from './quantize-matrix';
import type { MatrixRange, RowKernel, RowPiece, RowRunner, RowSums } from './runner';

type GridKernel = Extract<RowKernel, { kind: 'grid' }>;

/** Rows are cast this many bytes at a time: what was cast is still in the second-level cache when it is quantized. */
const CAST_BYTES = 128 * 1024;

/** Round to nearest on a grid, one pass, figures only. */
export const gridRunner: RowRunner<GridKernel> = {
  rowMultiple: ({ grid }) => (grid.sharing.strategy === 'block' ? grid.sharing.rows : 1),

  needsRange: ({ grid }) => grid.sharing.strategy === 'tensor' || grid.grid === 'nvfp4',

  refuses({ grid }, columns) {
    if (grid.sharing.strategy !== 'group') return undefined;
    const { groupSize } = grid.sharing;
    if (columns % groupSize === 0) return undefined;
    return `${columns} input features are no multiple of the group size ${groupSize}`;
  },

  run(engine, { grid }, piece, sums, range) {
    const arithmetic = grid.arithmetic ?? piece.dtype;
    if (grid.grid === 'nvfp4') range ??= matrixRange(engine, piece.at, piece.dtype, piece.rows, piece.columns);
    if (isFused(grid, piece.dtype, arithmetic)) {
      return quantize(engine, grid, arithmetic, piece, sums, range);
    }
    const rowBytes = piece.columns * WEIGHT_BYTES.F32;
    const batch = Math.max(rowsInStep(grid), Math.floor(CAST_BYTES / rowBytes / rowsInStep(grid)) * rowsInStep(grid));
    for (let first = 0; first < piece.rows; first += batch) {
      engine.arena.scoped(() => {
        const rows = Math.min(batch, piece.rows - first);
        const source = piece.at + first * piece.columns * WEIGHT_BYTES[piece.dtype];
        const count = rows * piece.columns;
        const cast = castElements(engine, source, piece.dtype, arithmetic, count);
        const at = castElements(engine, cast, arithmetic, 'F32', count);
        const part = { ...piece, at, rows, dtype: 'F32' as const, firstRow: piece.firstRow + first };
        quantize(engine, grid, arithmetic, part, sums, range);
      });
    }
  },

  roundTrip(engine, { grid }, matrix) {
    const { dtype, rows, columns, dequantized } = quantizeMatrix(engine, matrix, grid);
    return { dtype, rows, columns, data: dequantized };
  },
};

function rowsInStep({ sharing }: RowGrid): number {
  return sharing.strategy === 'block' ? sharing.rows : 1;
}

/** Are there loops that take the stored weights as they are? kernels/rows.ts, `quantizeRows`. */
function isFused({ grid }: RowGrid, stored: WeightDtype, arithmetic: WeightDtype): boolean {
  if (stored === 'F32') return arithmetic === 'F32';
  if (stored === 'F16') return false;
  const shifts = grid.startsWith('awq-') || grid.startsWith('gptq-');
  if (arithmetic === 'BF16') return !shifts && !grid.startsWith('neuron-');
  return arithmetic === 'F16' ? shifts : shifts || grid.startsWith('neuron-');
}

function quantize(
  engine: KernelEngine,
  grid: RowGrid,
  arithmetic: WeightDtype,
  piece: RowPiece,
  sums: RowSums,
  range: MatrixRange | undefined,
): void {
  engine.arena.scoped(() => {
    const { arena, kernels } = engine;
    const { rows, columns } = piece;
    const { strategy } = grid.sharing;
    // A tensor's scale is shared by all its rows; a block's by the rows of the tile, which a piece holds whole.
    const rowsPerScale = strategy === 'tensor' ? rows : strategy === 'block' ? grid.sharing.rows : 0;
    const [down, across] = rowsPerScale === 0 ? [0, 0] : scaleShape(grid.sharing, rows, columns);
    const count = down * across;
    const job = arena.reserve(kernels.rowJobBytes());
    const extremes = arena.reserve(count * 8);
    writeRowJob(engine, job, {
      source: piece.at,
      dtype: DTYPE_NUMBERS[piece.dtype],
      arithmetic: DTYPE_NUMBERS[arithmetic],
      rows,
      columns,
      groupSize: groupColumns(grid.sharing, columns),
      grid: GRID_NUMBERS[grid.grid],
      bits: grid.bits,
      rowsPerScale,
      scales: count === 0 ? 0 : arena.reserve(count * 4),
      zeroPoints: count === 0 ? 0 : arena.reserve(count * 4),
      codes: 0,
      dequantized: 0,
      figures: sums.figures,
      columnEnergy: sums.columnEnergy,
      extremes,
      globalScale: grid.grid === 'nvfp4' && range !== undefined ? nvfp4GlobalScale(range, arithmetic) : 1,
      firstRow: 0,
    });
    if (count > 0) {
      const values = engine.floats(extremes, count * 2);
      resetExtremes(values);
      // Another scheme of the run may have asked for the matrix' range: it is no tile's.
      if (strategy === 'tensor' && range !== undefined) values.set([range.lowest, range.highest]);
      else kernels.rowExtremes(job);
      kernels.gridsFromExtremes(job, count);
    }
    kernels.quantizeRows(job);
  });
}
