import { SimulationError } from '../../errors';
import { FIGURE_FIELDS, sumsFrom, type FigureSums } from '../figures';
import type { KernelEngine } from '../kernels/engine';
import { DTYPE_NUMBERS } from '../rows/grid';
import type { Matrix } from '../tensor';
import { ggufKernels, runGgufJob, type GgufJob } from './kernels';
import { ggufBlock, type GgufQuantizedType } from '../../scheme/gguf/quantized-types';
import { ggmlBytes } from '../../scheme/gguf/types';

/** A matrix in a GGUF block type. */
export interface GgufMatrix {
  readonly type: GgufQuantizedType;
  readonly rows: number;
  readonly columns: number;
  /** Blocks, row after row, as a GGUF file holds them. */
  readonly blocks: Uint8Array;
  /** f32: what the blocks stand for. */
  readonly restored: Float32Array;
  readonly figures: FigureSums;
  /** Sum of squares of each column of the weights. */
  readonly columnEnergy: Float32Array;
}

/**
 * Quantizes a whole matrix that is in memory: byte for byte what `ggml_quantize_chunk` writes without an importance matrix, built as
 * it is shipped for x86-64 (no fused multiply-add).
 *
 * @throws SimulationError `GGUF_BLOCK_RAGGED` when rows are no whole number of blocks
 */
export function quantizeGguf(engine: KernelEngine, matrix: Matrix, type: GgufQuantizedType): GgufMatrix {
  return quantizeWhole(engine, matrix, type, (job) => runGgufJob(engine, job));
}

/** A matrix in memory as one job of kernels that quantize rows. */
export type WholeMatrixJob = Omit<GgufJob, 'scratch'>;

/**
 * Brings a matrix into the kernels' memory, and what they make of it out again.
 *
 * @throws SimulationError `GGUF_BLOCK_RAGGED` when rows are no whole number of blocks
 */
export function quantizeWhole(
  engine: KernelEngine,
  matrix: Matrix,
  type: GgufQuantizedType,
  quantize: (job: WholeMatrixJob) => unknown,
): GgufMatrix {
  const { rows, columns, dtype } = matrix;
  const reason = raggedness(type, columns);
  if (reason !== undefined) {
    throw new SimulationError('GGUF_BLOCK_RAGGED', reason, {
      got: `${columns} input features`,
      allowed: `a multiple of ${ggufBlock(type).blockElements}`,
      fix: 'choose a type of smaller blocks, such as Q8_0 or Q4_0',
    });
  }
  return engine.arena.scoped(() => {
    const { arena } = engine;
    const bytes = ggmlBytes(type, rows * columns);
    const blocks = arena.reserve(bytes);
    const restored = arena.reserve(rows * columns * 4);
    const figures = arena.reserveZeroed(FIGURE_FIELDS * 8);
    const columnEnergy = arena.reserveZeroed(columns * 4);
    quantize({
      source: engine.place(matrix.data),
      dtype: DTYPE_NUMBERS[dtype],
      rows,
      columns,
      type: ggufBlock(type).id,
      blocks,
      restored,
      figures,
      columnEnergy,
    });
    return {
      type,
      rows,
      columns,
      blocks: engine.copy(blocks, bytes),
      restored: new Float32Array(engine.floats(restored, rows * columns)),
      figures: sumsFrom(engine.doubles(figures, FIGURE_FIELDS)),
      columnEnergy: new Float32Array(engine.floats(columnEnergy, columns)),
    };
  });
}

/** Why rows of so many columns cannot be stored in a type; undefined if they can. */
export function raggedness(type: GgufQuantizedType, columns: number): string | undefined {
  const { blockElements } = ggufBlock(type);
  if (columns > 0 && columns % blockElements === 0) return undefined;
  return `${columns} input features are no whole number of ${type} blocks of ${blockElements}`;
}

/** The f32 values that whole blocks stand for. */
export function dequantizeGguf(engine: KernelEngine, type: GgufQuantizedType, blocks: Uint8Array): Float32Array {
  const { id, blockElements, blockBytes } = ggufBlock(type);
  const count = (blocks.byteLength / blockBytes) * blockElements;
  return engine.arena.scoped(() => {
    const kernels = ggufKernels(engine);
    const values = engine.arena.reserve(count * 4);
    const scratch = engine.arena.reserve(kernels.ggufScratchBytes());
    kernels.dequantizeGguf(id, engine.place(blocks), values, count, scratch);
    return new Float32Array(engine.floats(values, count));
  });
}
