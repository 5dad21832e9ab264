import type { Answer, Position } from '../answer';

/** How far two models' thoughts are apart, over the places of an answer that both reached by the same tokens. */
export interface Divergence {
  /** Kullback-Leibler divergence from the reference, nats a token. */
  readonly meanKl: number;
  /** The worst place. */
  readonly maxKl: number;
  /** Total variation distance, 0 to 1, a token: the largest difference that the two give any set of next tokens. */
  readonly meanTotalVariation: number;
  /** Share of the places at which both put the same token first. */
  readonly top1Agreement: number;
  readonly positions: number;
}

/** Below what a float32 softmax resolves; a probability of 0 in one model only would make KL infinite. */
const LEAST = 1e-9;

/**
 * Compares the likeliest tokens of two greedy answers to one prompt. Places count up to the first at which the answers part, that one
 * included: until then both models saw the same text. Servers tell only the likeliest tokens; what either does not tell is one class,
 * "any other", so that both figures are lower bounds of the true ones (data-processing inequality).
 *
 * @returns undefined where either tells no log-probabilities
 */
export function divergence(reference: Answer, answer: Answer): Divergence | undefined {
  let [kl, maxKl, variation, agreed, count] = [0, 0, 0, 0, 0];
  const length = Math.min(reference.positions.length, answer.positions.length);
  for (let i = 0; i < length; i++) {
    const [left, right] = [reference.positions[i], answer.positions[i]];
    if (left.top.length === 0 || right.top.length === 0) break;
    const place = compare(left, right);
    kl += place.kl;
    maxKl = Math.max(maxKl, place.kl);
    variation += place.variation;
    if (left.top[0].token === right.top[0].token) agreed++;
    count++;
    if (left.token !== right.token) break;
  }
  if (count === 0) return undefined;
  return {
    meanKl: kl / count,
    maxKl,
    meanTotalVariation: variation / count,
    top1Agreement: agreed / count,
    positions: count,
  };
}

function compare(reference: Position, answer: Position): { kl: number; variation: number } {
  const told = new Map(answer.top.map(({ token, logprob }) => [token, Math.exp(logprob)]));
  let [kl, variation] = [0, 0];
  let [restOfReference, restOfAnswer] = [1, 1];
  for (const { token, logprob } of reference.top) {
    const q = told.get(token);
    if (q === undefined) continue;
    // Two tokens of the vocabulary may be written alike; each is matched once.
    told.delete(token);
    const p = Math.exp(logprob);
    kl += term(p, q);
    variation += Math.abs(p - q);
    restOfReference -= p;
    restOfAnswer -= q;
  }
  restOfReference = Math.max(0, restOfReference);
  restOfAnswer = Math.max(0, restOfAnswer);
  kl += term(restOfReference, restOfAnswer);
  variation += Math.abs(restOfReference - restOfAnswer);
  return { kl: Math.max(0, kl), variation: Math.min(1, variation / 2) };
}

function term(p: number, q: number): number {
  return p <= 0 ? 0 : p * Math.log(p / Math.max(q, LEAST));
}
