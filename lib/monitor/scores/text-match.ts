/** Case, punctuation and spacing carry no meaning that a reader would miss. */
export function normalize(text: string): string {
  return wordsOf(text).join(' ');
}

/** Words of any script, lower case. */
export function wordsOf(text: string): readonly string[] {
  return (
    text
      .toLowerCase()
      .normalize('NFKC')
      .match(/[\p{L}\p{N}]+/gu) ?? []
  );
}

/** Longer answers are compared by their beginning: the cost grows with the square. */
const MOST_WORDS = 512;

/**
 * Likeness of two texts, 0 to 1: F-measure of their longest common subsequence of words. Source: ROUGE-L, Lin 2004.
 * Two texts without a word are alike.
 */
export function similarity(left: string, right: string): number {
  const [a, b] = [wordsOf(left).slice(0, MOST_WORDS), wordsOf(right).slice(0, MOST_WORDS)];
  if (a.length === 0 && b.length === 0) return 1;
  return (2 * longestCommonSubsequence(a, b)) / (a.length + b.length);
}

function longestCommonSubsequence(a: readonly string[], b: readonly string[]): number {
  let row = new Uint16Array(b.length + 1);
  for (const word of a) {
    const next = new Uint16Array(b.length + 1);
    for (let j = 1; j <= b.length; j++) next[j] = word === b[j - 1] ? row[j - 1] + 1 : Math.max(row[j], next[j - 1]);
    row = next;
  }
  return row[b.length];
}
