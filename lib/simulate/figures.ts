/** f64 fields of the kernels' figures, in order: kernels/job.ts. */
export const FIGURE_FIELDS = 8;

/** Sums over weights w, their quantized values v and errors e = w − v, as the kernels keep them. Additive over pieces. */
export interface FigureSums {
  /** Σw². */
  signal: number;
  /** Σe². */
  noise: number;
  /** Σw·e. */
  cross: number;
  /** max |e|. */
  maxError: number;
  /** Values that lie beyond the grid's ends by more than half a step. */
  clipped: number;
  /** Values other than zero that became zero. */
  zeroed: number;
  /** NaN and infinities; they count in no other figure but `values`. */
  nonfinite: number;
  values: number;
}

/** How far quantized weights are from the weights. */
export interface ErrorFigures {
  /** Mean of e². */
  readonly meanSquaredError: number;
  /** √(Σe² / Σw²). */
  readonly relativeError: number;
  /** 10·log10(Σw² / Σe²) in dB; Infinity for no error at all. */
  readonly sqnrDb: number;
  readonly maxAbsError: number;
  /** Σw·v / √(Σw² · Σv²). */
  readonly cosine: number;
  /** Share of values beyond the grid by more than half a step. */
  readonly clipped: number;
  /** Share of values other than zero that became zero. */
  readonly zeroed: number;
  /** NaN and infinities among the weights. */
  readonly nonfinite: number;
}

export function emptySums(): FigureSums {
  return { signal: 0, noise: 0, cross: 0, maxError: 0, clipped: 0, zeroed: 0, nonfinite: 0, values: 0 };
}

/** Reads what a kernel wrote. */
export function sumsFrom(fields: ArrayLike<number>): FigureSums {
  const [signal, noise, cross, maxError, clipped, zeroed, nonfinite, values] = Array.from(fields);
  return { signal, noise, cross, maxError, clipped, zeroed, nonfinite, values };
}

/** Adds `part` to `total`. */
export function addSums(total: FigureSums, part: FigureSums): void {
  total.signal += part.signal;
  total.noise += part.noise;
  total.cross += part.cross;
  total.maxError = Math.max(total.maxError, part.maxError);
  total.clipped += part.clipped;
  total.zeroed += part.zeroed;
  total.nonfinite += part.nonfinite;
  total.values += part.values;
}

export function figuresOf(sums: FigureSums): ErrorFigures {
  const finite = Math.max(sums.values - sums.nonfinite, 1);
  const quantizedPower = sums.signal - 2 * sums.cross + sums.noise;
  const norm = Math.sqrt(sums.signal * Math.max(quantizedPower, 0));
  return {
    meanSquaredError: sums.noise / finite,
    relativeError: sums.signal > 0 ? Math.sqrt(sums.noise / sums.signal) : 0,
    sqnrDb: sums.noise > 0 ? 10 * Math.log10(sums.signal / sums.noise) : Infinity,
    maxAbsError: sums.maxError,
    cosine: norm > 0 ? Math.min((sums.signal - sums.cross) / norm, 1) : 1,
    clipped: sums.clipped / finite,
    zeroed: sums.zeroed / finite,
    nonfinite: sums.nonfinite,
  };
}

/** A column is an outlier when its RMS is this many times above or below the median column's: three bits of a shared scale. */
const OUTLIER_RATIO = 8;

/**
 * Input columns whose weights are far larger or smaller than the other columns': they set the scale for the others, or
 * drown in it. All-zero columns are not counted.
 *
 * @param energy sum of squares of each column
 */
export function outlierColumns(energy: ArrayLike<number>): number[] {
  const live = Array.from(energy)
    .filter((value) => value > 0)
    .sort((left, right) => left - right);
  if (live.length === 0) return [];
  const median = live[live.length >> 1];
  const limit = OUTLIER_RATIO * OUTLIER_RATIO;
  const outliers: number[] = [];
  for (let column = 0; column < energy.length; column++) {
    const value = energy[column];
    if (value > 0 && (value > median * limit || value * limit < median)) outliers.push(column);
  }
  return outliers;
}
