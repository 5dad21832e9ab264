import type { KernelEngine } from '../kernels/engine';
import { placeMoments, type InputMoments } from '../moments/moments';
import { power, roundTo } from '../rows/arithmetic';
import { DTYPE_NUMBERS, groupColumns } from '../rows/grid';
import { assertWholeGroups, quantizeMatrix } from '../rows/quantize-matrix';
import { scaleMatrix } from '../smoothquant/smooth';
import type { Matrix, WeightDtype } from '../tensor';
import { awqGrid, type AwqArgs } from './pseudo-quantize';

/** Exponents that the search tries: 0, 1/20 … 19/20. */
const GRID = 20;
/** AutoAWQ's guards against dividing by nothing. */
const WEIGHT_FLOOR = 1e-4;
const SCALE_FLOOR = 1e-4;

export interface AwqScaleSearch {
  /** One factor for each input channel: weights are multiplied by it, the operation before the layers divided. */
  readonly scales: Float32Array;
  /** Mean squared error of the layers' outputs for each exponent. */
  readonly losses: readonly number[];
  /** Place of the best exponent; −1 if no loss was finite, which leaves factors of 1. */
  readonly best: number;
}

/**
 * AutoAWQ's scale search (`_search_best_scale`) over the layers that read the same input.
 *
 * The loss is that of the layers' own outputs, computed from the second moments of their inputs. AutoAWQ looks at the output of
 * the attention or MLP block around them where it can; with a linear layer to inspect, both are the same.
 *
 * @param absMean mean |x| of each input channel
 * @param duoScaling divides by the weights' mean relative magnitude too
 */
export function searchAwqScales(
  engine: KernelEngine,
  layers: readonly Matrix[],
  moments: InputMoments,
  absMean: ArrayLike<number>,
  args: AwqArgs,
  duoScaling = true,
): AwqScaleSearch {
  const [{ columns, dtype }] = layers;
  const grid = awqGrid(args, dtype);
  assertWholeGroups(grid, columns);
  return engine.arena.scoped(() => {
    const { arena, kernels } = engine;
    const packed = arena.reserve(kernels.packedMomentsBytes(columns));
    arena.scoped(() => kernels.packMoments(placeMoments(engine, moments), columns, packed));
    const weightMean = relativeMagnitudes(engine, layers, groupColumns(grid.sharing, columns));
    const inputMean = Float64Array.from(absMean, (value) => roundTo(dtype, value));
    const outputs = layers.reduce((sum, layer) => sum + layer.rows, 0);

    const losses: number[] = [];
    let best = -1;
    let scales: Float32Array = new Float32Array(columns).fill(1);
    for (let step = 0; step < GRID; step++) {
      const candidate = candidateScales(dtype, inputMean, weightMean, step / GRID, duoScaling);
      let loss = 0;
      for (const layer of layers) loss += outputError(engine, layer, candidate, args, packed);
      losses.push(loss / outputs);
      if (losses[step] < (best < 0 ? Infinity : losses[best])) {
        best = step;
        scales = candidate;
      }
    }
    return { scales, losses, best };
  });
}

/** Mean over the rows of |w| relative to its group's largest, in the layers' type. */
function relativeMagnitudes(engine: KernelEngine, layers: readonly Matrix[], groupSize: number): Float64Array {
  const [{ columns, dtype }] = layers;
  return engine.arena.scoped(() => {
    const sums = engine.arena.reserveZeroed(columns * 8);
    let rows = 0;
    for (const layer of layers) {
      rows += layer.rows;
      engine.arena.scoped(() => {
        const at = engine.place(layer.data);
        engine.kernels.addRelativeMagnitudes(at, DTYPE_NUMBERS[dtype], layer.rows, columns, groupSize, sums);
      });
    }
    return Float64Array.from(engine.doubles(sums, columns), (sum) => roundTo(dtype, sum / rows));
  });
}

function candidateScales(
  dtype: WeightDtype,
  inputMean: Float64Array,
  weightMean: Float64Array,
  ratio: number,
  duoScaling: boolean,
): Float32Array {
  const floor = roundTo(dtype, SCALE_FLOOR);
  const raw = inputMean.map((mean, column) => {
    const activation = power(dtype, mean, ratio);
    if (!duoScaling) return Math.max(activation, floor);
    const weight = roundTo(dtype, power(dtype, weightMean[column], 1 - ratio) + Math.fround(WEIGHT_FLOOR));
    return Math.max(roundTo(dtype, activation / weight), floor);
  });
  const highest = raw.reduce((left, right) => Math.max(left, right));
  const lowest = raw.reduce((left, right) => Math.min(left, right));
  const centre = roundTo(dtype, Math.sqrt(roundTo(dtype, highest * lowest)));
  return Float32Array.from(raw, (value) => {
    const scale = roundTo(dtype, value / centre);
    return Number.isFinite(scale) ? scale : 1;
  });
}

/** Σ over output features of E[(x · (quantize(w·s)/s − w))²]. */
function outputError(engine: KernelEngine, layer: Matrix, scales: Float32Array, args: AwqArgs, packed: number): number {
  return engine.arena.scoped(() => {
    const { arena, kernels } = engine;
    const { rows, columns, dtype } = layer;
    const scaled = scaleMatrix(engine, layer, scales, 'multiply');
    const quantized = quantizeMatrix(engine, scaled, awqGrid(args, dtype));
    const back = scaleMatrix(engine, { ...scaled, data: quantized.dequantized }, scales, 'divide');
    const errors = arena.reserve(rows * columns * 4);
    const left = engine.place(back.data);
    kernels.differences(left, engine.place(layer.data), DTYPE_NUMBERS[dtype], rows * columns, errors);
    const scratch = arena.reserve(kernels.quadraticScratchBytes(columns));
    return kernels.quadraticForm(errors, rows, columns, packed, scratch);
  });
}

/**
 * AutoAWQ's clip search (`_compute_best_clip`): for each group of each row the bound, from the largest |w| down to 0.55 of it,
 * that gives the least squared error of the group's own output.
 *
 * @param layer weights, already multiplied by `scales`
 * @param scales the factors of the scale search: its inputs are divided by them
 * @returns bounds `[rows, groups]`
 */
export function searchAwqClipping(
  engine: KernelEngine,
  layer: Matrix,
  moments: InputMoments,
  scales: Float32Array,
  args: AwqArgs,
): Float32Array {
  return engine.arena.scoped(() => {
    const { arena, kernels } = engine;
    const { rows, columns, dtype } = layer;
    const groupSize = groupColumns(awqGrid(args, dtype).sharing, columns);
    const count = rows * (columns / groupSize);
    const second = placeMoments(engine, moments, scales);
    const bounds = arena.reserve(count * 4);
    const weights = engine.place(layer.data);
    const scratch = arena.reserve(groupSize * 12);
    kernels.searchClipping(
      weights,
      DTYPE_NUMBERS[dtype],
      rows,
      columns,
      groupSize,
      args.w_bit,
      second,
      bounds,
      scratch,
    );
    return new Float32Array(engine.floats(bounds, count));
  });
}

/** The weights of each group clamped to ± its bound. */
export function clampGroups(engine: KernelEngine, layer: Matrix, bounds: Float32Array, groupSize: number): Matrix {
  return engine.arena.scoped(() => {
    const at = engine.place(layer.data);
    const { rows, columns, dtype } = layer;
    engine.kernels.clampGroups(at, DTYPE_NUMBERS[dtype], rows, columns, groupSize, engine.place(bounds));
    return { ...layer, data: engine.copy(at, layer.data.byteLength) };
  });
}
