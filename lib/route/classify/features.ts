import type { ChatMessage } from '../openai/request';
import { countSigns } from './signs';
import { counted, STOP_WORDS, WORD_LISTS } from './words';

/** What a feature speaks of, for explanations. */
export type FeatureGroup =
  'length' | 'structure' | 'code' | 'mathematics' | 'language' | 'reasoning' | 'task' | 'history' | 'request';

/** Every feature, in the order of a weights file. Each is between 0 and 1. */
export const FEATURES = {
  characters: { group: 'length', says: 'length of the question, logarithmic' },
  words: { group: 'length', says: 'words of the question, logarithmic' },
  systemCharacters: { group: 'length', says: 'length of the instructions of the system, logarithmic' },
  lines: { group: 'structure', says: 'lines, logarithmic' },
  listItems: { group: 'structure', says: 'items of lists' },
  sentences: { group: 'structure', says: 'sentences' },
  questions: { group: 'structure', says: 'question marks' },
  constraints: { group: 'structure', says: 'words that bind the answer: exactly, at least, without …' },
  codeBlock: { group: 'code', says: 'a block of code' },
  codeSigns: { group: 'code', says: 'share of the signs of code' },
  codeWords: { group: 'code', says: 'words of programming' },
  digits: { group: 'mathematics', says: 'share of digits' },
  operators: { group: 'mathematics', says: 'share of signs of mathematics' },
  mathWords: { group: 'mathematics', says: 'words of mathematics' },
  latex: { group: 'mathematics', says: 'formulas in TeX' },
  notLatin: { group: 'language', says: 'share of letters that are not Latin' },
  notEnglish: { group: 'language', says: 'lack of the most frequent English words' },
  wordLength: { group: 'language', says: 'mean length of words' },
  reasoningWords: { group: 'reasoning', says: 'words that ask for reasoning: why, prove, compare, step by step …' },
  creativeWords: { group: 'task', says: 'words that ask for writing: story, poem, email …' },
  simpleWords: { group: 'task', says: 'words of small tasks: translate, rephrase, thanks …' },
  turns: { group: 'history', says: 'questions asked before' },
  historyCharacters: { group: 'history', says: 'length of the conversation before, logarithmic' },
  tools: { group: 'request', says: 'tools that may be called' },
  json: { group: 'request', says: 'JSON is asked' },
  images: { group: 'request', says: 'images or sound in the question' },
} as const satisfies Record<string, { readonly group: FeatureGroup; readonly says: string }>;

export type FeatureName = keyof typeof FEATURES;

export const FEATURE_NAMES = Object.keys(FEATURES) as FeatureName[];

export type Features = Readonly<Record<FeatureName, number>>;

/** What is classified: the question at hand, and what came before it. */
export interface Turn {
  readonly question: string;
  readonly images: number;
  readonly systemCharacters: number;
  readonly earlierQuestions: number;
  readonly historyCharacters: number;
  readonly tools: number;
  readonly jsonAsked: boolean;
}

/** Of a long question its beginning and its end are read, where what is asked usually stands: time stays bounded. */
const READ_CHARACTERS = { head: 3000, tail: 1000 } as const;

/**
 * Features of one turn.
 *
 * They are counts and shares of a fixed list of things, each bounded, so that no wording weighs more than its feature
 * may. Names of tiers are not among them: a prompt that asks for a tier is a prompt of that length, nothing else.
 */
export function featuresOf(turn: Turn): Features {
  const text = excerpt(turn.question);
  const lower = text.toLowerCase();
  const words = lower.match(/[\p{L}\p{M}'’]+/gu) ?? [];
  const signs = countSigns(text);
  const length = Math.max(1, text.length);
  let stopWords = 0;
  let wordCharacters = 0;
  for (const word of words) {
    if (STOP_WORDS.has(word)) stopWords++;
    wordCharacters += word.length;
  }
  return {
    characters: logarithmic(turn.question.length, 16_000),
    words: logarithmic(words.length, 2000),
    systemCharacters: logarithmic(turn.systemCharacters, 16_000),
    lines: logarithmic(signs.lines, 200),
    listItems: upTo((text.match(/^\s*(?:[-*•]|\d+[.)]|[A-Ha-h][.)])\s/gm) ?? []).length, 10),
    sentences: upTo((text.match(/[.!?。！？]+(?:\s|$)/g) ?? []).length, 20),
    questions: upTo(signs.questions, 4),
    constraints: upTo(counted(words, lower, WORD_LISTS.constraints), 6),
    codeBlock: /```|^(?: {4}|\t)\S/m.test(text) ? 1 : 0,
    codeSigns: upTo(signs.code / length, 0.15),
    codeWords: upTo(counted(words, lower, WORD_LISTS.code), 5),
    digits: upTo(signs.digits / length, 0.2),
    operators: upTo(signs.operators / length, 0.1),
    mathWords: upTo(counted(words, lower, WORD_LISTS.mathematics), 4),
    latex: /\$[^$\n]+\$|\\(?:frac|sum|int|sqrt|alpha|beta|cdot|mathbb|begin)\b/.test(text) ? 1 : 0,
    notLatin: signs.letters === 0 ? 0 : signs.notLatin / signs.letters,
    notEnglish: words.length < 4 ? 0 : 1 - upTo(stopWords / words.length, 0.3),
    wordLength: words.length === 0 ? 0 : upTo(Math.max(0, wordCharacters / words.length - 3), 5),
    reasoningWords: upTo(counted(words, lower, WORD_LISTS.reasoning), 4),
    creativeWords: upTo(counted(words, lower, WORD_LISTS.creative), 3),
    simpleWords: upTo(counted(words, lower, WORD_LISTS.simple), 2),
    turns: upTo(turn.earlierQuestions, 8),
    historyCharacters: logarithmic(turn.historyCharacters, 64_000),
    tools: upTo(turn.tools, 8),
    json: turn.jsonAsked ? 1 : 0,
    images: upTo(turn.images, 2),
  };
}

/** Every turn of a conversation, oldest first; the last is the one that is asked now. */
export function turnsOf(
  messages: readonly ChatMessage[],
  request: { readonly tools: number; readonly jsonAsked: boolean },
): Turn[] {
  let systemCharacters = 0;
  let earlierQuestions = 0;
  let historyCharacters = 0;
  const turns: Turn[] = [];
  for (const { role, text, images } of messages) {
    if (role === 'system' || role === 'developer') {
      systemCharacters += text.length;
      continue;
    }
    if (role === 'user')
      turns.push({
        question: text,
        images,
        systemCharacters,
        earlierQuestions: earlierQuestions++,
        historyCharacters,
        tools: request.tools,
        jsonAsked: request.jsonAsked,
      });
    historyCharacters += text.length;
  }
  // A request without a question still has its instructions.
  if (turns.length === 0)
    turns.push({
      question: messages[messages.length - 1]?.text ?? '',
      images: 0,
      systemCharacters,
      earlierQuestions: 0,
      historyCharacters,
      tools: request.tools,
      jsonAsked: request.jsonAsked,
    });
  return turns;
}

function excerpt(text: string): string {
  const { head, tail } = READ_CHARACTERS;
  return text.length <= head + tail ? text : `${text.slice(0, head)}\n${text.slice(-tail)}`;
}

function upTo(value: number, full: number): number {
  return Math.min(1, value / full);
}

function logarithmic(value: number, full: number): number {
  return Math.min(1, Math.log1p(value) / Math.log1p(full));
}
