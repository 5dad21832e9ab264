import { random } from '../monitor/random';
import { quantile } from './percentile';

/** One figure of two endpoints, compared. */
export interface FigureComparison {
  readonly figure: string;
  /** Median over the rounds of each. */
  readonly first: number;
  readonly second: number;
  /** `second ÷ first`, with its 95 % interval. */
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
  /** Adjusted for all figures that were compared. */
  readonly p: number;
  readonly significant: boolean;
}

/** Probability of calling any figure different when none is, over all that were compared. */
export const SIGNIFICANCE_LEVEL = 0.05;

const RESAMPLES = 2000;
const SEED = 20_260_101;
/** Beyond this many pairs signs are sampled instead of enumerated. */
const MOST_ENUMERATED = 14;
const SAMPLED_SIGNS = 20_000;

/** A figure's value in each round, of both endpoints: the rounds of one index ran one after the other. */
export interface PairedRounds {
  readonly figure: string;
  readonly first: readonly number[];
  readonly second: readonly number[];
}

/**
 * Tells which figures differ. The unit is a *round*, not a request: requests of one round share a batch and are not independent, and
 * thousands of them would find every tremor significant. Within a pair of rounds either endpoint may have gone first, so that under "no
 * difference" each log-ratio is as likely to have the other sign: an exact sign-flip test of their mean (Fisher 1935), two-sided,
 * adjusted over all figures by Holm 1979. Intervals are percentiles of a bootstrap over pairs.
 */
export function compareFigures(figures: readonly PairedRounds[]): readonly FigureComparison[] {
  const tested = figures.flatMap((rounds) => {
    const ratios = logRatios(rounds);
    if (ratios.length === 0) return [];
    return [{ rounds, ratios, p: signFlipTest(ratios) }];
  });
  const adjusted = holm(tested.map(({ p }) => p));
  return tested.map(({ rounds, ratios }, i) => {
    const [low, high] = bootstrapInterval(ratios);
    return {
      figure: rounds.figure,
      first: median(rounds.first),
      second: median(rounds.second),
      ratio: Math.exp(mean(ratios)),
      low: Math.exp(low),
      high: Math.exp(high),
      p: adjusted[i],
      significant: adjusted[i] <= SIGNIFICANCE_LEVEL,
    };
  });
}

function logRatios({ first, second }: PairedRounds): number[] {
  return first.flatMap((value, i) => (value > 0 && second[i] > 0 ? [Math.log(second[i] / value)] : []));
}

/** Share of the sign patterns whose mean is at least as far from 0. */
export function signFlipTest(values: readonly number[]): number {
  const observed = Math.abs(sum(values)) * (1 - 1e-12);
  if (values.length <= MOST_ENUMERATED) {
    let extreme = 0;
    for (let pattern = 0; pattern < 2 ** values.length; pattern++) {
      let total = 0;
      for (let i = 0; i < values.length; i++) total += (pattern >> i) & 1 ? values[i] : -values[i];
      if (Math.abs(total) >= observed) extreme++;
    }
    return extreme / 2 ** values.length;
  }
  const next = random(SEED);
  let extreme = 1;
  for (let sample = 0; sample < SAMPLED_SIGNS; sample++) {
    let total = 0;
    for (const value of values) total += next() < 0.5 ? value : -value;
    if (Math.abs(total) >= observed) extreme++;
  }
  return extreme / (SAMPLED_SIGNS + 1);
}

/** Holm's step-down adjustment, in the order given. */
export function holm(p: readonly number[]): readonly number[] {
  const order = p.map((_, i) => i).sort((a, b) => p[a] - p[b]);
  const adjusted = [...p];
  let largest = 0;
  order.forEach((index, rank) => {
    largest = Math.max(largest, Math.min(1, p[index] * (p.length - rank)));
    adjusted[index] = largest;
  });
  return adjusted;
}

function bootstrapInterval(values: readonly number[]): readonly [number, number] {
  const next = random(SEED);
  const means = Float64Array.from({ length: RESAMPLES }, () => {
    let total = 0;
    for (let i = 0; i < values.length; i++) total += values[Math.floor(next() * values.length)];
    return total / values.length;
  }).sort();
  return [quantile(means, 0.025), quantile(means, 0.975)];
}

/** Fewest pairs of rounds that can show a difference at all, when so many figures are compared: 2/2ⁿ is the smallest p. */
export function fewestPairs(figures: number): number {
  return Math.ceil(Math.log2((2 * figures) / SIGNIFICANCE_LEVEL));
}

function median(values: readonly number[]): number {
  return quantile(Float64Array.from(values).sort(), 0.5);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}
