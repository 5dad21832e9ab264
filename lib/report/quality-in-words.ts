import { bytes, percent } from './figures';
import type { EmbeddingReport, SchemeReport, SensitivityReport, SimulationReport } from './simulation-report';

export interface Judgement {
  readonly scheme: string;
  /** For the colour: as a finding's severity, or none of them where no answer was measured. */
  readonly grade: 'ok' | 'warning' | 'error' | 'unmeasured';
  readonly words: string;
}

/**
 * Limits of the increase in perplexity over full precision. Below 1 % a change is within what another held-out text of the
 * same kind would give; beyond 10 % people notice it in answers. They are a reading aid; a gate sets its own limit.
 */
export const INDISTINGUISHABLE = 0.01;
export const SMALL = 0.03;
export const VISIBLE = 0.1;

/** What a scheme's figures mean, a sentence each. */
export function judge(report: SimulationReport, scheme: SchemeReport): Judgement {
  if (scheme.embedding !== undefined) return judgeEmbeddings(scheme.scheme, scheme.embedding);
  const full = report.evaluation?.perplexity;
  if (full === undefined || scheme.evaluation === undefined) return judgeByWeights(scheme);
  const increase = scheme.evaluation.perplexity / full - 1;
  const measured = `perplexity ${scheme.evaluation.perplexity.toFixed(2)} against ${full.toFixed(2)} (${signed(increase)}), the same first choice on ${percent(scheme.evaluation.top1Agreement)} of tokens`;
  const say = (grade: Judgement['grade'], words: string) => ({
    scheme: scheme.scheme,
    grade,
    words: capitalized(`${words}: ${measured}`),
  });
  if (!Number.isFinite(increase)) return say('error', 'breaks the model');
  if (increase <= INDISTINGUISHABLE) return say('ok', 'no loss that this text shows');
  if (increase <= SMALL) return say('ok', 'a small loss');
  if (increase <= VISIBLE)
    return say('warning', 'a visible loss, try a milder scheme or keep the worst layers unquantized');
  return say('error', 'a heavy loss, do not deploy this');
}

/**
 * Below these a search starts to give other answers: limits of this library, a reading aid like those above. An order of similarities
 * that correlates at 0.99 swaps neighbours that were about as near.
 */
const SAME_ORDER = 0.99;
const SIMILAR_ORDER = 0.95;

function judgeEmbeddings(scheme: string, { meanCosine, rankAgreement, nearestAgreement }: EmbeddingReport): Judgement {
  const measured = `cosine ${meanCosine.toFixed(4)} to full precision, order of similarities correlates at ${rankAgreement.toFixed(4)}, the same nearest text for ${percent(nearestAgreement)}`;
  if (rankAgreement >= SAME_ORDER)
    return { scheme, grade: 'ok', words: `No loss that a search would show: ${measured}` };
  if (rankAgreement >= SIMILAR_ORDER) return { scheme, grade: 'warning', words: `A visible loss: ${measured}` };
  return { scheme, grade: 'error', words: `A heavy loss, do not deploy this: ${measured}` };
}

/** Weight error alone cannot promise quality, so the sentence says what it is. */
function judgeByWeights({ scheme, weights }: SchemeReport): Judgement {
  const error = `Weights differ by ${percent(weights.relativeError, 2)} of their size`;
  return {
    scheme,
    grade: weights.relativeError > 0.2 ? 'warning' : 'unmeasured',
    words: `${error}; what that does to answers was not measured`,
  };
}

export function signed(share: number): string {
  const figure = percent(Math.abs(share));
  return `${share >= 0 || figure === percent(0) ? '+' : '−'}${figure}`;
}

/**
 * Matrices of one part, shortly: `model.layers.0.self_attn.q_proj, k_proj, v_proj`, and of several experts together
 * `model.layers.0.mlp.experts.*.gate_proj, up_proj, down_proj`.
 */
export function partName(weights: readonly string[]): string {
  const names = expertsTogether(weights).map((weight) => weight.replace(/\.weight$/, ''));
  const [first = '', ...others] = names;
  return [first, ...others.map((other) => other.slice(sharedPrefix(first, other)))].join(', ');
}

/** `experts.*` for the numbers of experts of which a layer has more than one here: a layer can have hundreds. */
function expertsTogether(weights: readonly string[]): readonly string[] {
  const numbers = new Map<string, Set<string>>();
  for (const weight of weights) {
    const [, layer, number] = EXPERT.exec(weight) ?? [];
    if (layer !== undefined) numbers.set(layer, (numbers.get(layer) ?? new Set()).add(number));
  }
  const together = (weight: string) =>
    weight.replace(EXPERT, (whole, layer: string) => ((numbers.get(layer)?.size ?? 0) > 1 ? `${layer}*.` : whole));
  return [...new Set(weights.map(together))];
}

const EXPERT = /^(.*\.experts\.)(\d+)\./;

/** Length of what two names share up to a dot, the dot included. */
function sharedPrefix(left: string, right: string): number {
  let dot = 0;
  for (let i = 0; i < Math.min(left.length, right.length) && left[i] === right[i]; i++)
    if (left[i] === '.') dot = i + 1;
  return dot;
}

/** What keeping some parts at higher precision costs and brings. */
export function proposalInWords(
  { perplexity, whole }: Pick<SensitivityReport, 'perplexity' | 'whole'>,
  { kept, keptAs, extraBytes, expectedMeanKl, measured }: NonNullable<SensitivityReport['proposal']>,
): string {
  const increase = (value: number) => signed(value / perplexity - 1);
  return (
    `Keep ${kept.length === 1 ? 'one matrix' : `${kept.length} matrices`} ${keptInWords(keptAs, kept.length)} (${partNames(kept).join('; ')}): that takes ` +
    `${bytes(extraBytes)} more. Expected was a mean KL of ${expectedMeanKl.toFixed(5)}, measured ${measured.meanKl.toFixed(5)} ` +
    `instead of ${whole.meanKl.toFixed(5)}; perplexity ${increase(measured.perplexity)} instead of ${increase(whole.perplexity)}.`
  );
}

/** How layers are kept, in words. */
export function keptInWords(keptAs: string, count: number): string {
  return keptAs === 'stored' ? (count === 1 ? 'as it is' : 'as they are') : `at ${keptAs.toUpperCase()}`;
}

/** Matrices of one module together, as `partName` has them. */
export function partNames(weights: readonly string[]): string[] {
  const modules = new Map<string, string[]>();
  for (const weight of expertsTogether(weights)) {
    const module = weight.replace(/\.weight$/, '').replace(/\.[^.]*$/, '');
    modules.set(module, [...(modules.get(module) ?? []), weight]);
  }
  return [...modules.values()].map(partName);
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
