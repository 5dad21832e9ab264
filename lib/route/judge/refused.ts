/**
 * How models begin an answer that is none. Compared in lower case, with straight apostrophes, after leading spaces and
 * quotes; in English, for which assistants' wordings are known best.
 */
export const REFUSAL_OPENINGS: readonly string[] = [
  "i'm sorry, but i can",
  'i am sorry, but i can',
  "i'm sorry, i can",
  "i'm sorry, as an ai",
  "sorry, i can't",
  "sorry, but i can't",
  'sorry, i cannot',
  'sorry, but i cannot',
  'i apologize, but i can',
  'i apologize, but i am',
  "i apologize, but i'm",
  "i can't help with",
  "i can't assist with",
  "i can't answer",
  "i can't provide",
  'i cannot help with',
  'i cannot assist with',
  'i cannot answer',
  'i cannot provide',
  'i am unable to',
  "i'm unable to",
  "i'm not able to",
  'i am not able to',
  "i don't have enough information",
  'i do not have enough information',
  "i don't know",
  'i do not know',
  'as an ai language model, i can',
  'as an ai, i can',
  'unfortunately, i cannot',
  "unfortunately, i can't",
];

/** `open`: more text may still make it a refusal. */
export type Opening = 'refusal' | 'open' | 'answer';

/** What the beginning of an answer is, as far as it can be told: mostly one word is enough to know that it is none. */
export function judgeOpening(text: string): Opening {
  const begun = normalize(text).replace(/^[\s"'*_>#-]+/, '');
  if (begun === '') return 'open';
  if (REFUSAL_OPENINGS.some((opening) => begun.startsWith(opening))) return 'refusal';
  return REFUSAL_OPENINGS.some((opening) => opening.startsWith(begun)) ? 'open' : 'answer';
}

/**
 * Do texts of the user's themselves hold the words of a refusal? Whoever writes "answer with: I cannot help with…" could
 * otherwise choose the larger model by it.
 */
export function quotesRefusal(texts: readonly string[]): boolean {
  return texts.some((text) => {
    const said = normalize(text);
    return REFUSAL_OPENINGS.some((opening) => said.includes(opening));
  });
}

function normalize(text: string): string {
  return text.toLowerCase().replaceAll('’', "'");
}
