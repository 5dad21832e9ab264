import type { KernelEngine, Matrix, TensorData, WeightDtype } from '../../lib/simulate';
import type { VectorCase, VectorSet } from './manifest';

/** What the runner of a case works with. */
export interface CaseContext {
  readonly engine: KernelEngine;
  readonly vector: VectorCase;
  readonly set: VectorSet;
}

/** Outputs of a case by the names of the manifest. */
export type Outputs = ReadonlyMap<string, TensorData>;

/** An input tensor of the case, by its place in the list. */
export function input({ vector, set }: CaseContext, index = 0): TensorData {
  const name = vector.input.tensors[index];
  const tensor = set.tensors(vector.input.file).get(name);
  if (tensor === undefined) throw new Error(`${vector.input.file} has no tensor ${name}`);
  return tensor;
}

export function matrixOf(tensor: TensorData): Matrix {
  const columns = tensor.shape[tensor.shape.length - 1];
  const rows = tensor.shape.slice(0, -1).reduce((product, size) => product * size, 1);
  return { dtype: tensor.dtype as WeightDtype, rows, columns, data: tensor.data };
}

export function bytesOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

export function floats32(values: Float32Array, shape: readonly number[]): TensorData {
  return { dtype: 'F32', shape, data: bytesOf(values) };
}
