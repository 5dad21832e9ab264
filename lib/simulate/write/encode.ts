import { packAwqGemm } from '../awq/pack';
import { awqGrid } from '../awq/pseudo-quantize';
import { clampGroups, searchAwqClipping } from '../awq/search';
import type { InputStatistics } from '../calibration/calibration';
import { compress } from '../compressed-tensors/compress';
import { gridOf } from '../compressed-tensors/scheme';
import { MXFP4_GRID, NVFP4_GRID, fp4Tensors } from '../fp4/scheme';
import { packGptq, quantizeGptqModel } from '../gptq/gptqmodel';
import { gptqGrid } from '../gptq/grid';
import type { FactoredHessian } from '../gptq/hessian';
import type { GptqRows } from '../gptq/round';
import type { KernelEngine } from '../kernels/engine';
import { neuronFp8Grid, neuronInt8Grid, neuronTensors } from '../neuron/scheme';
import { castMatrix } from '../rows/cast';
import { encodeFloats } from '../rows/encode';
import { groupColumns } from '../rows/grid';
import type { QuantizedMatrix } from '../rows/quantized-matrix';
import { scaleMatrix } from '../smoothquant/smooth';
import type { Matrix, NamedTensors } from '../tensor';
import type { Encoding } from './encoding';
import { quantizeInSlices, rowsOf } from './quantize-in-slices';

/** What is done to a layer's weights before they are rounded. */
export interface LayerTreatment {
  /** Factor of each input channel, which the operation before the layer is divided by. */
  readonly columnFactors?: Float32Array;
  /** Divisor of each output channel, which the layer after this one is multiplied by. */
  readonly rowDivisors?: Float32Array;
  /** AutoAWQ's clip search, on the inputs' second moments. */
  readonly clips?: boolean;
  /** Statistics of the layer's inputs, as calibration saw them. */
  readonly statistics?: InputStatistics;
  /** GPTQ: errors are spread by it. */
  readonly hessian?: FactoredHessian;
}

/** The tensors of a layer, by the suffix of their names. */
export function encodeLayer(
  engine: KernelEngine,
  encoding: Encoding,
  given: Matrix,
  treatment: LayerTreatment,
): NamedTensors {
  const matrix = treated(engine, encoding, given, treatment);
  switch (encoding.kind) {
    case 'compressed-tensors': {
      const quantized = quantizeInSlices(engine, matrix, gridOf(encoding.weights));
      const tensors = new Map(compress(engine, quantized, encoding.weights, encoding.format));
      if (encoding.inputScale !== undefined) {
        const scale = inputScale(treatment, encoding.inputScale);
        tensors.set('input_scale', encodeFloats(engine, Float32Array.of(scale), matrix.dtype, [1]));
      }
      return tensors;
    }
    case 'fp4': {
      const grid = encoding.type === 'mxfp4' ? MXFP4_GRID : NVFP4_GRID;
      return fp4Tensors(engine, quantizeInSlices(engine, matrix, grid));
    }
    case 'awq':
      return packAwqGemm(engine, quantizeInSlices(engine, matrix, awqGrid(encoding.args), true));
    case 'gptq': {
      const { args, version } = encoding;
      const rows =
        treatment.hessian === undefined
          ? toGptqRows(quantizeInSlices(engine, matrix, gptqGrid(args), true), args.group_size)
          : gptqInSlices(engine, matrix, treatment.hessian, args);
      return packGptq(engine, rows, given.dtype, args.bits, version);
    }
    case 'neuron': {
      const grid = (encoding.type === 'int8' ? neuronInt8Grid : neuronFp8Grid)(encoding.quantization);
      return neuronTensors(quantizeInSlices(engine, matrix, grid), grid);
    }
  }
}

