import type { RowKernel } from '../rows/runner';
import { runnerOf } from '../rows/runners';
import type { GgufQuantizedType } from '../../scheme/gguf/quantized-types';
import { ggmlBytes } from '../../scheme/gguf/types';
import { WEIGHT_BYTES, type WeightDtype } from '../tensor';

/** A tensor of the checkpoint, and what is to be done with it. */
export interface StreamTensor {
  readonly name: string;
  /** Number of its file in `StreamPlan.files`. */
  readonly file: number;
  /** First byte in the file. */
  readonly offset: number;
  readonly bytes: number;
  /** Undefined: the tensor is not quantized, its bytes only count in the digest. */
  readonly matrix?: StreamMatrix;
}

export interface StreamMatrix {
  readonly dtype: WeightDtype;
  /** The blocks that the rows are stored in, to be decoded to f32 first. */
  readonly blocks?: GgufQuantizedType;
  readonly rows: number;
  readonly columns: number;
  /** A kernel for each scheme of the run; null where the scheme leaves this tensor alone. */
  readonly kernels: readonly (RowKernel | null)[];
}

export enum UnitKind {
  /** SHA-256 of a whole tensor. */
  DIGEST = 0,
  /** Lowest and highest value of some rows, for scales that the whole matrix shares. */
  RANGE = 1,
  /** Quantize some rows. */
  ROWS = 2,
}

/** One thing to do, in order: a thread takes the next that nobody has taken. */
export interface StreamUnit {
  readonly kind: UnitKind;
  /** Number of the tensor in `StreamPlan.tensors`. */
  readonly tensor: number;
  readonly firstRow: number;
  readonly rows: number;
}

/** All that a run does with a checkpoint. Plain data: it travels to worker threads. */
export interface StreamPlan {
  readonly files: readonly string[];
  readonly tensors: readonly StreamTensor[];
  readonly units: readonly StreamUnit[];
  readonly schemes: number;
  /** Largest piece that is read at once, in bytes. */
  readonly pieceBytes: number;
  /** Largest piece that is decoded, in bytes as f32; 0 where all is read as it is stored. */
  readonly decodedBytes: number;
  /** Columns of the widest matrix. */
  readonly columns: number;
  /** Bytes that are read in all. */
  readonly bytes: number;
}

/** Pieces of this size stay in a second-level cache from their copy out of the page cache on, whatever else the core does in between. */
const TARGET_PIECE_BYTES = 1024 * 1024;

/**
 * Cuts tensors into units. Those of one tensor stand together, so that what is read twice is still in the page cache.
 *
 * @param digests whether every tensor is to be hashed too
 */
export function planStream(
  files: readonly string[],
  tensors: readonly StreamTensor[],
  schemes: number,
  digests: boolean,
): StreamPlan {
  const units: StreamUnit[] = [];
  let pieceBytes = TARGET_PIECE_BYTES;
  let decodedBytes = 0;
  let widest = 0;
  let bytes = 0;
  tensors.forEach((tensor, index) => {
    if (digests) {
      units.push({ kind: UnitKind.DIGEST, tensor: index, firstRow: 0, rows: 0 });
      bytes += tensor.bytes;
    }
    const { matrix } = tensor;
    if (matrix === undefined) return;
    const multiple = rowMultiple(matrix);
    const weightBytes = matrix.columns * WEIGHT_BYTES[matrix.dtype];
    const rows = Math.max(Math.floor(TARGET_PIECE_BYTES / weightBytes / multiple), 1) * multiple;
    const atOnce = Math.min(rows, matrix.rows);
    pieceBytes = Math.max(pieceBytes, atOnce * rowBytes(matrix));
    if (matrix.blocks !== undefined) decodedBytes = Math.max(decodedBytes, atOnce * weightBytes);
    widest = Math.max(widest, matrix.columns);
    if (needsRange(matrix) && matrix.rows > rows) {
      cut(units, UnitKind.RANGE, index, matrix.rows, rows);
      bytes += tensor.bytes;
    }
    cut(units, UnitKind.ROWS, index, matrix.rows, rows);
    bytes += tensor.bytes;
  });
  return { files, tensors, units, schemes, pieceBytes, decodedBytes, columns: widest, bytes };
}

/** Bytes of a row as it is stored. */
export function rowBytes({ blocks, dtype, columns }: StreamMatrix): number {
  return blocks === undefined ? columns * WEIGHT_BYTES[dtype] : ggmlBytes(blocks, columns);
}

function cut(units: StreamUnit[], kind: UnitKind, tensor: number, all: number, rows: number): void {
  for (let firstRow = 0; firstRow < all; firstRow += rows)
    units.push({ kind, tensor, firstRow, rows: Math.min(rows, all - firstRow) });
}

/** Rows that every kernel of a matrix can take as one. */
function rowMultiple({ kernels }: StreamMatrix): number {
  return kernels.reduce(
    (all, kernel) => leastCommonMultiple(all, kernel ? runnerOf(kernel).rowMultiple(kernel) : 1),
    1,
  );
}

function leastCommonMultiple(left: number, right: number): number {
  let [a, b] = [left, right];
  while (b !== 0) [a, b] = [b, a % b];
  return (left / a) * right;
}

/** Does a kernel share a scale over the whole matrix? */
export function needsRange({ kernels }: StreamMatrix): boolean {
  return kernels.some((kernel) => kernel !== null && runnerOf(kernel).needsRange(kernel));
}
