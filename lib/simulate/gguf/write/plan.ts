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
  readonly units: readonly GgufUnit[];
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
  const units: GgufUnit[] = [];
  let unitValues = 0;
  let bytes = 0;
  tensors.forEach(({ rows: all, columns, sourceType, interleave = 1 }, tensor) => {
    const rows = Math.max(Math.floor(TARGET_UNIT_VALUES / columns / interleave), 1) * interleave;
    unitValues = Math.max(unitValues, Math.min(rows, all) * columns);
    bytes += ggmlBytes(sourceType, all * columns);
    for (let firstRow = 0; firstRow < all; firstRow += rows)
      units.push({ tensor, firstRow, rows: Math.min(rows, all - firstRow) });
  });
  return { files, target, tensors, units, unitValues, bytes };
}

/** Bytes of kernel memory that a thread takes: a unit as it is stored, turned, as f32, and as it is written. */
export function ggufSlotBytes({ unitValues }: GgufWritePlan): number {
  return 4 * (unitValues * 4) + 256 * 1024;
}
