import fc from 'fast-check';
import {
  arrivals,
  compareFigures,
  distribution,
  fewestPairs,
  holm,
  quantile,
  signFlipTest,
  SIGNIFICANCE_LEVEL,
  stageResult,
  type RequestRecord,
} from '../../lib/benchmark';
import { random } from '../../lib/monitor';

/** Normally distributed, by Box and Muller. */
function normal(next: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
}

describe('distributions', () => {
  test('quantiles are NumPy’s', () => {
    // numpy.percentile([15, 20, 35, 40, 50], [50, 90, 99])
    const sorted = [15, 20, 35, 40, 50];
    expect([0.5, 0.9, 0.99].map((q) => quantile(sorted, q))).toEqual([35, 46, 49.6]);
    expect(quantile([7], 0.99)).toBe(7);
  });

  test('are within their values and in order', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1 }), (values) => {
        const { min, p50, p90, p99, max, count } = distribution(values)!;
        expect(count).toBe(values.length);
        expect([min, p50, p90, p99, max]).toEqual([min, p50, p90, p99, max].sort((a, b) => a - b));
        expect(min).toBe(Math.min(...values));
        expect(max).toBe(Math.max(...values));
      }),
      { seed: 1 },
    );
    expect(distribution([])).toBeNull();
  });

  test('an open loop comes at its rate, with gaps distributed exponentially', () => {
    const times = arrivals(5, 20_000, 1);
    const gaps = times.map((time, i) => time - (times[i - 1] ?? 0));
    expect(times.at(-1)! / 20_000).toBeCloseTo(1 / 5, 2);
    const spread = distribution(gaps)!;
    expect(spread.p50).toBeCloseTo(Math.LN2 / 5, 2);
    expect(spread.p90).toBeCloseTo(Math.LN10 / 5, 2);
    expect(arrivals(5, 10, 1)).toEqual(times.slice(0, 10));
  });
});

describe('a stage', () => {
  const record = (more: Partial<RequestRecord>): RequestRecord => ({
    dueMs: 1000,
    firstTokenMs: 1200,
    lastTokenMs: 1700,
    endMs: 1710,
    promptTokens: 10,
    outputTokens: 11,
    countedBy: 'server',
    longestGapMs: 90,
    ...more,
  });
  const load = { kind: 'closed', concurrency: 2 } as const;

  test('counts answers, tokens and times', () => {
    const result = stageResult(load, [record({}), record({ dueMs: 1100 })], 2, 0.01);
    expect(result).toMatchObject({
      requests: 2,
      errors: {},
      requestsPerSecond: 1,
      outputTokensPerSecond: 11,
      totalTokensPerSecond: 21,
      timeToFirstTokenMs: { p50: 150, min: 100, max: 200 },
      interTokenMs: { p50: 50 },
      totalMs: { min: 610, max: 710 },
      longestGapMs: { max: 90 },
      tokensCountedBy: 'server',
      clientCpu: 0.01,
    });
  });

  test('failures are counted by name and slow down nobody', () => {
    const failed = record({ error: 'ThrottlingException', endMs: 99_999 });
    const result = stageResult(load, [record({}), failed, failed], 1, 0);
    expect(result.errors).toEqual({ ThrottlingException: 2 });
    expect(result).toMatchObject({ requests: 3, requestsPerSecond: 1, totalMs: { max: 710 } });
  });

  test('without any answer there are no figures, and no division by zero', () => {
    const failed: RequestRecord = { dueMs: 0, endMs: 5, countedBy: 'events', error: 'ModelError' };
    expect(stageResult(load, [failed], 0, 0)).toMatchObject({
      requestsPerSecond: 0,
      timeToFirstTokenMs: null,
      interTokenMs: null,
      totalMs: null,
    });
  });

  test('answers of one token have no time between tokens; where a server counts nothing the result says so', () => {
    const result = stageResult(
      load,
      [record({ outputTokens: 1 }), record({ countedBy: 'events', promptTokens: undefined })],
      1,
      0,
    );
    expect(result.interTokenMs!.count).toBe(1);
    expect(result).toMatchObject({ tokensCountedBy: 'events', totalTokensPerSecond: null });
  });
});

describe('what is significant', () => {
  const rounds = (next: () => number, pairs: number, ratio: number, noise: number) => {
    const figure = (scale: number) => Array.from({ length: pairs }, () => scale * Math.exp(noise * normal(next)));
    return { figure: 'totalMs', first: figure(100), second: figure(100 * ratio) };
  };

  test('the sign-flip test is exact', () => {
    expect(signFlipTest([1, 1, 1])).toBe(2 / 8);
    expect(signFlipTest([1, 2, -3])).toBe(1);
    expect(signFlipTest([0, 0])).toBe(1);
    expect(signFlipTest(Array.from({ length: 40 }, (_, i) => 1 + i / 10))).toBeLessThan(0.001);
  });

  test('Holm’s adjustment is the textbook’s', () => {
    expect(holm([0.01, 0.04, 0.03, 0.005])).toEqual([0.03, 0.06, 0.06, 0.02]);
    expect(holm([0.9, 0.8])).toEqual([1, 1]);
  });

  test('two equal endpoints are called different in at most 5 % of the comparisons of several figures', () => {
    const next = random(5);
    let wrong = 0;
    const trials = 100;
    for (let trial = 0; trial < trials; trial++) {
      // Rounds wander together, as on a machine that others use: the pairs take that out.
      const figures = Array.from({ length: 4 }, () => rounds(next, 10, 1, 0.1));
      if (compareFigures(figures).some(({ significant }) => significant)) wrong++;
    }
    // 5 % of 100, and three standard deviations of that.
    expect(wrong).toBeLessThanOrEqual(5 + 3 * Math.sqrt(100 * 0.05 * 0.95));
  });

  test('an endpoint that is a fifth slower is found, and by how much', () => {
    const next = random(6);
    const trials = 60;
    let [found, covered] = [0, 0];
    for (let trial = 0; trial < trials; trial++) {
      const [{ significant, low, high }] = compareFigures([rounds(next, 10, 1.2, 0.05)]);
      if (significant) found++;
      if (low < 1.2 && high > 1.2) covered++;
    }
    expect(found).toBe(trials);
    // Of ten pairs, percentile intervals cover somewhat less than 95 %.
    expect(covered / trials).toBeGreaterThan(0.8);
  });

  test('says how many pairs are needed before anything can be significant', () => {
    for (const figures of [1, 4, 15]) {
      const pairs = fewestPairs(figures);
      const best = (n: number) => signFlipTest(Array(n).fill(1)) * figures;
      expect(best(pairs)).toBeLessThanOrEqual(SIGNIFICANCE_LEVEL);
      expect(best(pairs - 1)).toBeGreaterThan(SIGNIFICANCE_LEVEL);
    }
  });

  test('rounds in which one of the two has no figure are left out', () => {
    expect(compareFigures([{ figure: 'a', first: [0, 0], second: [1, 1] }])).toEqual([]);
    expect(compareFigures([{ figure: 'a', first: [0, 2], second: [1, 2] }])).toMatchObject([{ ratio: 1, p: 1 }]);
  });
});
