// Our side of the kernel bench: one scheme over one matrix that lies in the kernels' memory.
import { parseScheme } from '../../lib/scheme';
import { FIGURE_FIELDS, createKernelEngine, sumsFrom } from '../../lib/simulate';
import { runnerOf } from '../../lib/simulate/rows/runners';
import type { RowKernel } from '../../lib/simulate/rows/runner';
import { recipeOf } from '../../lib/simulate/schemes/recipe';

const INT4_GROUP: RowKernel = {
  kind: 'grid',
  grid: { grid: 'int-symmetric', bits: 4, sharing: { strategy: 'group', groupSize: 128 } },
};

/** Kernels by the names that the peers use too. */
function kernelOf(name: string): RowKernel {
  const schemes: Record<string, string> = {
    'int8-channel': 'int8-weight-only',
    'fp8-channel': 'fp8',
    'awq-g128': 'int4-rtn',
  };
  return name === 'int4-g128' ? INT4_GROUP : recipeOf(parseScheme(schemes[name] ?? name)).kernel;
}

export function createBench(weights: Uint8Array, rows: number, columns: number) {
  const engine = createKernelEngine();
  const { arena, kernels } = engine;
  const at = engine.place(weights);
  const figures = arena.reserve(FIGURE_FIELDS * 8);
  const columnEnergy = arena.reserve(columns * 4);
  const wide = arena.reserve(rows * columns * 4);
  return {
    /** @returns Σe², to be held against the peer's */
    run(name: string): number | undefined {
      if (name === 'bf16-decode') {
        kernels.decodeBf16(at, wide, rows * columns);
        return undefined;
      }
      const kernel = kernelOf(name);
      engine.doubles(figures, FIGURE_FIELDS).fill(0);
      const piece = { at, dtype: 'BF16' as const, rows, columns, firstRow: 0, matrixRows: rows };
      runnerOf(kernel).run(engine, kernel, piece, { figures, columnEnergy });
      return sumsFrom(engine.doubles(figures, FIGURE_FIELDS)).noise;
    },
  };
}
