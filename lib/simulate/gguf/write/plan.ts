import { ggmlBytes } from '../../../scheme/gguf/types';

/** How a tensor of the new file comes about. Plain data: it travels to worker threads. */
export interface GgufTensorTask {
  readonly name: string;
  /** Number of its file in `GgufWritePlan.files`. */
  readonly file: number;
  readonly sourceOffset: number;
  /** ggml's name of the type it is stored in. */
  readonly sourceType: string;
  readonly targetOffset: number;
  readonly targetType: string;
  /** All dimensions but the last, multiplied. */
  readonly rows: number;
  readonly columns: number;
  /** Rows of an attention head whose halves are to be interleaved: row i of each half to rows 2i and 2i + 1. */
  readonly interleave?: number;
  /** 1 is added to each value: norms that are stored as their difference from 1. */
  readonly addOne?: boolean;
  /** What errors of each column weigh, those of one matrix after the other where experts are stacked. */
  readonly importance?: Float32Array;
}

/** Some rows of a tensor: what a thread does at a time. */
export interface GgufUnit {
  readonly tensor: number;
  readonly firstRow: number;
  readonly rows: number;
}

export interface GgufWritePlan {
  readonly files: readonly string[];
  /** The file that is written into, which exists in its full length. */
  readonly target: string;
  readonly tensors: readonly GgufTensorTask[];
  /** Number of each tensor's first unit, and of all: a list of the units themselves would grow with the model, in each thread. */
  readonly firstUnits: Int32Array;
  /** Values of the largest unit. */
  readonly unitValues: number;
  /** Bytes that are read in all. */
  readonly bytes: number;
}

/**
 * Rows of blocks as they are stored and as they are written stay in a second-level cache, and the system takes each write in one go. Larger
 * units leave a thread without work at the end, smaller ones cost more calls.
 */
const TARGET_UNIT_VALUES = 512 * 1024;

export function planGgufWrite(
  files: readonly string[],
  target: string,
  tensors: readonly GgufTensorTask[],
): GgufWritePlan {
  const firstUnits = new Int32Array(tensors.length + 1);
  let unitValues = 0;
  let bytes = 0;
  tensors.forEach((task, tensor) => {
    const { rows: all, columns, sourceType } = task;
    const rows = unitRows(task);
    unitValues = Math.max(unitValues, Math.min(rows, all) * columns);
    bytes += ggmlBytes(sourceType, all * columns);
    firstUnits[tensor + 1] = firstUnits[tensor] + Math.ceil(all / rows);
  });
  return { files, target, tensors, firstUnits, unitValues, bytes };
}

/** Rows of a tensor's units, all but the last. */
function unitRows({ columns, interleave = 1 }: GgufTensorTask): number {
  return Math.max(Math.floor(TARGET_UNIT_VALUES / columns / interleave), 1) * interleave;
}

export function unitCount({ firstUnits }: GgufWritePlan): number {
  return firstUnits[firstUnits.length - 1];
}

/** @param number below `unitCount` */
export function unitAt({ tensors, firstUnits }: GgufWritePlan, number: number): GgufUnit {
  let tensor = 0;
  for (let after = tensors.length; after - tensor > 1;) {
    const middle = (tensor + after) >> 1;
    if (firstUnits[middle] <= number) tensor = middle;
    else after = middle;
  }
  const task = tensors[tensor];
  const rows = unitRows(task);
  const firstRow = (number - firstUnits[tensor]) * rows;
  return { tensor, firstRow, rows: Math.min(rows, task.rows - firstRow) };
}

/** Bytes of kernel memory that a thread takes: a unit as it is stored, turned, as f32, and as it is written. */
export function ggufSlotBytes({ unitValues }: GgufWritePlan): number {
  return 4 * (unitValues * 4) + 256 * 1024;
}
