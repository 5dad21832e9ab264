import { SimulationError } from '../../errors';
import type { KernelEngine } from '../kernels/engine';
import type { InputMoments } from '../moments/moments';

/** An inverted Hessian in the kernels' memory, ready to round weights by. */
export interface FactoredHessian {
  /** f32 `[columns, columns]`, upper triangular: its transpose times it is the damped Hessian's inverse. */
  readonly at: number;
  readonly columns: number;
  /** Column of the weights that is rounded first, second…; undefined for their own order. */
  readonly order?: Uint32Array;
  /** Columns that no input ever reached: their weights are set to zero. */
  readonly dead: readonly number[];
  /** Diagonal of the Hessian before damping, in the order of the weights; 1 for dead columns. */
  readonly diagonal: Float32Array;
  /** The damping that was needed. */
  readonly dampPercent: number;
  /** False: the Hessian could not be inverted and stands as the identity, which makes GPTQ round to nearest. */
  readonly inverted: boolean;
}

export interface DampingRule {
  /** Added to the diagonal, as a share of its mean. */
  readonly percent: number;
  /** Added to `percent` until the Hessian can be inverted; without it the identity stands in at once. */
  readonly increment?: number;
}

/**
 * Factors the Hessian of a layer into the kernels' memory, where it stays until the arena is released.
 *
 * @param scale what E[x·xᵀ] is multiplied by: 2 in gptqmodel, 2 · tokens / sequences in llm-compressor. Damping is relative: only
 *   reported losses depend on it
 * @param order see `FactoredHessian.order`
 */
export function factorHessian(
  engine: KernelEngine,
  moments: InputMoments,
  scale: number,
  damping: DampingRule,
  order?: (diagonal: Float32Array) => Uint32Array,
): FactoredHessian {
  const { width, second } = moments;
  const diagonal = new Float32Array(width);
  const dead: number[] = [];
  for (let i = 0; i < width; i++) {
    diagonal[i] = second[i * width + i] * scale;
    if (Number.isNaN(diagonal[i])) throw notFinite(i);
    if (diagonal[i] === 0) {
      diagonal[i] = 1;
      dead.push(i);
    }
  }
  const mean = diagonal.reduce((sum, value) => sum + value, 0) / width;
  const permutation = order?.(diagonal);
  const at = engine.arena.reserve(width * width * 4);

  const attempt = (percent: number): boolean =>
    engine.arena.scoped(() => {
      const matrix = engine.floats(at, width * width);
      for (let row = 0; row < width; row++) {
        const from = (permutation === undefined ? row : permutation[row]) * width;
        for (let column = 0; column < width; column++) {
          matrix[row * width + column] =
            second[from + (permutation === undefined ? column : permutation[column])] * scale;
        }
        matrix[row * width + row] = diagonal[from / width] + Math.fround(percent * mean);
      }
      return (
        engine.kernels.invertHessian(at, width, engine.arena.reserve(engine.kernels.gptqScratchBytes(width))) !== 0
      );
    });

  let percent = damping.percent;
  let inverted = attempt(percent);
  while (!inverted && damping.increment !== undefined && percent + damping.increment < 1) {
    percent += damping.increment;
    inverted = attempt(percent);
  }
  if (!inverted) {
    const matrix = engine.floats(at, width * width).fill(0);
    for (let i = 0; i < width; i++) matrix[i * width + i] = 1;
  }
  return { at, columns: width, order: permutation, dead, diagonal, dampPercent: percent, inverted };
}

/** Columns by falling diagonal: the inputs that matter most are rounded first. Equal ones keep their order. */
export function byActivation(diagonal: Float32Array): Uint32Array {
  return Uint32Array.from(diagonal.keys()).sort((left, right) => diagonal[right] - diagonal[left] || left - right);
}

/** Groups by their largest diagonal, and columns by theirs within a group, so that groups stay whole: gptqmodel's `act_group_aware`. */
export function byActivationWithinGroups(groupSize: number): (diagonal: Float32Array) => Uint32Array {
  return (diagonal) => {
    const columns = byActivation(diagonal);
    const groups = groupOrder(diagonal, groupSize);
    const order = new Uint32Array(diagonal.length);
    let at = 0;
    for (const group of groups)
      for (const column of columns) if (Math.floor(column / groupSize) === group) order[at++] = column;
    return order;
  };
}

/** Groups by their largest diagonal, falling. */
export function groupOrder(diagonal: Float32Array, groupSize: number): number[] {
  const peaks: number[] = [];
  for (let first = 0; first < diagonal.length; first += groupSize)
    peaks.push(Math.max(...diagonal.subarray(first, first + groupSize)));
  return [...peaks.keys()].sort((left, right) => peaks[right] - peaks[left] || left - right);
}

function notFinite(channel: number): SimulationError {
  return new SimulationError('CALIBRATION_NOT_FINITE', `the calibration of input channel ${channel} is not a number`, {
    got: 'NaN in the second moments of a layer',
    allowed: 'finite values',
    fix: 'calibrate again: a NaN in the weights or an overflow spread through the activations',
  });
}
