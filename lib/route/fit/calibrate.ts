import { SpecError } from '../../errors';
import type { WeightsFile } from '../classify/weights';
import { fitBoundary, namedWeights, type FittedBoundary } from './cross-validate';
import type { Examples } from './examples';

/** What a calibration aims at: one of the three. */
export interface CalibrationTarget {
  /** Share of the requests that each step hands to larger tiers, 0 to 1. */
  readonly qualityShare?: number;
  /** Mean quality to reach at the least cost. */
  readonly quality?: number;
  /** Mean cost of a request not to exceed, in the unit of the examples' costs. */
  readonly cost?: number;
}

export interface CalibrationOptions extends CalibrationTarget {
  readonly folds: number;
  readonly seed: number;
  /** Cost of an answer of each tier, where the examples have none. */
  readonly tierCosts?: readonly number[];
}

/** One way to set the thresholds, by examples that the fit had not seen. */
export interface Setting {
  /** Share that each step hands on. */
  readonly share: number;
  readonly thresholds: readonly number[];
  /** Share of the requests of each tier. */
  readonly tierShares: readonly number[];
  /** Mean quality and its standard error. */
  readonly quality: number;
  readonly qualityError: number;
  readonly cost: number;
  /** Mean quality if the same shares were drawn by lot. */
  readonly lotQuality: number;
}

/** What a calibration found. */
export interface Calibration {
  readonly tiers: readonly string[];
  readonly examples: number;
  /** Mean quality and cost of each tier alone. */
  readonly alone: readonly { readonly quality: number; readonly cost: number }[];
  /** Mean quality if every request went to the smallest tier that answers it best: what no classifier can exceed. */
  readonly best: { readonly quality: number; readonly cost: number };
  readonly boundaries: readonly (FittedBoundary & { readonly threshold: number })[];
  readonly curve: readonly Setting[];
  readonly chosen: Setting;
}

const STEPS = 50;

/**
 * Fits one boundary for each step between tiers and chooses the thresholds. All figures are of examples in folds that
 * the fit had not seen.
 *
 * @throws {SpecError} of a target that no setting reaches
 */
export function calibrate({ tiers, examples }: Examples, options: CalibrationOptions): Calibration {
  const costs = examples.map(({ cost }) => cost ?? options.tierCosts ?? tiers.map((_, tier) => tier));
  const fitted = tiers.slice(1).map((_, step) => fitBoundary(examples, step, options.folds, options.seed));
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const alone = tiers.map((_, tier) => ({
    quality: mean(examples.map(({ quality }) => quality[tier])),
    cost: mean(costs.map((cost) => cost[tier])),
  }));

  const setting = (share: number): Setting => {
    const tierOf = new Array<number>(examples.length).fill(0);
    let reaching = examples.map((_, i) => i);
    const thresholds = fitted.map(({ unseen }, step) => {
      const scores = reaching.map((i) => unseen[i]).sort((left, right) => left - right);
      const threshold = thresholdFor(scores, share);
      reaching = reaching.filter((i) => unseen[i] >= threshold);
      for (const i of reaching) tierOf[i] = step + 1;
      return threshold;
    });
    const qualities = examples.map(({ quality }, i) => quality[tierOf[i]]);
    const quality = mean(qualities);
    const variance = mean(qualities.map((value) => (value - quality) ** 2));
    const tierShares = tiers.map((_, tier) => tierOf.filter((chosen) => chosen === tier).length / examples.length);
    return {
      share,
      thresholds,
      tierShares,
      quality,
      qualityError: Math.sqrt(variance / examples.length),
      cost: mean(costs.map((cost, i) => cost[tierOf[i]])),
      lotQuality: tierShares.reduce((sum, part, tier) => sum + part * alone[tier].quality, 0),
    };
  };

  const curve = Array.from({ length: STEPS + 1 }, (_, i) => setting(i / STEPS));
  const chosen = choose(curve, setting, options);
  const bestTiers = examples.map(({ quality }) => quality.indexOf(Math.max(...quality)));
  return {
    tiers,
    examples: examples.length,
    alone,
    best: {
      quality: mean(examples.map(({ quality }, i) => quality[bestTiers[i]])),
      cost: mean(costs.map((cost, i) => cost[bestTiers[i]])),
    },
    boundaries: fitted.map((boundary, step) => ({ ...boundary, threshold: chosen.thresholds[step] })),
    curve,
    chosen,
  };
}

/** The score from which on at most the given share of rising scores lies: equal scores are handed on together, or not. */
function thresholdFor(scores: readonly number[], share: number): number {
  let first = scores.length - Math.round(share * scores.length);
  if (first === 0) return 0;
  while (first < scores.length && scores[first] === scores[first - 1]) first++;
  return first === scores.length ? 1.1 : (scores[first - 1] + scores[first]) / 2;
}

function choose(
  curve: readonly Setting[],
  setting: (share: number) => Setting,
  { qualityShare, quality, cost }: CalibrationTarget,
): Setting {
  if (quality !== undefined) {
    const reaching = curve.filter((candidate) => candidate.quality >= quality);
    if (reaching.length === 0)
      throw unreachable('quality', quality, `at most ${Math.max(...curve.map((entry) => entry.quality)).toFixed(4)}`);
    return reaching.reduce((left, right) => (right.cost < left.cost ? right : left));
  }
  if (cost !== undefined) {
    const within = curve.filter((candidate) => candidate.cost <= cost);
    if (within.length === 0)
      throw unreachable('cost', cost, `at least ${Math.min(...curve.map((entry) => entry.cost)).toPrecision(4)}`);
    return within.reduce((left, right) => (right.quality > left.quality ? right : left));
  }
  return setting(qualityShare ?? 0.2);
}

function unreachable(what: string, target: number, allowed: string): SpecError {
  return new SpecError('ROUTE_TARGET_UNREACHABLE', `no setting of the thresholds reaches this ${what}`, {
    got: String(target),
    allowed,
    fix: `aim at a ${what} within that, or add a tier`,
  });
}

/** How much of what the largest tier gains over the smallest a setting keeps: 1 is all of it. */
export function gapRecovered({ alone }: Calibration, { quality }: Setting): number | null {
  const [small, large] = [alone[0].quality, alone[alone.length - 1].quality];
  return large === small ? null : (quality - small) / (large - small);
}

/** The calibration as the file that a construct reads. */
export function toWeightsFile(
  { tiers, boundaries, examples }: Calibration,
  provenance: { readonly source: string; readonly date: string; readonly digest: string; readonly folds: number },
): WeightsFile {
  return {
    schema: 1,
    boundaries: boundaries.map(({ model, threshold, unseen }) => {
      const scores = [...unseen].sort((left, right) => left - right);
      return {
        bias: Number(model.bias.toFixed(4)),
        weights: namedWeights(model),
        threshold: Number(threshold.toFixed(4)),
        quantiles: Array.from({ length: 101 }, (_, percent) =>
          Number(scores[Math.round((percent / 100) * (scores.length - 1))].toFixed(4)),
        ),
      };
    }),
    provenance: {
      ...provenance,
      examples,
      tiers,
      auc: boundaries.map(({ auc }) => (auc === null ? 0.5 : Number(auc.toFixed(3)))),
    },
  };
}
