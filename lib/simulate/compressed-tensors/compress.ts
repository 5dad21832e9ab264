import type { KernelEngine } from '../kernels/engine';
import { encodeFloats } from '../rows/encode';
import type { QuantizedMatrix } from '../rows/quantized-matrix';
import type { NamedTensors, TensorData } from '../tensor';
import type { CompressedFormat, QuantizationArgs } from './scheme';

/**
 * The tensors that stand in a checkpoint for a weight: `weight_packed`, `weight_scale`, `weight_shape`, `weight_zero_point`
 * for `pack-quantized`, else `weight`, `weight_scale` and, with a zero point, `weight_zero_point`.
 *
 * Names, shapes and packing: compressed-tensors 0.20, `compressors/pack_quantized`, `compressors/naive_quantized`.
 */
export function compress(
  engine: KernelEngine,
  quantized: QuantizedMatrix,
  args: QuantizationArgs,
  format: CompressedFormat,
): NamedTensors {
  const tensors = new Map<string, TensorData>();
  const { rows, columns } = quantized;
  if (format === 'pack-quantized') {
    tensors.set('weight_packed', packRows(engine, quantized.codes, rows, columns, args.num_bits));
    tensors.set('weight_shape', integers64([rows, columns]));
  } else {
    const dtype = args.type === 'float' ? 'F8_E4M3' : 'I8';
    tensors.set('weight', { dtype, shape: [rows, columns], data: quantized.codes });
  }
  tensors.set('weight_scale', scaleTensor(engine, quantized, args));
  if (!args.symmetric) {
    const zeroPoints = zeroPointTensor(quantized);
    tensors.set(
      'weight_zero_point',
      format === 'pack-quantized' ? packDown(engine, zeroPoints, args.num_bits) : zeroPoints,
    );
  }
  return tensors;
}

/** Scales in the type of the weights: `[1]` for a whole tensor, else `[out, groups]`. */
export function scaleTensor(engine: KernelEngine, quantized: QuantizedMatrix, args: QuantizationArgs): TensorData {
  const shape = args.strategy === 'tensor' ? [1] : quantized.scaleShape;
  return encodeFloats(engine, quantized.scales, quantized.dtype, shape);
}

/** Zero points as signed bytes, `[out, groups]`. */
export function zeroPointTensor(quantized: QuantizedMatrix): TensorData {
  return {
    dtype: 'I8',
    shape: quantized.scaleShape,
    data: new Uint8Array(Int8Array.from(quantized.zeroPoints).buffer),
  };
}

/** Signed codes as a dense little-endian bit stream a row, offset binary: I32 `[rows, ceil(columns · bits / 32)]`. */
export function packRows(
  engine: KernelEngine,
  codes: Uint8Array,
  rows: number,
  columns: number,
  bits: number,
): TensorData {
  return engine.arena.scoped(() => {
    const words = Math.ceil((columns * bits) / 32);
    const target = engine.arena.reserve(rows * words * 4);
    engine.kernels.packBits(engine.place(codes), rows, columns, bits, 1 << (bits - 1), target);
    return { dtype: 'I32', shape: [rows, words], data: engine.copy(target, rows * words * 4) };
  });
}

/** The same down the columns: I32 `[ceil(rows · bits / 32), columns]`. */
function packDown(engine: KernelEngine, tensor: TensorData, bits: number): TensorData {
  const [rows, columns] = tensor.shape;
  const turned = transpose(tensor.data, rows, columns);
  const packed = packRows(engine, turned, columns, rows, bits);
  const [, words] = packed.shape;
  const across = new Int32Array(packed.data.buffer);
  const down = new Int32Array(across.length);
  for (let column = 0; column < columns; column++)
    for (let word = 0; word < words; word++) down[word * columns + column] = across[column * words + word];
  return { dtype: 'I32', shape: [words, columns], data: new Uint8Array(down.buffer) };
}

function transpose(bytes: Uint8Array, rows: number, columns: number): Uint8Array {
  const turned = new Uint8Array(bytes.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) turned[column * rows + row] = bytes[row * columns + column];
  return turned;
}

function integers64(values: readonly number[]): TensorData {
  return {
    dtype: 'I64',
    shape: [values.length],
    data: new Uint8Array(BigInt64Array.from(values, (value) => BigInt(value)).buffer),
  };
}
