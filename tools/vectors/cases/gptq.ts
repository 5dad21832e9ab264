import {
  castMatrix,
  decodeFloats,
  encodeFloats,
  factorForGptqModel,
  factorForLlmCompressor,
  gptqGrid,
  momentsOf,
  packGptq,
  packGptqWeights,
  packGptqZeros,
  quantizeGptqModel,
  quantizeGptqModifier,
  quantizeMatrix,
  type FactoredHessian,
  type GptqModelArgs,
  type InputMoments,
  type KernelEngine,
  type QuantizationArgs,
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

/** gptqmodel. Inputs: weights, activations. */
export function gptqModel(context: CaseContext): Outputs {
  const { engine, vector } = context;
  const args = vector.params as unknown as GptqModelArgs & { dtype: 'f32' | 'f16' | 'bf16' };
  const moments = inputMoments(context);
  return engine.arena.scoped(() => {
    const hessian = factorForGptqModel(engine, moments, args);
    const dtype = DTYPES[args.dtype];
    const held = castMatrix(engine, matrixOf(input(context, 0)), dtype);
    const result = quantizeGptqModel(engine, held, hessian, args);
    const { rows, groups, scales, zeroPoints, loss } = result;
    const tensors = packGptq(engine, result, dtype, args.bits, 1);
    return new Map<string, TensorData | undefined>([
      ['qweight', tensors.get('qweight')],
      ['qzeros_v1', tensors.get('qzeros')],
      ['qzeros_v2', packGptq(engine, result, dtype, args.bits, 2).get('qzeros')],
      ['scales_t_f16', tensors.get('scales')],
      ['g_idx', tensors.get('g_idx')],
      ['scale_f32', floats32(scales, [rows, groups])],
      ['zero', floats32(zeroPoints, [rows, groups])],
      ['avg_loss', { dtype: 'F64', shape: [1], data: bytesOf(Float64Array.of(loss / moments.tokens)) }],
      ...hessianOutputs(engine, hessian, true),
    ]) as Outputs;
  });
}

/** llm-compressor's GPTQModifier. Inputs: weights, activations. */
export function gptqModifier(context: CaseContext): Outputs {
  const { engine, vector } = context;
  const { bits, percdamp, actorder, num_samples, ...rest } = vector.params as unknown as {
    bits: number;
    percdamp: number;
    actorder?: 'static' | 'weight';
    num_samples: number;
  } & QuantizationArgs;
  const weights: QuantizationArgs = { ...rest, type: 'int', num_bits: bits };
  const args = { weights, dampening_frac: percdamp, actorder, samples: num_samples };
  const moments = inputMoments(context);
  return engine.arena.scoped(() => {
    const hessian = factorForLlmCompressor(engine, moments, args);
    const { rows, columns, groups, codes, scales, zeroPoints, loss } = quantizeGptqModifier(
      engine,
      matrixOf(input(context, 0)),
      hessian,
      args,
    );
    const order = hessian.order ?? Uint32Array.from({ length: columns }, (_, index) => index);
    return new Map<string, TensorData>([
      ['codes_int8', { dtype: 'I8', shape: [rows, columns], data: codes }],
      ['scale', floats32(scales, [rows, groups])],
      ['zero_point', { dtype: 'I8', shape: [rows, groups], data: bytesOf(Int8Array.from(zeroPoints)) }],
      ['loss', floats32(Float32Array.of(loss), [1])],
      [
        'perm',
        { dtype: 'I64', shape: [columns], data: bytesOf(BigInt64Array.from(order, (column) => BigInt(column))) },
      ],
      ...hessianOutputs(engine, hessian, false),
    ]);
  });
}

const DTYPES = { f32: 'F32', f16: 'F16', bf16: 'BF16' } as const;

function inputMoments(context: CaseContext): InputMoments {
  const given = matrixOf(input(context, 1));
  // The layer reads its inputs in its own type.
  const activations = castMatrix(context.engine, given, DTYPES[context.vector.params.dtype as keyof typeof DTYPES]);
  return momentsOf(
    context.engine,
    decodeFloats(context.engine, activations.data, activations.dtype),
    activations.columns,
  );
}

/** gptqmodel's vectors hold the diagonal in the order of rounding, llm-compressor's in that of the weights. */
function hessianOutputs(engine: KernelEngine, hessian: FactoredHessian, inOrder: boolean): [string, TensorData][] {
  const { columns, diagonal, at } = hessian;
  const order = inOrder ? hessian.order : undefined;
  const ordered = diagonal.map((_, index) => diagonal[order === undefined ? index : order[index]]);
  return [
    ['hessian_diag', floats32(ordered, [columns])],
    ['hinv_upper', floats32(new Float32Array(engine.floats(at, columns * columns)), [columns, columns])],
  ];
}
