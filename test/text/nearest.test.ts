import fc from 'fast-check';
import { editDistance, nearestNames } from '../../lib/text/nearest';

/** Optimal string alignment by its definition. */
function defined(a: string, b: string, i = a.length, j = b.length, seen = new Map<string, number>()): number {
  if (i === 0 || j === 0) return i + j;
  const key = `${i} ${j}`;
  const known = seen.get(key);
  if (known !== undefined) return known;
  const same = a[i - 1] === b[j - 1] ? 0 : 1;
  const ways = [
    defined(a, b, i - 1, j, seen) + 1,
    defined(a, b, i, j - 1, seen) + 1,
    defined(a, b, i - 1, j - 1, seen) + same,
  ];
  if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
    ways.push(defined(a, b, i - 2, j - 2, seen) + 1);
  const best = Math.min(...ways);
  seen.set(key, best);
  return best;
}

const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'd'), maxLength: 12 });

test('the distance is that of the definition', () => {
  fc.assert(
    fc.property(word, word, (a, b) => {
      expect(editDistance(a, b)).toBe(defined(a, b));
    }),
    { seed: 1, numRuns: 1000 },
  );
});

test('with a limit, what is within it is exact, and what is beyond stays beyond', () => {
  fc.assert(
    fc.property(word, word, fc.nat(12), (a, b, limit) => {
      const exact = defined(a, b);
      const limited = editDistance(a, b, limit);
      if (exact <= limit) expect(limited).toBe(exact);
      else expect(limited).toBeGreaterThan(limit);
    }),
    { seed: 2, numRuns: 1000 },
  );
});

test('proposes the nearest names, nearest first', () => {
  expect(nearestNames('maxModelLenn', ['maxNumSeqs', 'maxModelLen', 'maxLoras'], 2)[0]).toBe('maxModelLen');
  expect(nearestNames('quantizatoin', ['quantization', 'model'])).toEqual(['quantization']);
  expect(nearestNames('zzzzzz', ['quantization', 'model'])).toEqual([]);
});

test('takes hostile lengths in stride', () => {
  expect(editDistance('a'.repeat(100_000), 'b'.repeat(100_000))).toBe(256);
});
