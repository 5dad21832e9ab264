import { FEATURE_NAMES } from '../classify/features';
import type { Example } from './examples';
import { fitLogistic, type LinearModel } from './logistic';
import { randomFrom, shuffled } from './random';

/** Penalties that are tried; the one whose predictions for unseen examples are best is taken. */
const PENALTIES = [0.3, 1, 3, 10, 30, 100];

/** A boundary as it was fitted, and what it says of examples that it had not seen. */
export interface FittedBoundary {
  readonly model: LinearModel;
  readonly penalty: number;
  /** Score of each example, by a model that was fitted without the example's fold. */
  readonly unseen: readonly number[];
  /** Area under the curve of the unseen scores: how well they tell examples in which a larger tier does better. */
  readonly auc: number | null;
}

/**
 * Fits the step above tier `step`: how much the best larger tier gains.
 *
 * The target is (1 + gain) / 2, gains being differences of qualities: ranking by the score is ranking by the expected
 * gain, which is what a limited share of a larger tier is best spent by.
 */
export function fitBoundary(examples: readonly Example[], step: number, folds: number, seed: number): FittedBoundary {
  const rows = examples.map(({ features }) => features);
  const gains = examples.map(({ quality }) => Math.max(...quality.slice(step + 1)) - quality[step]);
  const targets = gains.map((gain) => (1 + gain) / 2);
  const foldOf = foldsOf(examples.length, folds, seed);
  const tried = PENALTIES.map((penalty) => {
    const unseen = unseenScores(rows, targets, foldOf, folds, penalty);
    return { penalty, unseen, loss: logLoss(unseen, targets) };
  });
  const best = tried.reduce((left, right) => (right.loss < left.loss ? right : left));
  return {
    model: fitLogistic(rows, targets, ones(rows.length), best.penalty),
    penalty: best.penalty,
    unseen: best.unseen,
    auc: areaUnderCurve(
      best.unseen,
      gains.map((gain) => gain > 0),
    ),
  };
}

function unseenScores(
  rows: readonly (readonly number[])[],
  targets: readonly number[],
  foldOf: readonly number[],
  folds: number,
  penalty: number,
): number[] {
  const scores = new Array<number>(rows.length);
  for (let fold = 0; fold < folds; fold++) {
    const seen = foldOf.flatMap((other, i) => (other === fold ? [] : [i]));
    const model = fitLogistic(
      seen.map((i) => rows[i]),
      seen.map((i) => targets[i]),
      ones(seen.length),
      penalty,
    );
    foldOf.forEach((other, i) => {
      if (other === fold) scores[i] = predict(model, rows[i]);
    });
  }
  return scores;
}

/** The score of a row, 0 to 1. */
export function predict({ bias, weights }: LinearModel, row: readonly number[]): number {
  return 1 / (1 + Math.exp(-row.reduce((sum, value, i) => sum + weights[i] * value, bias)));
}

function foldsOf(count: number, folds: number, seed: number): number[] {
  const foldOf = new Array<number>(count);
  shuffled(count, randomFrom(seed)).forEach((example, position) => (foldOf[example] = position % folds));
  return foldOf;
}

function logLoss(scores: readonly number[], targets: readonly number[]): number {
  const safe = (value: number) => Math.log(Math.max(1e-12, value));
  return -scores.reduce((sum, score, i) => sum + targets[i] * safe(score) + (1 - targets[i]) * safe(1 - score), 0);
}

/**
 * Chance that a positive example has a higher score than a negative one, ties counted half (Mann–Whitney); null where
 * all examples are of one kind.
 */
export function areaUnderCurve(scores: readonly number[], positive: readonly boolean[]): number | null {
  const order = scores.map((score, i) => ({ score, positive: positive[i] })).sort((a, b) => a.score - b.score);
  const positives = positive.filter(Boolean).length;
  const negatives = order.length - positives;
  if (positives === 0 || negatives === 0) return null;
  let rankSum = 0;
  for (let from = 0; from < order.length;) {
    let to = from;
    while (to < order.length && order[to].score === order[from].score) to++;
    const rank = (from + 1 + to) / 2;
    for (let i = from; i < to; i++) if (order[i].positive) rankSum += rank;
    from = to;
  }
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives);
}

function ones(count: number): number[] {
  return new Array<number>(count).fill(1);
}

/** Weights by name, rounded as far as they mean anything; those of features that no example has are left out. */
export function namedWeights({ weights }: LinearModel): Record<string, number> {
  return Object.fromEntries(
    FEATURE_NAMES.map((name, i) => [name, Number(weights[i].toFixed(4))] as const).filter(([, weight]) => weight !== 0),
  );
}
