import {
  awqGrid,
  clampGroups,
  decodeFloats,
  encodeFloats,
  momentsOf,
  packAwqGemm,
  quantizeMatrix,
  scaleMatrix,
  searchAwqClipping,
  searchAwqScales,
  type AwqArgs,
  type KernelEngine,
  type Matrix,
  type QuantizedMatrix,
  type TensorData,
} from '../../../lib/simulate';
import { bytesOf, input, matrixOf, type CaseContext, type Outputs } from '../context';

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

/** Scale search over two layers that read one norm's output, then clipping and packing of the first. Inputs: X, W1, W2, norm. */
export function awqSearch(context: CaseContext): Outputs {
  const { engine, vector } = context;
  const params = vector.params as { group_size: number; duo_scaling: boolean; n_sample_token: number };
  const args: AwqArgs = { w_bit: 4, q_group_size: params.group_size, zero_point: true };
  const activations = matrixOf(input(context, 0));
  const layers = [matrixOf(input(context, 1)), matrixOf(input(context, 2))];
  const norm = input(context, 3);
  const { dtype, columns } = activations;
  const values = decodeFloats(engine, activations.data, dtype);
  const tokens = values.length / columns;
  const absMean = Float64Array.from({ length: columns }, (_, channel) => {
    let sum = 0;
    for (let token = 0; token < tokens; token++) sum += Math.abs(values[token * columns + channel]);
    return sum / tokens;
  });

  const search = searchAwqScales(engine, layers, momentsOf(engine, values, columns), absMean, args, params.duo_scaling);
  const outputs = new Map<string, TensorData>([
    ['best_scales', encodeFloats(engine, search.scales, dtype, [columns])],
    [
      'losses_per_ratio',
      { dtype: 'F64', shape: [search.losses.length], data: bytesOf(Float64Array.from(search.losses)) },
    ],
    ['best_ratio_index', { dtype: 'I64', shape: [1], data: bytesOf(BigInt64Array.of(BigInt(search.best))) }],
    [
      'norm_weight',
      {
        ...norm,
        data: scaleMatrix(engine, { dtype, rows: 1, columns, data: norm.data }, search.scales, 'divide').data,
      },
    ],
  ]);
  const scaled = layers.map((layer) => scaleMatrix(engine, layer, search.scales, 'multiply'));
  scaled.forEach(({ rows, data }, index) =>
    outputs.set(`W${index + 1}_scaled`, { dtype, shape: [rows, columns], data }),
  );

  const step = Math.max(1, Math.floor(tokens / params.n_sample_token));
  const sampled = values.filter((_, index) => Math.floor(index / columns) % step === 0);
  const [first] = scaled;
  const bounds = searchAwqClipping(engine, first, momentsOf(engine, sampled, columns), search.scales, args);
  const groups = columns / params.group_size;
  outputs.set('W1_best_clip', encodeFloats(engine, bounds, dtype, [first.rows, groups, 1]));
  const clipped = clampGroups(engine, first, bounds, params.group_size);
  const quantized = quantizeMatrix(engine, clipped, awqGrid(args));
  outputs.set('W1_scales', encodeFloats(engine, quantized.scales, 'F16', quantized.scaleShape));
  outputs.set('W1_zeros', encodeFloats(engine, quantized.zeroPoints, 'F16', quantized.scaleShape));
  for (const [name, tensor] of packAwqGemm(engine, quantized)) {
    outputs.set(name === 'scales' ? 'W1_scales_t' : `W1_${name}`, tensor);
  }
  return outputs;
}
