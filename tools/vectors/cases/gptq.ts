import {
  encodeFloats,
  gptqGrid,
  packGptqWeights,
  packGptqZeros,
  quantizeMatrix,
  type QuantizedMatrix,
  type TensorData,
} from '../../../lib/simulate';
import { bytesOf, floats32, input, matrixOf, type CaseContext, type Outputs } from '../context';

/** Round to nearest on gptqmodel's grid. */
export function gptqRoundToNearest(context: CaseContext): Outputs {
  const { engine, vector } = context;
  const { bits, group_size, sym } = vector.params as { bits: number; group_size: number; sym: boolean };
  const matrix = matrixOf(input(context));
  const quantized = quantizeMatrix(engine, matrix, gptqGrid({ bits, group_size, sym }));
  const { rows, columns } = quantized;
  const groups = quantized.scaleShape[1];
  return new Map<string, TensorData>([
    ['scale_f32', floats32(quantized.scales, quantized.scaleShape)],
    ['zero', floats32(quantized.zeroPoints, quantized.scaleShape)],
    ['dequantized', { dtype: 'F32', shape: [rows, columns], data: quantized.dequantized }],
    ['qweight', packGptqWeights(quantized.codes, rows, columns, bits)],
    ['qzeros_v1', packGptqZeros(quantized.zeroPoints, rows, groups, bits, 1)],
    ['qzeros_v2', packGptqZeros(quantized.zeroPoints, rows, groups, bits, 2)],
    ['scales_t_f16', encodeFloats(engine, transposedScales(quantized), 'F16', [groups, rows])],
    [
      'g_idx',
      {
        dtype: 'I32',
        shape: [columns],
        data: bytesOf(Int32Array.from({ length: columns }, (_, i) => Math.floor((i * groups) / columns))),
      },
    ],
  ]);
}

export function transposedScales({ scales, scaleShape: [rows, groups] }: QuantizedMatrix): Float32Array {
  const turned = new Float32Array(scales.length);
  for (let row = 0; row < rows; row++)
    for (let group = 0; group < groups; group++) turned[group * rows + row] = scales[row * groups + group];
  return turned;
}
