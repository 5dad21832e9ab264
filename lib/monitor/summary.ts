import { FIGURES, type Figure, type ScoredAnswer } from './figures';

/** Figures of all prompts, or of one category. */
export interface CategorySummary {
  readonly category: string;
  readonly prompts: number;
  readonly exactMatch: number;
  readonly normalizedMatch: number;
  readonly similarity: number;
  /** Share of the answers that are the JSON or code that was asked for; null where none was. */
  readonly valid: number | null;
  /** Nats a token; null without log-probabilities. */
  readonly meanKl: number | null;
  readonly maxKl: number | null;
  readonly top1Agreement: number | null;
  readonly lengthRatio: number;
  readonly repetition: number;
  /** Of the fixed texts, and what the reference has; null where the server does not tell. */
  readonly perplexity: number | null;
  readonly referencePerplexity: number | null;
  readonly losses: Readonly<Partial<Record<Figure, number>>>;
}

export const ALL = 'all';

/** Means over all answers first, then by category. */
export function summarize(answers: readonly ScoredAnswer[]): readonly CategorySummary[] {
  const categories = [...new Set(answers.map(({ category }) => category))].sort();
  return [
    summaryOf(ALL, answers),
    ...categories.map((name) =>
      summaryOf(
        name,
        answers.filter(({ category }) => category === name),
      ),
    ),
  ];
}

function summaryOf(category: string, answers: readonly ScoredAnswer[]): CategorySummary {
  const average = (pick: (answer: ScoredAnswer) => number | undefined) => mean(answers, pick);
  const perplexity = (pick: (answer: ScoredAnswer) => number | undefined) => {
    const log = average((answer) => {
      const value = pick(answer);
      return value === undefined ? undefined : Math.log(value);
    });
    return log === null ? null : Math.exp(log);
  };
  const worstKl = answers.flatMap(({ divergence }) => (divergence === undefined ? [] : [divergence.maxKl]));
  return {
    category,
    prompts: answers.length,
    exactMatch: average(({ exactMatch }) => Number(exactMatch)) ?? 0,
    normalizedMatch: average(({ normalizedMatch }) => Number(normalizedMatch)) ?? 0,
    similarity: average(({ similarity }) => similarity) ?? 0,
    valid: average(({ valid }) => (valid === undefined ? undefined : Number(valid))),
    meanKl: average(({ divergence }) => divergence?.meanKl),
    maxKl: worstKl.length === 0 ? null : Math.max(...worstKl),
    top1Agreement: average(({ divergence }) => divergence?.top1Agreement),
    lengthRatio: average(({ lengthRatio }) => lengthRatio) ?? 1,
    repetition: average(({ repetition }) => repetition) ?? 0,
    perplexity: perplexity((answer) => answer.perplexity),
    referencePerplexity: perplexity((answer) => answer.referencePerplexity),
    losses: Object.fromEntries(
      FIGURES.flatMap((figure) => {
        const loss = average(({ losses }) => losses[figure]);
        return loss === null ? [] : [[figure, loss]];
      }),
    ),
  };
}

function mean(answers: readonly ScoredAnswer[], pick: (answer: ScoredAnswer) => number | undefined): number | null {
  const values = answers.flatMap((answer) => pick(answer) ?? []);
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The answers that lost most, by their largest loss; those that lost nothing are not among them. */
export function worstAnswers(answers: readonly ScoredAnswer[], count: number): readonly ScoredAnswer[] {
  const largest = ({ losses }: ScoredAnswer) => Math.max(0, ...Object.values(losses));
  return [...answers]
    .filter((answer) => largest(answer) > 0)
    .sort((a, b) => largest(b) - largest(a))
    .slice(0, count);
}
