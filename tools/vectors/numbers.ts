import { decodeFloat8, decodeFloats, type KernelEngine, type TensorData } from '../../lib/simulate';

/** Values of a tensor, whatever its type. */
export function numbersOf(engine: KernelEngine, tensor: TensorData): ArrayLike<number> {
  const { dtype, data } = tensor;
  const buffer = data.slice().buffer;
  switch (dtype) {
    case 'F32':
    case 'F16':
    case 'BF16':
      return decodeFloats(engine, data, dtype);
    case 'F64':
      return new Float64Array(buffer);
    case 'F8_E4M3':
      return decodeFloat8(engine, data, 'e4m3fn');
    case 'I8':
      return new Int8Array(buffer);
    case 'U8':
      return data;
    case 'I16':
      return new Int16Array(buffer);
    case 'I32':
      return new Int32Array(buffer);
    case 'I64':
      return Array.from(new BigInt64Array(buffer), Number);
    default:
      throw new Error(`no values are taken from ${dtype} tensors`);
  }
}

/** Unsigned codes of `bits` bits from 32-bit words, low bits first. */
export function unpackCodes(words: ArrayLike<number>, bits: number): number[] {
  const perWord = 32 / bits;
  const codes: number[] = [];
  for (let i = 0; i < words.length; i++)
    for (let k = 0; k < perWord; k++) codes.push((words[i] >>> (bits * k)) & (2 ** bits - 1));
  return codes;
}
