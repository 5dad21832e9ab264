import {
  decodeFloat8,
  decodeFloats,
  encodeFloat8,
  encodeFloats,
  type TensorData,
  type WeightDtype,
} from '../../../lib/simulate';
import { bytesOf, floats32, type CaseContext, type Outputs } from '../context';

/** Tables and casts of the 8-bit floats: each output by its name, since these cases have no scheme parameters. */
export function float8Casts({ engine, vector, set }: CaseContext): Outputs {
  const outputs = new Map<string, TensorData>();
  const allBytes = Uint8Array.from({ length: 256 }, (_, index) => index);
  const table = (format: 'e4m3fn' | 'e4m3' | 'e5m2') => floats32(decodeFloat8(engine, allBytes, format), [256]);
  const patterns = bytesOf(Uint16Array.from({ length: 65536 }, (_, index) => index));
  const everything = (dtype: WeightDtype) => decodeFloats(engine, patterns, dtype);
  const bytes = (values: Float32Array, format: 'e4m3fn' | 'e4m3' = 'e4m3fn'): TensorData => {
    const data = encodeFloat8(engine, values, format);
    return { dtype: 'U8', shape: [data.length], data };
  };
  // The inputs of the cast cases stand among their outputs.
  const stored = set.tensors(vector.output.file).get('x_bits');
  const values = stored === undefined ? new Float32Array() : new Float32Array(stored.data.slice().buffer);
  const pattern = (dtype: WeightDtype): TensorData => ({
    ...encodeFloats(engine, values, dtype, [values.length]),
    dtype: 'I16',
  });

  const makers: Readonly<Record<string, () => TensorData | undefined>> = {
    e4m3fn_f32: () => table('e4m3fn'),
    e4m3_ieee240_f32: () => table('e4m3'),
    e5m2_f32: () => table('e5m2'),
    f16_to_e4m3fn: () => bytes(everything('F16')),
    bf16_to_e4m3fn: () => bytes(everything('BF16')),
    // The cast saturates, so that clamping first changes nothing.
    f16_clamped448_to_e4m3fn: () => bytes(everything('F16')),
    f16_to_e4m3_ieee240: () => bytes(everything('F16'), 'e4m3'),
    x_bits: () => stored,
    e4m3fn: () => bytes(values),
    e4m3fn_clamped: () => bytes(values),
    f16: () => pattern('F16'),
    bf16: () => pattern('BF16'),
  };
  for (const name of Object.keys(vector.output.tensors)) {
    const made = makers[name]?.();
    if (made !== undefined) outputs.set(name, made);
  }
  return outputs;
}
