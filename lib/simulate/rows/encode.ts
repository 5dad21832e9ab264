import type { KernelEngine } from '../kernels/engine';
import { WEIGHT_BYTES, type TensorData, type WeightDtype } from '../tensor';
import { castElements } from './cast';

/** f32 values as a tensor of the type, rounded to nearest, ties to even. */
export function encodeFloats(
  engine: KernelEngine,
  values: Float32Array,
  dtype: WeightDtype,
  shape: readonly number[],
): TensorData {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  if (dtype === 'F32') return { dtype, shape, data: bytes };
  return engine.arena.scoped(() => {
    const target = castElements(engine, engine.place(bytes), 'F32', dtype, values.length);
    return { dtype, shape, data: engine.copy(target, values.length * WEIGHT_BYTES[dtype]) };
  });
}

/** The values of a tensor of one of the weight types, exactly, as f32. */
export function decodeFloats(engine: KernelEngine, data: Uint8Array, dtype: WeightDtype): Float32Array {
  const count = data.byteLength / WEIGHT_BYTES[dtype];
  return engine.arena.scoped(() => {
    const target = castElements(engine, engine.place(data), dtype, 'F32', count);
    return new Float32Array(engine.floats(target, count));
  });
}
