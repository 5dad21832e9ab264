import { QuantizedEndpointsError } from '../../errors';
import { nearestNames } from '../../text/nearest';
import { show } from '../../text/show';
import { FEATURE_NAMES, type FeatureName } from './features';

/** A weights file, or what a construct hands over of it, that cannot be used. */
export class WeightsError extends QuantizedEndpointsError {}

/**
 * One step between two tiers: a logistic regression of what the larger tiers would gain.
 *
 * `score = 1 / (1 + exp(-(bias + Σ weight × feature)))` is (1 + expected gain) / 2, the gain being the difference of two
 * qualities between 0 and 1: 0.5 says that the larger tier would not do better.
 */
export interface Boundary {
  readonly bias: number;
  readonly weights: Readonly<Partial<Record<FeatureName, number>>>;
  /** From this score on the larger tier is asked. */
  readonly threshold: number;
}

/** A boundary as a file holds it. */
export interface FileBoundary extends Boundary {
  /** Percentiles 0 to 100 of the scores of examples that the fit did not see: from them follow thresholds of shares. */
  readonly quantiles: readonly number[];
}

/** Where weights come from, and how good they were found to be. */
export interface Provenance {
  /** What the examples are. */
  readonly source: string;
  readonly examples: number;
  /** The models that answered, smallest first. */
  readonly tiers: readonly string[];
  readonly date: string;
  /** SHA-256 of the examples' file. */
  readonly digest?: string;
  readonly folds: number;
  /** Area under the curve, of examples that the fit did not see, for each boundary. */
  readonly auc: readonly number[];
}

/** `tier-weights.json`, written by `qe route calibrate`. */
export interface WeightsFile {
  readonly schema: 1;
  readonly boundaries: readonly FileBoundary[];
  readonly provenance: Provenance;
}

/** @throws {WeightsError} of anything that is not a weights file */
export function parseWeights(value: unknown, path?: string): WeightsFile {
  const file = record(value, 'the file', path);
  if (file.schema !== 1) throw bad('schema', show(file.schema), '1', path);
  if (!Array.isArray(file.boundaries) || file.boundaries.length === 0)
    throw bad('boundaries', show(file.boundaries), 'a list with one entry for each step between two tiers', path);
  const boundaries = file.boundaries.map((given: unknown, index): FileBoundary => {
    const at = `boundaries[${index}]`;
    const boundary = record(given, at, path);
    const weights = record(boundary.weights, `${at}.weights`, path);
    for (const [name, weight] of Object.entries(weights)) {
      if (!FEATURE_NAMES.includes(name as FeatureName)) {
        const [near] = nearestNames(name, FEATURE_NAMES);
        throw bad(`${at}.weights`, show(name), near === undefined ? FEATURE_NAMES.join(', ') : `such as ${near}`, path);
      }
      finite(weight, `${at}.weights.${name}`, path);
    }
    const { quantiles } = boundary;
    if (
      !Array.isArray(quantiles) ||
      quantiles.length !== 101 ||
      !quantiles.every((entry, i) => typeof entry === 'number' && (i === 0 || entry >= quantiles[i - 1]))
    )
      throw bad(`${at}.quantiles`, show(quantiles), '101 rising numbers', path);
    return {
      bias: finite(boundary.bias, `${at}.bias`, path),
      weights: weights as FileBoundary['weights'],
      threshold: finite(boundary.threshold, `${at}.threshold`, path),
      quantiles: quantiles as number[],
    };
  });
  return { schema: 1, boundaries, provenance: record(file.provenance, 'provenance', path) as unknown as Provenance };
}

/**
 * Boundaries for a number of tiers and the share of the requests that each is meant to get.
 *
 * Weights of a single boundary serve any number of tiers, one threshold for each step; otherwise there must be one
 * boundary for each step.
 *
 * @param shares of the tiers, smallest first, sum 1; without them the thresholds of the file hold
 * @throws {WeightsError} where the number of boundaries does not fit the tiers
 */
export function boundariesFor(
  { boundaries }: WeightsFile,
  tiers: number,
  shares: readonly number[] | undefined,
): Boundary[] {
  const steps = tiers - 1;
  if (boundaries.length !== 1 && boundaries.length !== steps)
    throw new WeightsError('TIER_WEIGHTS_MISMATCH', 'the weights are of another number of tiers', {
      got: `weights for ${boundaries.length + 1} tiers`,
      allowed: `weights for ${tiers} tiers, or for two`,
      fix: 'run `qe route calibrate` with examples of these tiers',
    });
  const wanted = shares ?? (boundaries.length === steps ? undefined : defaultShares(tiers));
  let below = 0;
  return Array.from({ length: steps }, (_, step) => {
    const { bias, weights, threshold, quantiles } = boundaries[boundaries.length === 1 ? 0 : step];
    if (wanted === undefined) return { bias, weights, threshold };
    below += wanted[step];
    return { bias, weights, threshold: below >= 1 ? 1.1 : quantile(quantiles, below) };
  });
}

/** Share of each tier where nobody says: four of five requests stay, at each step. */
export function defaultShares(tiers: number): number[] {
  const shares = Array.from({ length: tiers }, (_, tier) => 0.8 * 0.2 ** tier);
  shares[tiers - 1] = 0.2 ** (tiers - 1);
  return shares;
}

/** The score below which a share of the examples lies, between the percentiles on a straight line. */
export function quantile(quantiles: readonly number[], share: number): number {
  const at = Math.min(1, Math.max(0, share)) * (quantiles.length - 1);
  const low = Math.floor(at);
  const high = Math.min(quantiles.length - 1, low + 1);
  return quantiles[low] + (quantiles[high] - quantiles[low]) * (at - low);
}

function record(value: unknown, where: string, path: string | undefined): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw bad(where, show(value), 'an object', path);
}

function finite(value: unknown, where: string, path: string | undefined): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw bad(where, show(value), 'a finite number', path);
}

function bad(where: string, got: string, allowed: string, path: string | undefined): WeightsError {
  return new WeightsError('TIER_WEIGHTS_INVALID', `${where} of the weights is not as it must be`, {
    got,
    allowed,
    fix: 'use a file that `qe route calibrate` wrote',
    path,
  });
}
