/**
 * The candidates nearest to `name`, nearest first: what an error proposes after a misspelling.
 * Optimal-string-alignment distance, so that one swapped pair of letters counts once.
 *
 * @param limit how many to return; those further than half the name's length are left out
 */
export function nearestNames(name: string, candidates: Iterable<string>, limit = 1): string[] {
  const wanted = name.toLowerCase();
  const reach = Math.max(2, Math.ceil(wanted.length / 2));
  const scored: { candidate: string; distance: number }[] = [];
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - wanted.length) > reach) continue;
    const distance = editDistance(wanted, candidate.toLowerCase(), reach);
    if (distance <= reach) scored.push({ candidate, distance });
  }
  return scored
    .sort((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, limit)
    .map((entry) => entry.candidate);
}

/** Longer inputs are cut: a hostile key must not cost quadratic time. */
const LONGEST = 256;
/** The row being computed and the two before it; kept, because a misspelt name is compared with hundreds. */
const ROWS = [new Uint16Array(LONGEST + 1), new Uint16Array(LONGEST + 1), new Uint16Array(LONGEST + 1)];

/**
 * Insertions, deletions, substitutions and swaps of neighbours between the first 256 characters of two strings.
 *
 * @param atMost beyond it any larger number may be returned, which is quicker
 */
export function editDistance(left: string, right: string, atMost = Infinity): number {
  const rows = Math.min(left.length, LONGEST);
  const columns = Math.min(right.length, LONGEST);
  let [beforePrevious, previous, current] = ROWS;
  for (let j = 0; j <= columns; j++) previous[j] = j;
  let previousLeast = 0;
  for (let i = 1; i <= rows; i++) {
    const letter = left.charCodeAt(i - 1);
    const letterBefore = i > 1 ? left.charCodeAt(i - 2) : -1;
    current[0] = i;
    let least = i;
    for (let j = 1; j <= columns; j++) {
      const other = right.charCodeAt(j - 1);
      let best = previous[j - 1] + (letter === other ? 0 : 1);
      if (previous[j] + 1 < best) best = previous[j] + 1;
      if (current[j - 1] + 1 < best) best = current[j - 1] + 1;
      if (j > 1 && letter === right.charCodeAt(j - 2) && letterBefore === other && beforePrevious[j - 2] + 1 < best)
        best = beforePrevious[j - 2] + 1;
      current[j] = best;
      if (best < least) least = best;
    }
    // A later row can only grow from the last two.
    if (least > atMost && previousLeast > atMost) return least;
    previousLeast = least;
    [beforePrevious, previous, current] = [previous, current, beforePrevious];
  }
  return previous[columns];
}
