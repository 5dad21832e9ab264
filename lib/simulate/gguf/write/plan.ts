import { ggmlBytes } from '../../../scheme/gguf/types';

/** How a tensor of the new file comes about. Plain data: it travels to worker threads. */
export interface GgufTensorTask {
  readonly name: string;
  /** See `taskParts`. */
  readonly parts: Float64Array;
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

/** Bytes of a tensor that lie together, as many rows of it in each part. */
export interface GgufTaskPart {
  /** Number of the file in `GgufWritePlan.files`. */
  readonly file: number;
  /** First byte in the file. */
  readonly offset: number;
}

/** Two numbers a part. In memory that threads share: a model may have tens of thousands of experts. */
export function taskParts(parts: readonly GgufTaskPart[]): Float64Array {
  const numbers = new Float64Array(new SharedArrayBuffer(parts.length * 16));
  parts.forEach(({ file, offset }, index) => numbers.set([file, offset], 2 * index));
  return numbers;
}

/** Some rows of a part of a tensor: what a thread does at a time. */
export interface GgufUnit {
  readonly tensor: number;
  /** Where its part lies, and the part's first row in the tensor. */
  readonly part: GgufTaskPart & { readonly firstRow: number };
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
    const each = partRows(task);
    unitValues = Math.max(unitValues, Math.min(rows, each) * columns);
    bytes += ggmlBytes(sourceType, all * columns);
    firstUnits[tensor + 1] = firstUnits[tensor] + partCount(task) * Math.ceil(each / rows);
  });
  return { files, target, tensors, firstUnits, unitValues, bytes };
}

function partCount({ parts }: GgufTensorTask): number {
  return parts.length / 2;
}

function partRows(task: GgufTensorTask): number {
  return task.rows / partCount(task);
}

/** Rows of a part's units, all but the last. */
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
  const each = partRows(task);
  const inPart = Math.ceil(each / rows);
  const unit = number - firstUnits[tensor];
  const index = Math.floor(unit / inPart);
  const [file, offset] = task.parts.subarray(2 * index);
  const done = (unit % inPart) * rows;
  const part = { file, offset, firstRow: index * each };
  return { tensor, part, firstRow: part.firstRow + done, rows: Math.min(rows, each - done) };
}

/** Bytes of kernel memory that a thread takes: a unit as it is stored, turned, as f32, and as it is written. */
export function ggufSlotBytes({ unitValues }: GgufWritePlan): number {
  return 4 * (unitValues * 4) + 256 * 1024;
}
