import { createHash } from 'node:crypto';
import { ggufBlock, type GgufQuantizedType } from '../../lib/scheme/gguf/quantized-types';
import { ggmlBytes } from '../../lib/scheme/gguf/types';
import { createKernelEngine } from '../../lib/simulate';
import { FIGURE_FIELDS } from '../../lib/simulate/figures';
import { runGgufJob } from '../../lib/simulate/gguf/kernels';
import { DTYPE_NUMBERS } from '../../lib/simulate/rows/grid';

/** Quantizes one bf16 matrix to a type: blocks written, with or without the error figures of the same pass. */
export function createBench(weights: Uint8Array, rows: number, columns: number) {
  const engine = createKernelEngine();
  const source = engine.place(weights);
  const blocks = engine.arena.reserve(ggmlBytes('Q8_0', rows * columns));
  const sums = engine.arena.reserveZeroed(FIGURE_FIELDS * 8);
  const columnEnergy = engine.arena.reserveZeroed(columns * 4);
  return {
    run(type: GgufQuantizedType, figures: boolean): void {
      runGgufJob(engine, {
        source,
        dtype: DTYPE_NUMBERS.BF16,
        rows,
        columns,
        type: ggufBlock(type).id,
        blocks,
        restored: 0,
        figures: figures ? sums : 0,
        columnEnergy,
      });
    },
    /** SHA-256 of the blocks of the last run. */
    digest: (type: GgufQuantizedType): string =>
      createHash('sha256')
        .update(engine.copy(blocks, ggmlBytes(type, rows * columns)))
        .digest('hex'),
  };
}
