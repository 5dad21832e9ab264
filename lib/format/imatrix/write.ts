import { layoutGguf, type GgufTensorPlan } from '../gguf/layout';
import { gguf, type GgufMetadata } from '../gguf/value';
import { COUNTS_SUFFIX, IMATRIX_KEYS, IMATRIX_TYPE, SUMS_SUFFIX } from './types';

/** Sums of squares over a text, of one tensor. */
export interface ImatrixSums {
  /** Of each column, those of one matrix after the other where experts are stacked. */
  readonly sums: Float32Array;
  /** Tokens that entered each matrix. */
  readonly counts: readonly number[];
}

export interface ImatrixPlan {
  /** By the tensor's name in a GGUF. */
  readonly entries: ReadonlyMap<string, ImatrixSums>;
  readonly datasets: readonly string[];
  /** Pieces of text, and tokens of each. */
  readonly chunks: number;
  readonly chunkSize: number;
}

/**
 * An importance matrix as a GGUF file, byte for byte as `llama-imatrix` lays it out: entries by name, of each the sums and the counts.
 * Source: llama.cpp tools/imatrix/imatrix.cpp, `save_imatrix`.
 */
export function imatrixBytes({ entries, datasets, chunks, chunkSize }: ImatrixPlan): Uint8Array {
  const metadata: GgufMetadata = new Map([
    [IMATRIX_KEYS.type, gguf.string(IMATRIX_TYPE)],
    [IMATRIX_KEYS.datasets, gguf.strings(datasets)],
    [IMATRIX_KEYS.chunkCount, gguf.uint32(chunks)],
    [IMATRIX_KEYS.chunkSize, gguf.uint32(chunkSize)],
  ]);
  const sorted = [...entries].sort(([left], [right]) => (left < right ? -1 : 1));
  const tensors = sorted.flatMap(([name, { sums, counts }]): GgufTensorPlan[] => [
    { name: name + SUMS_SUFFIX, dtype: 'F32', shape: shapeOf(counts.length, sums.length / counts.length) },
    { name: name + COUNTS_SUFFIX, dtype: 'F32', shape: shapeOf(counts.length, 1) },
  ]);
  const layout = layoutGguf({ metadata, tensors });
  const bytes = new Uint8Array(layout.fileBytes);
  bytes.set(layout.header);
  const view = new DataView(bytes.buffer);
  const put = (name: string, values: ArrayLike<number>): void => {
    const at = layout.tensors.get(name)?.offset as number;
    for (let index = 0; index < values.length; index++) view.setFloat32(at + 4 * index, values[index], true);
  };
  for (const [name, { sums, counts }] of sorted) {
    put(name + SUMS_SUFFIX, sums);
    put(name + COUNTS_SUFFIX, counts);
  }
  return bytes;
}

/** ggml counts dimensions up to the last that is not 1. */
function shapeOf(matrices: number, columns: number): readonly number[] {
  return matrices === 1 ? [columns] : [matrices, columns];
}
