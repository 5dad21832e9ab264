/** A piece of text that stands several times in a row. */
export interface Loop {
  /** What is repeated; empty where nothing is. */
  readonly unit: string;
  /** How often it stands there, in a row. */
  readonly times: number;
  /** Share of the text that the repetitions make up, 0 to 1. */
  readonly share: number;
}

/** Longer ones are verses, not loops. */
const LONGEST_UNIT = 200;

/**
 * The repetition that takes most of a text: the longest run in which every character equals the one a period before.
 *
 * A run of length n at period p is n/p + 1 copies of its first p characters. All periods are tried: answers are short.
 */
export function longestLoop(text: string): Loop {
  const characters = [...text.trim()];
  let best: Loop = { unit: '', times: 0, share: 0 };
  for (let period = 1; period <= Math.min(LONGEST_UNIT, characters.length / 2); period++) {
    let run = 0;
    for (let at = period; at <= characters.length; at++) {
      if (at < characters.length && characters[at] === characters[at - period]) {
        run++;
        continue;
      }
      const covered = run + period;
      // A longer period that says the same thing twice covers as much; the shortest one is the loop.
      if (run >= period && covered / characters.length > best.share)
        best = {
          unit: characters.slice(at - covered, at - covered + period).join(''),
          times: Math.floor(covered / period),
          share: covered / characters.length,
        };
      run = 0;
    }
  }
  return best;
}
