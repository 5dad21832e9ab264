import { wordsOf } from './text-match';

const GRAM = 4;

/**
 * Share of the runs of four words that were there before: 0 for a text that never repeats itself. Damaged models loop.
 * Source: seq-rep-4, Welleck et al. 2019, "Neural Text Generation with Unlikelihood Training".
 */
export function repetition(text: string): number {
  const words = wordsOf(text);
  const count = words.length - GRAM + 1;
  if (count <= 0) return 0;
  const grams = new Set<string>();
  for (let i = 0; i < count; i++) grams.add(words.slice(i, i + GRAM).join(' '));
  return 1 - grams.size / count;
}
