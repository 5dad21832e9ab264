import {
  columnAbsMax,
  decodeFloats,
  encodeFloats,
  gridOf,
  quantizeMatrix,
  roundTo,
  scaleMatrix,
  scaleTensor,
  smoothingScales,
  type QuantizationArgs,
  type TensorData,
  type WeightDtype,
} from '../../../lib/simulate';
import { floats32, input, matrixOf, type CaseContext, type Outputs } from '../context';

const INT8_CHANNEL: QuantizationArgs = { num_bits: 8, type: 'int', strategy: 'channel', symmetric: true };

/** llm-compressor's smoothing of two layers that read one norm's output, then INT8 weights. Inputs: X, W1, W2, norm. */
export function smoothQuant(context: CaseContext): Outputs {
  const { engine, vector } = context;
  const activations = matrixOf(input(context, 0));
  const layers = [matrixOf(input(context, 1)), matrixOf(input(context, 2))];
  const norm = input(context, 3);
  const dtype = activations.dtype;
  const width = activations.columns;
  const range = channelRange(dtype, decodeFloats(engine, activations.data, dtype), width);
  const scales = smoothingScales(dtype, range, columnAbsMax(engine, layers), Number(vector.params.alpha));

  const outputs = new Map<string, TensorData>([
    ['act_range', encodeFloats(engine, range, dtype, [width])],
    ['scales', floats32(scales, [width])],
    [
      'norm_weight',
      {
        ...norm,
        data: scaleMatrix(engine, { dtype, rows: 1, columns: width, data: norm.data }, scales, 'divide').data,
      },
    ],
  ]);
  layers.forEach((layer, index) => {
    const name = `W${index + 1}`;
    const smoothed = scaleMatrix(engine, layer, scales, 'multiply');
    const quantized = quantizeMatrix(engine, smoothed, gridOf(INT8_CHANNEL));
    const shape = [layer.rows, layer.columns];
    outputs.set(`${name}_smoothed`, { dtype, shape, data: smoothed.data });
    outputs.set(`${name}_q`, { dtype: 'I8', shape, data: quantized.codes });
    outputs.set(`${name}_scale`, scaleTensor(engine, quantized, INT8_CHANNEL));
  });
  return outputs;
}

/** Highest less lowest activation of each channel, in the type of the activations. */
function channelRange(dtype: WeightDtype, values: Float32Array, width: number): Float32Array {
  const lowest = new Float32Array(width).fill(Infinity);
  const highest = new Float32Array(width).fill(-Infinity);
  values.forEach((value, index) => {
    const channel = index % width;
    lowest[channel] = Math.min(lowest[channel], value);
    highest[channel] = Math.max(highest[channel], value);
  });
  return highest.map((value, channel) => roundTo(dtype, value - lowest[channel]));
}
