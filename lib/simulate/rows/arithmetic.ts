import type { WeightDtype } from '../tensor';

// The few values of a scale search are computed here, one by one: each operation in f64 or f32, then rounded to the type, as
// eager PyTorch does it for whole tensors.

const word = new DataView(new ArrayBuffer(4));

/** The nearest value of the type, ties to even. */
export function roundTo(dtype: WeightDtype, value: number): number {
  if (dtype === 'F32') return Math.fround(value);
  return dtype === 'BF16' ? roundToBf16(value) : roundToF16(value);
}

export function roundToBf16(value: number): number {
  if (Number.isNaN(value)) return value;
  word.setFloat32(0, value);
  const bits = word.getUint32(0);
  word.setUint32(0, (bits + 0x7fff + ((bits >>> 16) & 1)) & 0xffff0000);
  return word.getFloat32(0);
}

function roundToF16(value: number): number {
  const single = Math.fround(value);
  const magnitude = Math.abs(single);
  if (!(magnitude < Infinity)) return single;
  if (magnitude >= 65520) return Math.sign(single) * Infinity;
  // Steps are 2^(e − 10), and 2^−24 below the smallest normal number.
  const step = 2 ** (Math.max(Math.floor(Math.log2(magnitude || 1)), -14) - 10);
  return roundToEven(single / step) * step;
}

/** The nearest integer, ties to even. */
export function roundToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest < 0.5) return below;
  if (rest > 0.5) return below + 1;
  return below % 2 === 0 ? below : below + 1;
}

/** `tensor.pow(exponent)`: the exponent is rounded to the tensor's type first. */
export function power(dtype: WeightDtype, base: number, exponent: number): number {
  return roundTo(dtype, Math.fround(base ** roundTo(dtype, exponent)));
}
