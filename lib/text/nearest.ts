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
    const distance = editDistance(wanted, candidate.toLowerCase());
    if (distance <= reach) scored.push({ candidate, distance });
  }
  return scored
    .sort((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, limit)
    .map((entry) => entry.candidate);
}

/** Insertions, deletions, substitutions and swaps of neighbours between two strings. Inputs beyond 256 characters are cut: a hostile key must not cost quadratic time. */
export function editDistance(left: string, right: string): number {
  const a = left.slice(0, 256);
  const b = right.slice(0, 256);
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = previous[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      let best = Math.min(previous[j] + 1, current[j - 1] + 1, substitution);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, beforePrevious[j - 2] + 1);
      current.push(best);
    }
    beforePrevious = previous;
    previous = current;
  }
  return previous[b.length];
}
