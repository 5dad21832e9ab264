import {
  compress,
  encodeFloats,
  gridOf,
  quantizeMatrix,
  zeroPointTensor,
  type CompressedFormat,
  type QuantizationArgs,
} from '../../../lib/simulate';
import { input, matrixOf, type CaseContext, type Outputs } from '../context';

/** Weights of the compressed-tensors schemes. */
export function compressedWeights(context: CaseContext): Outputs {
  const { engine, vector } = context;
  const args = (vector.params.weights as QuantizationArgs | undefined) ?? argsOfScheme(vector.scheme);
  const matrix = matrixOf(input(context));
  const quantized = quantizeMatrix(engine, matrix, gridOf(args));
  const outputs = new Map(compress(engine, quantized, args, vector.params.format as CompressedFormat));
  outputs.set('dequantized', {
    dtype: matrix.dtype,
    shape: [matrix.rows, matrix.columns],
    data: quantized.dequantized,
  });
  outputs.set('weight_u8', { dtype: 'U8', shape: [matrix.rows, matrix.columns], data: quantized.codes });
  outputs.set('zero_point_int8', zeroPointTensor(quantized));
  return outputs;
}

/** Activations, quantized as they come: a row is a token. `rows` tells how many: `X[:32] as [1,32,C]`. */
export function compressedActivations(context: CaseContext): Outputs {
  const { engine, vector } = context;
  const args = vector.params.activation as QuantizationArgs;
  const whole = matrixOf(input(context));
  const limit = Number(/\[:(\d+)\]/.exec(String(vector.params.rows ?? ''))?.[1] ?? whole.rows);
  const rows = Math.min(limit, whole.rows);
  const matrix = { ...whole, rows, data: whole.data.subarray(0, (whole.data.length / whole.rows) * rows) };
  const quantized = quantizeMatrix(engine, matrix, gridOf(args));
  const shape = [1, rows, matrix.columns];
  return new Map([
    ['scale', encodeFloats(engine, quantized.scales, matrix.dtype, [1, ...quantized.scaleShape])],
    ['q', { dtype: args.type === 'float' ? ('F8_E4M3' as const) : ('I8' as const), shape, data: quantized.codes }],
    ['q_u8', { dtype: 'U8' as const, shape, data: quantized.codes }],
    ['dequantized', { dtype: matrix.dtype, shape, data: quantized.dequantized }],
  ]);
}

/** Arguments by the scheme's name, for cases that give no others: `w4a16-g128-asym`, `w8a8-channel`, `fp8-block128`. */
function argsOfScheme(scheme: string): QuantizationArgs {
  const [, group] = /-g(\d+)/.exec(scheme) ?? [];
  const [, block] = /-block(\d+)/.exec(scheme) ?? [];
  const [, bits = '8'] = /^w(\d)a/.exec(scheme) ?? [];
  return {
    num_bits: Number(bits),
    type: scheme.startsWith('fp8') ? 'float' : 'int',
    strategy: group ? 'group' : block ? 'block' : scheme.includes('tensor') ? 'tensor' : 'channel',
    group_size: group ? Number(group) : null,
    block_structure: block ? [Number(block), Number(block)] : null,
    symmetric: !scheme.includes('asym'),
  };
}
