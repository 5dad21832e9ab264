import { FEATURE_NAMES, FEATURES, featuresOf, type FeatureName, type Features, type Turn } from './features';
import type { Boundary } from './weights';

/** What one feature did to a score, in logits: above 0 towards the larger tier. */
export interface Contribution {
  readonly feature: FeatureName;
  readonly value: number;
  readonly contribution: number;
}

/** Why a turn goes to a tier. */
export interface Decision {
  /** Index of the tier, 0 the smallest. */
  readonly tier: number;
  /** Score of the boundary that decided, 0 to 1, and its threshold. */
  readonly score: number;
  readonly threshold: number;
  /** What moved the score most, most first. */
  readonly because: readonly Contribution[];
}

const CONTRIBUTIONS_TOLD = 5;

/** The smallest tier above which nothing promises a gain. */
export function decide(turn: Turn, boundaries: readonly Boundary[]): Decision {
  const features = featuresOf(turn);
  for (const [step, boundary] of boundaries.entries()) {
    const score = scoreOf(features, boundary);
    if (score < boundary.threshold) return decision(step, score, boundary, features);
  }
  const last = boundaries[boundaries.length - 1];
  return decision(boundaries.length, scoreOf(features, last), last, features);
}

/** The score of features at a boundary, 0 to 1. */
export function scoreOf(features: Features, { bias, weights }: Pick<Boundary, 'bias' | 'weights'>): number {
  let logit = bias;
  for (const name of FEATURE_NAMES) logit += (weights[name] ?? 0) * features[name];
  return 1 / (1 + Math.exp(-logit));
}

function decision(tier: number, score: number, { threshold, weights }: Boundary, features: Features): Decision {
  const because = FEATURE_NAMES.map((feature) => ({
    feature,
    value: features[feature],
    contribution: (weights[feature] ?? 0) * features[feature],
  }))
    .filter(({ contribution }) => contribution !== 0)
    .sort((left, right) => Math.abs(right.contribution) - Math.abs(left.contribution))
    .slice(0, CONTRIBUTIONS_TOLD);
  return { tier, score, threshold, because };
}

/** A decision in one line, without a word of the prompt. */
export function explain({ score, threshold, because }: Decision): string {
  const groups = because
    .slice(0, 3)
    .map(({ feature, contribution }) => `${feature} ${contribution > 0 ? '+' : ''}${contribution.toFixed(2)}`);
  const relation = score < threshold ? '<' : '>=';
  return `score ${score.toFixed(3)} ${relation} ${threshold.toFixed(3)}${groups.length === 0 ? '' : `: ${groups.join(', ')}`}`;
}

/** What a feature speaks of, in words. */
export function inWords(feature: FeatureName): string {
  return FEATURES[feature].says;
}