function treated(engine: KernelEngine, encoding: Encoding, given: Matrix, treatment: LayerTreatment): Matrix {
  const { columnFactors, rowDivisors, clips, statistics } = treatment;
  // AutoAWQ works in f16 whatever the checkpoint holds.
  let matrix = encoding.kind === 'awq' ? castMatrix(engine, given, 'F16') : given;
  if (rowDivisors !== undefined) matrix = divideRows(engine, matrix, rowDivisors);
  if (columnFactors !== undefined) matrix = scaleMatrix(engine, matrix, columnFactors, 'multiply');
  if (clips === true && encoding.kind === 'awq' && statistics?.moments !== undefined) {
    const factors = columnFactors ?? new Float32Array(matrix.columns).fill(1);
    const bounds = searchAwqClipping(engine, matrix, statistics.moments, factors, encoding.args);
    matrix = clampGroups(engine, matrix, bounds, groupColumns(awqGrid(encoding.args).sharing, matrix.columns));
  }
  return matrix;
}

/** Each row divided by its divisor, in the matrix' type. */
function divideRows(engine: KernelEngine, matrix: Matrix, divisors: Float32Array): Matrix {
  const data = new Uint8Array(matrix.data.length);
  for (let row = 0; row < matrix.rows; row++) {
    const line = rowsOf(matrix, row, 1);
    const divided = scaleMatrix(engine, line, new Float32Array(matrix.columns).fill(divisors[row]), 'divide');
    data.set(divided.data, row * divided.data.length);
  }
  return { ...matrix, data };
}

/** Largest activation over the largest value of the type: compressed-tensors' static, symmetric scale. */
function inputScale({ statistics, columnFactors }: LayerTreatment, type: 'int8' | 'fp8'): number {
  const peaks = statistics?.absMax ?? new Float32Array();
  const largest = peaks.reduce((best, value, channel) => Math.max(best, value / (columnFactors?.[channel] ?? 1)), 0);
  return largest / (type === 'int8' ? 127.5 : 448) || 2 ** -7;
}

/** Rounding to nearest in the form that GPTQ's packing takes. */
function toGptqRows(quantized: QuantizedMatrix, groupSize: number): GptqRows {
  const { rows, columns, codes, scales, zeroPoints, scaleShape, dequantized } = quantized;
  return {
    rows,
    columns,
    groups: scaleShape[1],
    codes,
    scales,
    zeroPoints,
    groupOf: Int32Array.from({ length: columns }, (_, column) => (groupSize > 0 ? Math.floor(column / groupSize) : 0)),
    dequantized: new Float32Array(dequantized.buffer, dequantized.byteOffset, dequantized.byteLength / 4),
    loss: 0,
  };
}

/** Rows that GPTQ takes at once. */
const GPTQ_ELEMENTS = 4 * 1024 * 1024;

function gptqInSlices(
  engine: KernelEngine,
  matrix: Matrix,
  hessian: FactoredHessian,
  args: Parameters<typeof quantizeGptqModel>[3],
): GptqRows {
  const { rows, columns } = matrix;
  const step = Math.max(Math.floor(GPTQ_ELEMENTS / columns), 1);
  const parts: GptqRows[] = [];
  for (let first = 0; first < rows; first += step) {
    parts.push(quantizeGptqModel(engine, rowsOf(matrix, first, step), hessian, args));
  }
  if (parts.length === 1) return parts[0];
  const [{ groups, groupOf }] = parts;
  const joined: GptqRows = {
    rows,
    columns,
    groups,
    groupOf,
    codes: new Uint8Array(rows * columns),
    scales: new Float32Array(rows * groups),
    zeroPoints: new Float32Array(rows * groups),
    dequantized: new Float32Array(rows * columns),
    loss: parts.reduce((sum, { loss }) => sum + loss, 0),
  };
  let row = 0;
  for (const part of parts) {
    joined.codes.set(part.codes, row * columns);
    joined.dequantized.set(part.dequantized, row * columns);
    joined.scales.set(part.scales, row * groups);
    joined.zeroPoints.set(part.zeroPoints, row * groups);
    row += part.rows;
  }
  return joined;
}
