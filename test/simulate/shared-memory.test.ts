import { parseScheme } from '../../lib/scheme';
import { GGUF_QUANTIZED_TYPES } from '../../lib/scheme/gguf/quantized-types';
import {
  createKernelEngine,
  factorForLlmCompressor,
  momentsOf,
  quantizeGguf,
  quantizeGptqModifier,
  quantizeMatrix,
  type KernelEngine,
} from '../../lib/simulate';
import { KERNEL_BYTES } from '../../lib/simulate/kernels/arena';
import { FIGURE_FIELDS } from '../../lib/simulate/figures';
import { matrixRange } from '../../lib/simulate/rows/matrix-range';
import { runnerOf } from '../../lib/simulate/rows/runners';
import { recipeOf, simulatedSchemes } from '../../lib/simulate/schemes/recipe';
import { bf16Matrix, weightValues } from './helpers/checkpoint';

const COLUMNS = 256;
const matrix = { dtype: 'BF16', rows: 8, columns: COLUMNS, data: bf16Matrix(8, COLUMNS).data } as const;

function everyGrid(engine: KernelEngine): void {
  for (const name of simulatedSchemes) {
    const { kernel } = recipeOf(parseScheme(name));
    if (kernel.kind !== 'grid') continue;
    quantizeMatrix(engine, matrix, kernel.grid);
    // As a stream of weights has them: in the type that they are stored in.
    engine.arena.scoped(() => {
      const { dtype, rows, columns } = matrix;
      const at = engine.place(matrix.data);
      const found = {
        figures: engine.arena.reserveZeroed(FIGURE_FIELDS * 8),
        columnEnergy: engine.arena.reserveZeroed(4 * columns),
      };
      const range = matrixRange(engine, at, dtype, rows, columns);
      const piece = { at, dtype, rows, columns, firstRow: 0, matrixRows: rows };
      runnerOf(kernel).run(engine, kernel, piece, found, range);
    });
  }
}

function everyBlockType(engine: KernelEngine): void {
  for (const type of GGUF_QUANTIZED_TYPES) quantizeGguf(engine, matrix, type);
}

function gptq(engine: KernelEngine): void {
  const moments = momentsOf(engine, weightValues(2 * COLUMNS * COLUMNS), COLUMNS);
  const weights = { num_bits: 4, type: 'int', symmetric: true, strategy: 'group', group_size: 128 } as const;
  const args = { weights, dampening_frac: 0.01, samples: 2 };
  const hessian = factorForLlmCompressor(engine, moments, args);
  expect(hessian.inverted).toBe(true);
  quantizeGptqModifier(engine, matrix, hessian, args);
}

// Threads run over one memory, where each has its own part. What lies below those parts is common to all: a kernel that wrote
// there would now and then change what another thread is computing.
test.each([
  ['grids of codes', everyGrid],
  ['GGUF block types', everyBlockType],
  ['GPTQ', gptq],
])('%s only read the memory that all threads share', (_, work) => {
  const engine = createKernelEngine();
  // Modules lay down their constants when they are first used.
  quantizeGguf(engine, matrix, 'Q4_0');
  const shared = engine.copy(0, KERNEL_BYTES);
  work(engine);
  expect(Buffer.compare(engine.copy(0, KERNEL_BYTES), shared)).toBe(0);
});
