import type { InputStatistics } from '../calibration/calibration';
import { clampGroups, searchAwqClipping, searchAwqScales } from '../awq/search';
import { awqGrid, type AwqArgs } from '../awq/pseudo-quantize';
import { factorForGptqModel, GPTQ_MODEL_DEFAULTS, quantizeGptqModel } from '../gptq/gptqmodel';
import type { KernelEngine } from '../kernels/engine';
import { roundTo } from '../rows/arithmetic';
import { castMatrix } from '../rows/cast';
import { groupColumns } from '../rows/grid';
import { quantizeMatrix } from '../rows/quantize-matrix';
import { runnerOf } from '../rows/runners';
import { kernelFor } from '../schemes/kernel-for';
import type { Recipe } from '../schemes/recipe';
import { columnAbsMax, scaleMatrix, smoothingScales } from '../smoothquant/smooth';
import type { Matrix } from '../tensor';

/** Linear layers that read one input. */
export interface LayerGroup {
  readonly layers: readonly { readonly name: string; readonly matrix: Matrix }[];
  /** Of their input; undefined without calibration. */
  readonly statistics?: InputStatistics;
  /** Can the operation before them take a factor for each channel? Of a norm and of a gated product: yes. */
  readonly scalable: boolean;
}

export interface QuantizedGroup {
  /** The layers as the scheme stores them, decoded again, in the order given. */
  readonly matrices: readonly Matrix[];
  /** What their input is divided by before it reaches them; undefined where it stays as it is. */
  readonly inputDivisors?: Float32Array;
}

/** SmoothQuant's migration strength: the paper's, and llm-compressor's default. */
const SMOOTHING_STRENGTH = 0.5;

/**
 * Quantizes the layers of a group as the scheme does with what calibration knows of their input. Without statistics, and for
 * schemes that use none, it is the weights alone.
 */
export function quantizeGroup(engine: KernelEngine, recipe: Recipe, group: LayerGroup): QuantizedGroup {
  const { statistics } = group;
  if (statistics === undefined || recipe.calibrated === undefined) return weightsAlone(engine, recipe, group);
  switch (recipe.calibrated) {
    case 'smoothquant':
      return smoothed(engine, recipe, group, statistics);
    case 'awq':
      return statistics.moments === undefined
        ? weightsAlone(engine, recipe, group)
        : activationAware(engine, recipe, group, statistics);
    case 'gptq':
      return statistics.moments === undefined
        ? weightsAlone(engine, recipe, group)
        : errorCompensated(engine, recipe, group, statistics);
  }
}

function weightsAlone(engine: KernelEngine, recipe: Recipe, { layers }: LayerGroup): QuantizedGroup {
  return { matrices: layers.map(({ name, matrix }) => roundTrip(engine, kernelFor(recipe, name), matrix)) };
}

/** A layer that the reference library refuses (a ragged last group) stays as it is. */
function roundTrip(engine: KernelEngine, kernel: Recipe['kernel'] | undefined, matrix: Matrix): Matrix {
  if (kernel === undefined) return matrix;
  const runner = runnerOf(kernel);
  return runner.refuses(kernel, matrix.columns) === undefined ? runner.roundTrip(engine, kernel, matrix) : matrix;
}

/**
 * SmoothQuant where a norm precedes the layers: its weight takes the factors. Elsewhere the layers are quantized as they are, as
 * llm-compressor's mappings leave them.
 */
function smoothed(
  engine: KernelEngine,
  recipe: Recipe,
  group: LayerGroup,
  statistics: InputStatistics,
): QuantizedGroup {
  if (!group.scalable || group.layers.length < 2) return weightsAlone(engine, recipe, group);
  const matrices = group.layers.map(({ matrix }) => matrix);
  const [{ dtype }] = matrices;
  const range = statistics.highest.map((highest, i) => roundTo(dtype, highest - statistics.lowest[i]));
  const factors = smoothingScales(dtype, range, columnAbsMax(engine, matrices), SMOOTHING_STRENGTH);
  return {
    matrices: matrices.map((matrix) =>
      roundTrip(engine, recipe.kernel, scaleMatrix(engine, matrix, factors, 'multiply')),
    ),
    inputDivisors: factors,
  };
}

/** AutoAWQ leaves these unclipped: attention scores take badly to it. */
const NOT_CLIPPED = /q_|k_|query|key|Wqkv/;

/**
 * AutoAWQ: factors that move error away from the channels that matter, then clipping. The input stays as it is here: the matrices
 * are given with the factors divided out again, which is what the product comes to.
 */
function activationAware(
  engine: KernelEngine,
  recipe: Recipe,
  group: LayerGroup,
  { moments, absMean, width }: InputStatistics,
): QuantizedGroup {
  const args = awqArgs(recipe);
  // AutoAWQ works in f16 whatever the checkpoint holds.
  const matrices = group.layers.map(({ matrix }) => castMatrix(engine, matrix, 'F16'));
  if (moments === undefined || runnerOf(recipe.kernel).refuses(recipe.kernel, width) !== undefined)
    return weightsAlone(engine, recipe, group);
  const factors = group.scalable
    ? searchAwqScales(engine, matrices, moments, absMean, args).scales
    : new Float32Array(width).fill(1);
  return {
    matrices: matrices.map((matrix, index) => {
      const scaled = scaleMatrix(engine, matrix, factors, 'multiply');
      const clipped = NOT_CLIPPED.test(group.layers[index].name)
        ? scaled
        : clipGroups(engine, scaled, moments, factors, args);
      const { dequantized } = quantizeMatrix(engine, clipped, awqGrid(args));
      return scaleMatrix(engine, castMatrix(engine, { ...matrix, data: dequantized }, 'F32'), factors, 'divide');
    }),
  };
}

function clipGroups(
  engine: KernelEngine,
  matrix: Matrix,
  moments: NonNullable<InputStatistics['moments']>,
  factors: Float32Array,
  args: AwqArgs,
): Matrix {
  const bounds = searchAwqClipping(engine, matrix, moments, factors, args);
  const groupSize = groupColumns(awqGrid(args).sharing, matrix.columns);
  return clampGroups(engine, matrix, bounds, groupSize);
}

function awqArgs({ scheme }: Recipe): AwqArgs {
  return { w_bit: scheme.weightBits, q_group_size: scheme.groupSize ?? -1, zero_point: true };
}

/** GPTQ: each column's error is made up for by those that come after it. */
function errorCompensated(
  engine: KernelEngine,
  recipe: Recipe,
  group: LayerGroup,
  { moments, width }: InputStatistics,
): QuantizedGroup {
  if (moments === undefined || runnerOf(recipe.kernel).refuses(recipe.kernel, width) !== undefined)
    return weightsAlone(engine, recipe, group);
  const { weightBits: bits, groupSize = -1, symmetric: sym } = recipe.scheme;
  const args = { ...GPTQ_MODEL_DEFAULTS, bits, group_size: groupSize, sym };
  const hessian = factorForGptqModel(engine, moments, args);
  return {
    matrices: group.layers.map(({ matrix }) => {
      const { dequantized } = quantizeGptqModel(engine, matrix, hessian, args);
      const data = new Uint8Array(dequantized.buffer, dequantized.byteOffset, dequantized.byteLength);
      return { ...matrix, dtype: 'F32', data };
    }),
  };
}
