import type { KernelEngine } from '../kernels/engine';
import type { InputMoments } from '../moments/moments';
import { castMatrix } from '../rows/cast';
import { encodeFloats, decodeFloats } from '../rows/encode';
import { roundToEven } from '../rows/arithmetic';
import { assertWholeGroups } from '../rows/quantize-matrix';
import type { Matrix, NamedTensors, TensorData } from '../tensor';
import { gptqGrid, type GptqGridArgs } from './grid';
import { byActivation, byActivationWithinGroups, factorHessian, type FactoredHessian } from './hessian';
import { packGptqWeights, packGptqZeros } from './pack';
import { groupsInPlace, roundByHessian, type GptqRows } from './round';

/** gptqmodel's `QuantizeConfig`, as far as values depend on it. */
export interface GptqModelArgs extends GptqGridArgs {
  /** Rounds columns by falling activation, groups running in that order. */
  readonly desc_act: boolean;
  /** With `desc_act`: groups run in the order of the weights, and scales are taken beforehand. */
  readonly static_groups?: boolean;
  /** Rounds groups, and columns within a group, by falling activation. */
  readonly act_group_aware?: boolean;
  readonly damp_percent: number;
  /** Added to `damp_percent` until the Hessian can be inverted. Default 0.01. */
  readonly damp_auto_increment?: number;
}

/** gptqmodel 7.7's defaults. */
export const GPTQ_MODEL_DEFAULTS: GptqModelArgs = {
  bits: 4,
  group_size: 128,
  sym: true,
  desc_act: false,
  act_group_aware: true,
  damp_percent: 0.05,
};

/** The Hessian of a layer, factored as these settings ask. */
export function factorForGptqModel(engine: KernelEngine, moments: InputMoments, args: GptqModelArgs): FactoredHessian {
  const damping = { percent: args.damp_percent, increment: args.damp_auto_increment ?? 0.01 };
  return factorHessian(engine, moments, 2, damping, orderOf(args));
}

function orderOf(args: GptqModelArgs): ((diagonal: Float32Array) => Uint32Array) | undefined {
  if (args.desc_act) return byActivation;
  return reordersGroups(args) ? byActivationWithinGroups(args.group_size) : undefined;
}

function reordersGroups(args: GptqModelArgs): boolean {
  return !args.desc_act && args.act_group_aware === true && args.group_size > 0;
}

/** Rounds rows of a layer as `gptqmodel/quantization/gptq.py` does. */
export function quantizeGptqModel(
  engine: KernelEngine,
  matrix: Matrix,
  hessian: FactoredHessian,
  args: GptqModelArgs,
): GptqRows {
  const grid = gptqGrid(args);
  assertWholeGroups(grid, matrix.columns);
  const result = roundByHessian(engine, matrix, hessian, grid, args.static_groups === true ? 'static' : 'dynamic');
  return reordersGroups(args) ? groupsInPlace(result, hessian, args.group_size) : result;
}

/**
 * The tensors of a GPTQ checkpoint: `qweight`, `qzeros`, `scales` (F16), `g_idx`.
 *
 * @param dtype the checkpoint's own type: the library keeps the quantized weights in it, and derives the codes from that
 * @param version how zero points are stored: 1 for `checkpoint_format: gptq`, 2 for `gptq_v2`
 */
export function packGptq(
  engine: KernelEngine,
  quantized: GptqRows,
  dtype: Matrix['dtype'],
  bits: number,
  version: 1 | 2,
): NamedTensors {
  const { rows, columns, groups } = quantized;
  const turned = new Float32Array(groups * rows);
  for (let row = 0; row < rows; row++)
    for (let group = 0; group < groups; group++) turned[group * rows + row] = quantized.scales[row * groups + group];
  return new Map<string, TensorData>([
    ['qweight', packGptqWeights(storedCodes(engine, quantized, dtype, bits), rows, columns, bits)],
    ['qzeros', packGptqZeros(quantized.zeroPoints, rows, groups, bits, version)],
    ['scales', encodeFloats(engine, turned, 'F16', [groups, rows])],
    ['g_idx', { dtype: 'I32', shape: [columns], data: new Uint8Array(quantized.groupOf.buffer) }],
  ]);
}

/** round((w + scale · zero) / scale) of the weights as the checkpoint's type holds them. */
function storedCodes(engine: KernelEngine, quantized: GptqRows, dtype: Matrix['dtype'], bits: number): Uint8Array {
  if (dtype === 'F32') return quantized.codes;
  const { rows, columns, groups, scales, zeroPoints, groupOf, dequantized } = quantized;
  const data = new Uint8Array(dequantized.buffer, dequantized.byteOffset, dequantized.byteLength);
  const held = castMatrix(engine, { dtype: 'F32', rows, columns, data }, dtype);
  const values = decodeFloats(engine, held.data, dtype);
  const highest = 2 ** bits - 1;
  const codes = new Uint8Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const group = row * groups + groupOf[column];
      const scale = scales[group];
      const sum = Math.fround(values[row * columns + column] + Math.fround(scale * zeroPoints[group]));
      codes[row * columns + column] = Math.min(Math.max(roundToEven(Math.fround(sum / scale)), 0), highest);
    }
  }
  return codes;
}
