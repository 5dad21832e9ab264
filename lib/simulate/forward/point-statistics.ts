import type { Arena } from '../kernels/arena';
import type { WasmMemory } from '../kernels/webassembly';
import type { ForwardKernels } from './module';

/** Statistics of the activations at one point: addresses of `[width]` f32 three times, f64, and `[width][width]` f64 or 0. */
export interface PointStatistics {
  readonly absmax: number;
  readonly lowest: number;
  readonly highest: number;
  readonly absSum: number;
  readonly gram: number;
}

/** Activations at one point of a block over the calibration text; arrays are as wide as the point. */
export interface ActivationStatistics {
  readonly absmax: Float32Array;
  /** Lowest and highest value, 0 included. */
  readonly lowest: Float32Array;
  readonly highest: Float32Array;
  readonly absMean: Float64Array;
  /** Σ x·xᵀ over the tokens, `[width][width]`. */
  readonly gram?: Float64Array;
  readonly tokens: number;
}

export function emptyStatistics(arena: Arena, width: number, gram: boolean): PointStatistics {
  const zeroed = (bytes: number) => arena.reserveZeroed(bytes);
  return {
    absmax: zeroed(4 * width),
    lowest: zeroed(4 * width),
    highest: zeroed(4 * width),
    absSum: zeroed(8 * width),
    gram: gram ? zeroed(8 * width * width) : 0,
  };
}

/** Adds `rows` × `width` activations at `x`. */
export function countActivations(
  kernels: ForwardKernels,
  arena: Arena,
  x: number,
  rows: number,
  width: number,
  { absmax, lowest, highest, absSum, gram }: PointStatistics,
): void {
  kernels.accumulateChannels(x, rows, width, absmax, lowest, highest, absSum);
  if (gram === 0) return;
  arena.scoped(() => {
    const scratch = arena.reserve(kernels.gramScratchBytes(rows, width) + kernels.gemmScratchBytes());
    kernels.accumulateGram(x, rows, width, gram, scratch);
  });
}

/** What is known of an input that no token reached. */
export function noStatistics(width: number, gram: boolean): ActivationStatistics {
  return {
    absmax: new Float32Array(width),
    lowest: new Float32Array(width),
    highest: new Float32Array(width),
    absMean: new Float64Array(width),
    gram: gram ? new Float64Array(width * width) : undefined,
    tokens: 0,
  };
}

/** What several threads counted, as one; copied out of the shared memory. */
export function joinStatistics(
  { buffer }: WasmMemory,
  shares: readonly PointStatistics[],
  width: number,
  tokens: number,
): ActivationStatistics {
  const singles = (key: 'absmax' | 'lowest' | 'highest') =>
    shares.map((share) => new Float32Array(buffer, share[key], width));
  const sums = (key: 'absSum' | 'gram', count: number) =>
    merge(
      shares.map((share) => new Float64Array(buffer, share[key], count)),
      (a, b) => a + b,
    );
  return {
    absmax: merge(singles('absmax'), Math.max),
    lowest: merge(singles('lowest'), Math.min),
    highest: merge(singles('highest'), Math.max),
    absMean: sums('absSum', width).map((value) => value / Math.max(tokens, 1)),
    gram: shares[0].gram === 0 ? undefined : sums('gram', width * width),
    tokens,
  };
}

function merge<Values extends Float32Array | Float64Array>(
  views: readonly Values[],
  combine: (a: number, b: number) => number,
): Values {
  const joined = views[0].slice() as Values;
  for (const view of views.slice(1)) for (let i = 0; i < joined.length; i++) joined[i] = combine(joined[i], view[i]);
  return joined;
}
