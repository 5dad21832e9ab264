import type { KernelEngine } from '../kernels/engine';
import { DTYPE_NUMBERS } from '../rows/grid';
import { WEIGHT_BYTES } from '../tensor';
import type { RowKernel, RowRunner } from '../rows/runner';
import { runGgufJob } from './kernels';
import { quantizeGguf, raggedness } from './quantize';
import { ggufBlock } from '../../scheme/gguf/quantized-types';
import { quantizeGgufWeighted, runStackedJob } from './weighted';

type GgufKernel = Extract<RowKernel, { kind: 'gguf' }>;

/** GGUF block types: each row by itself, figures in the same pass over the cache. */
export const ggufRunner: RowRunner<GgufKernel> = {
  rowMultiple: () => 1,
  needsRange: () => false,
  refuses: ({ type }, columns) => raggedness(type, columns),

  run(engine: KernelEngine, { type, importance }, piece, sums) {
    const job = {
      source: piece.at,
      dtype: DTYPE_NUMBERS[piece.dtype],
      rows: piece.rows,
      columns: piece.columns,
      type: ggufBlock(type).id,
      blocks: 0,
      restored: 0,
      figures: sums.figures,
      columnEnergy: sums.columnEnergy,
    };
    if (importance === undefined) runGgufJob(engine, job);
    else {
      runStackedJob(engine, job, importance, {
        firstRow: piece.firstRow,
        allRows: piece.matrixRows,
        rowBytes: piece.columns * WEIGHT_BYTES[piece.dtype],
        blockRowBytes: 0,
      });
    }
  },

  roundTrip(engine, { type, importance }, matrix) {
    const { rows, columns, restored } =
      importance === undefined
        ? quantizeGguf(engine, matrix, type)
        : quantizeGgufWeighted(engine, matrix, type, importance);
    return { dtype: 'F32', rows, columns, data: new Uint8Array(restored.buffer, 0, restored.byteLength) };
  },
};
