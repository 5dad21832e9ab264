import { SimulationError } from '../../errors';
import type { GgufQuantizedType } from '../../scheme/gguf/quantized-types';
import type { KernelEngine } from '../kernels/engine';
import { wasm, type WasmModule } from '../kernels/webassembly';
import { writeJob } from '../kernels/write-job';
import type { Matrix } from '../tensor';
import type { GgufJob } from './kernels';
import { quantizeWhole, type GgufMatrix } from './quantize';
import { GGUF_WEIGHTED_MODULE_BASE64 } from './weighted-module.generated';

/** What kernels/gguf-weighted/index.ts exports. */
interface WeightedKernels {
  weightedScratchBytes(): number;
  /** Returns the number of blocks whose scale is not finite, and of rows with weights that are not. */
  quantizeWeighted(job: number): number;
}

let compiled: WasmModule | undefined;

/** A module of its own: a run without an importance matrix neither compiles nor loads it. */
const instances = new WeakMap<KernelEngine, WeightedKernels>();

function weightedKernels(engine: KernelEngine): WeightedKernels {
  let kernels = instances.get(engine);
  if (kernels === undefined) {
    compiled ??= new wasm.Module(Buffer.from(GGUF_WEIGHTED_MODULE_BASE64, 'base64'));
    kernels = new wasm.Instance<WeightedKernels>(compiled, { env: { memory: engine.memory } }).exports;
    instances.set(engine, kernels);
  }
  return kernels;
}

/** kernels/gguf-weighted/job.ts, `WeightedJob`, in its order. Pointers are byte offsets, 0 for "not wanted". */
interface WeightedJob extends GgufJob {
  readonly importance: number;
  readonly row: number;
}

const FIELDS: readonly (keyof WeightedJob)[] = [
  'source',
  'dtype',
  'rows',
  'columns',
  'type',
  'importance',
  'blocks',
  'restored',
  'figures',
  'columnEnergy',
  'row',
  'scratch',
];

/** A row as f32 and its blocks, which take at most 34 bytes for 32 values. */
const ROW_BYTES = 6;

/**
 * Runs a job; what it works with is taken from the engine's arena for the time of the call.
 *
 * @param importance one number a column; finite and not negative
 * @returns blocks that llama.cpp would not load, as their scale is not finite, and rows with weights that are not finite
 */
export function runWeightedJob(
  engine: KernelEngine,
  job: Omit<WeightedJob, 'importance' | 'row' | 'scratch'>,
  importance: Float32Array,
): number {
  const kernels = weightedKernels(engine);
  const { arena } = engine;
  return arena.scoped(() => {
    const full: WeightedJob = {
      ...job,
      importance: engine.place(importance),
      row: arena.reserve(job.columns * ROW_BYTES),
      scratch: arena.reserve(kernels.weightedScratchBytes()),
    };
    const at = arena.reserve(FIELDS.length * 4);
    writeJob(engine, at, FIELDS, full);
    return kernels.quantizeWeighted(at);
  });
}

/** Rows of a tensor in which several matrices may be stacked. */
export interface StackedRows {
  /** Number of the job's first row among those of the tensor. */
  readonly firstRow: number;
  /** Rows of the whole tensor. */
  readonly allRows: number;
  /** Bytes of a row, of the source and of the blocks. */
  readonly rowBytes: number;
  readonly blockRowBytes: number;
}

/**
 * Runs a job on rows of one matrix at a time: each expert has an importance of its own.
 *
 * @param importance of all matrices, one after the other
 * @returns as `runWeightedJob`
 */
export function runStackedJob(
  engine: KernelEngine,
  job: Parameters<typeof runWeightedJob>[1],
  importance: Float32Array,
  { firstRow, allRows, rowBytes, blockRowBytes }: StackedRows,
): number {
  const { columns } = job;
  const matrixRows = (allRows * columns) / importance.length;
  const end = firstRow + job.rows;
  let wild = 0;
  for (let row = firstRow; row < end;) {
    const matrix = Math.floor(row / matrixRows);
    const next = Math.min((matrix + 1) * matrixRows, end);
    const skipped = row - firstRow;
    const part = {
      ...job,
      source: job.source + skipped * rowBytes,
      rows: next - row,
      blocks: job.blocks === 0 ? 0 : job.blocks + skipped * blockRowBytes,
    };
    wild += runWeightedJob(engine, part, importance.subarray(matrix * columns, (matrix + 1) * columns));
    row = next;
  }
  return wild;
}

/**
 * Quantizes a whole matrix that is in memory: byte for byte what `ggml_quantize_chunk` writes with an importance matrix, built as it is
 * shipped for x86-64 (no fused multiply-add).
 *
 * @param importance what the errors of each input feature weigh; finite and not negative
 * @throws SimulationError `IMPORTANCE_LENGTH` for another number of columns, `GGUF_BLOCK_RAGGED` for rows that are no whole number of blocks
 */
export function quantizeGgufWeighted(
  engine: KernelEngine,
  matrix: Matrix,
  type: GgufQuantizedType,
  importance: Float32Array,
): GgufMatrix {
  const { columns } = matrix;
  if (importance.length !== columns) {
    throw new SimulationError('IMPORTANCE_LENGTH', 'the importance matrix has another number of columns', {
      got: `${importance.length} for ${columns} input features`,
      allowed: 'one number for each input feature',
      fix: 'take the importance matrix of this model',
    });
  }
  return quantizeWhole(engine, matrix, type, (job) => runWeightedJob(engine, job, importance));
}
