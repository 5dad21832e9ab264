import type { Answer } from './answer';
import type { MonitorPrompt } from './prompts';
import { divergence, type Divergence } from './scores/divergence';
import { repetition } from './scores/repetition';
import { normalize, similarity } from './scores/text-match';
import { isValid, type JavaScriptParser } from './scores/validity';

/**
 * Losses of one answer against the reference's, each 0 (as good) to 1. Only those that could be measured are there.
 *
 * - `divergence`: mean total variation distance of the next token's probabilities
 * - `difference`: 1 − ROUGE-L of the two texts
 * - `invalid`: 1 where the reference is the JSON or code that was asked for and the answer is not
 * - `length`: 1 − shorter ÷ longer answer
 * - `repetition`: by how much more the answer repeats itself
 * - `perplexity`: rise of the fixed text's negative log-likelihood, nats a token, 1 at most
 * - `embedding`: (1 − cosine) ÷ 2
 * - `judge`: 1 where a judge prefers the reference in both orders, 0.5 for ties
 */
export const FIGURES = [
  'divergence',
  'difference',
  'invalid',
  'length',
  'repetition',
  'perplexity',
  'embedding',
  'judge',
] as const;
export type Figure = (typeof FIGURES)[number];

/**
 * Figures that are tested for drift. A judge's verdicts change from one call to the next, and what is noise of the judge would be taken
 * for a change of the model: they are reported only.
 */
export const TESTED_FIGURES: readonly Figure[] = FIGURES.filter((figure) => figure !== 'judge');
export type Losses = Readonly<Partial<Record<Figure, number>>>;

/** One answer, compared. */
export interface ScoredAnswer {
  readonly id: string;
  readonly category: string;
  readonly losses: Losses;
  readonly exactMatch: boolean;
  readonly normalizedMatch: boolean;
  readonly similarity: number;
  readonly valid?: boolean;
  readonly divergence?: Divergence;
  /** Answer's words over the reference's. */
  readonly lengthRatio: number;
  readonly repetition: number;
  /** Perplexity of the fixed text, and what the reference has. */
  readonly perplexity?: number;
  readonly referencePerplexity?: number;
  readonly text: string;
  readonly referenceText: string;
}

/** Compares one answer with the reference's answer to the same prompt. */
export function scoreAnswer(
  prompt: Pick<MonitorPrompt, 'id' | 'category' | 'expects' | 'isText'>,
  reference: Answer,
  answer: Answer,
  parsesJavaScript?: JavaScriptParser,
): ScoredAnswer {
  const alike = similarity(reference.text, answer.text);
  const apart = divergence(reference, answer);
  const valid = prompt.expects && isValid(answer.text, prompt.expects, parsesJavaScript);
  const referenceValid = prompt.expects && isValid(reference.text, prompt.expects, parsesJavaScript);
  const [words, referenceWords] = [length(answer), length(reference)];
  const repeats = repetition(answer.text);
  const { promptNll } = answer;
  const both = promptNll !== undefined && reference.promptNll !== undefined;
  const textual: Losses = prompt.isText
    ? {}
    : {
        difference: 1 - alike,
        length: 1 - Math.min(words, referenceWords) / Math.max(words, referenceWords, 1),
        repetition: clip(repeats - repetition(reference.text)),
      };
  return {
    id: prompt.id,
    category: prompt.category,
    losses: {
      ...(apart === undefined ? {} : { divergence: apart.meanTotalVariation }),
      ...textual,
      ...(valid === undefined ? {} : { invalid: referenceValid && !valid ? 1 : 0 }),
      ...(both ? { perplexity: clip(promptNll - reference.promptNll!) } : {}),
    },
    exactMatch: answer.text === reference.text,
    normalizedMatch: normalize(answer.text) === normalize(reference.text),
    similarity: alike,
    ...(valid === undefined ? {} : { valid }),
    ...(apart === undefined ? {} : { divergence: apart }),
    lengthRatio: referenceWords === 0 ? 1 : words / referenceWords,
    repetition: repeats,
    ...(both ? { perplexity: Math.exp(promptNll), referencePerplexity: Math.exp(reference.promptNll!) } : {}),
    text: answer.text,
    referenceText: reference.text,
  };
}

/** Tokens as the server counts them; words where it does not. */
function length(answer: Answer): number {
  return answer.completionTokens ?? answer.text.split(/\s+/).filter((word) => word !== '').length;
}

function clip(value: number): number {
  return Math.min(1, Math.max(0, value));
}
