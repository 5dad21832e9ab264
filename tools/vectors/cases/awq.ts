import {
  awqGrid,
  decodeFloats,
  encodeFloats,
  packAwqGemm,
  quantizeMatrix,
  type AwqArgs,
  type KernelEngine,
  type Matrix,
  type QuantizedMatrix,
  type TensorData,
} from '../../../lib/simulate';
import { input, matrixOf, type CaseContext, type Outputs } from '../context';

/** `pseudo_quantize_tensor` and the GEMM packing of its result. */
export function awqPseudoQuantize(context: CaseContext): Outputs {
  const { engine, vector } = context;
  const { w_bit, group_size, zero_point } = vector.params as { w_bit: number; group_size: number; zero_point: boolean };
  const args: AwqArgs = { w_bit, q_group_size: group_size, zero_point };
  const given = matrixOf(input(context));
  const matrix = vector.input.tensors[0].startsWith('edge') ? clampedEdges(engine, given) : given;
  const quantized = quantizeMatrix(engine, matrix, awqGrid(args, matrix.dtype));
  const outputs = new Map<string, TensorData>([
    ['dequantized', { dtype: matrix.dtype, shape: [matrix.rows, matrix.columns], data: quantized.dequantized }],
    ['scales', encodeFloats(engine, quantized.scales, matrix.dtype, quantized.scaleShape)],
    ['zeros', encodeFloats(engine, quantized.zeroPoints, matrix.dtype, quantized.scaleShape)],
  ]);
  if ('qweight' in vector.output.tensors) {
    const whole = firstRows(quantized, Math.floor(matrix.rows / 32) * 32);
    for (const [name, tensor] of packAwqGemm(engine, whole)) outputs.set(name === 'scales' ? 'scales_t' : name, tensor);
    outputs.set('dequantized_gemm', transposed(whole));
  }
  return outputs;
}

/** These rows of the edge cases were clamped before, so that f16 holds them. */
function clampedEdges(engine: KernelEngine, matrix: Matrix): Matrix {
  const values = decodeFloats(engine, matrix.data, matrix.dtype).map((value, index) => {
    const row = Math.floor(index / matrix.columns);
    return row === 15 || row >= 24 ? Math.min(Math.max(value, -20000), 20000) : value;
  });
  return { ...matrix, data: encodeFloats(engine, values, matrix.dtype, []).data };
}

function firstRows(quantized: QuantizedMatrix, rows: number): QuantizedMatrix {
  const { columns, scaleShape, scales, zeroPoints, codes, dequantized } = quantized;
  const groups = scaleShape[1];
  return {
    ...quantized,
    rows,
    scaleShape: [rows, groups],
    scales: scales.slice(0, rows * groups),
    zeroPoints: zeroPoints.slice(0, rows * groups),
    codes: codes.subarray(0, rows * columns),
    dequantized: dequantized.subarray(0, rows * columns * 2),
  };
}

/** 16-bit values as `[in, out]`, the way the library's own dequantization gives them. */
function transposed({ rows, columns, dequantized, dtype }: QuantizedMatrix): TensorData {
  const values = new Uint16Array(dequantized.slice().buffer);
  const turned = new Uint16Array(values.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) turned[column * rows + row] = values[row * columns + column];
  return { dtype, shape: [columns, rows], data: new Uint8Array(turned.buffer) };
}
