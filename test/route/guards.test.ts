import * as fc from 'fast-check';
import { CircuitBreaker } from '../../lib/route/guard/breaker';
import { EscalationBudget } from '../../lib/route/guard/budget';
import { compareTiers } from '../../lib/route/cost';
import { boundariesFor, defaultShares, parseTraceHeader } from '../../lib/route';
import { judgeOpening, REFUSAL_OPENINGS } from '../../lib/route/judge/refused';
import { WEIGHTS } from './support';

const SEED = 20_261_125;

test('a budget lets no more than its share and its burst through, in any order of requests and escalations', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0.01, max: 1, noNaN: true }),
      fc.integer({ min: 1, max: 50 }),
      fc.array(fc.boolean(), { maxLength: 500 }),
      (share, burst, tries) => {
        const budget = new EscalationBudget({ share, burst });
        let paid = 0;
        tries.forEach((wants, i) => {
          budget.deposit();
          if (wants && budget.withdraw()) paid++;
          expect(paid).toBeLessThanOrEqual(burst + share * (i + 1) + 1e-9);
        });
      },
    ),
    { seed: SEED, numRuns: 200 },
  );
});

test('a budget without a share lets nothing through', () => {
  const budget = new EscalationBudget({ share: 0, burst: 10 });
  budget.deposit();
  expect([budget.available, budget.withdraw()]).toEqual([false, false]);
});

describe('a circuit', () => {
  test('opens after failures in a row, not after failures with successes in between', () => {
    const breaker = new CircuitBreaker({ failures: 2, coolDownMs: 10 }, () => 0);
    breaker.failed();
    breaker.succeeded();
    breaker.failed();
    expect(breaker.open).toBe(false);
    breaker.failed();
    expect([breaker.open, breaker.admit()]).toEqual([true, false]);
  });

  test('lets one request try after its time, and closes or opens by it', () => {
    let now = 0;
    const breaker = new CircuitBreaker({ failures: 1, coolDownMs: 10 }, () => now);
    breaker.failed();
    now = 10;
    expect([breaker.admit(), breaker.admit()]).toEqual([true, false]);
    breaker.failed();
    expect(breaker.admit()).toBe(false);
    now = 20;
    expect(breaker.admit()).toBe(true);
    breaker.undecided();
    expect(breaker.admit()).toBe(true);
    breaker.succeeded();
    expect([breaker.admit(), breaker.admit()]).toEqual([true, true]);
  });
});

describe('the beginning of an answer', () => {
  test.each(REFUSAL_OPENINGS)('%j is a refusal, and every part of it is open', (opening) => {
    for (let length = 0; length < opening.length; length++)
      expect(['open', 'refusal']).toContain(judgeOpening(opening.slice(0, length)));
    expect(judgeOpening(`${opening.toUpperCase()} more`)).toBe('refusal');
    expect(judgeOpening(`"${opening.replaceAll("'", '’')}`)).toBe('refusal');
  });

  test.each(['The capital', 'Paris', 'I think', 'Sorry to hear that', 'As an example', '{"a":1}', '你好'])(
    '%j is an answer',
    (text) => {
      expect(judgeOpening(text)).toBe('answer');
    },
  );

  test('stays what it is, once it is told: what has passed is never taken back', () => {
    fc.assert(
      fc.property(fc.lorem({ maxCount: 10 }), fc.constantFrom(...REFUSAL_OPENINGS, ''), (words, opening) => {
        const text = opening + words;
        let told: string | undefined;
        for (let length = 1; length <= text.length; length++) {
          const now = judgeOpening(text.slice(0, length));
          if (told !== undefined) expect(now).toBe(told);
          if (now !== 'open') told = now;
        }
      }),
      { seed: SEED, numRuns: 300 },
    );
  });
});

describe('the cost of tiers', () => {
  const small = { name: 's', usdPerHour: 1, outputTokensPerSecond: 1000, instances: 2 };
  const large = { name: 'l', usdPerHour: 10, outputTokensPerSecond: 500, instances: 1 };

  test('is theirs at the output that fills the first of them, beside the largest alone', () => {
    // The large one is full at 500 / 0.2 = 2500 tokens/s, the small ones at 2000 / 0.8 = 2500 too.
    expect(
      compareTiers([
        { ...small, share: 0.8 },
        { ...large, share: 0.2 },
      ]),
    ).toEqual({
      outputTokensPerSecond: 2500,
      usdPerMonth: (2 * 1 + 10) * 730,
      largestAlone: { instances: 5, usdPerMonth: 5 * 10 * 730 },
    });
  });

  test('of a largest tier that is paid by the token has no instances', () => {
    const bedrock = { name: 'b', share: 0.2, outputUsdPerMillionTokens: 15 };
    const found = compareTiers([{ ...small, share: 0.8 }, bedrock])!;
    expect(found.largestAlone.instances).toBeNull();
    expect(found.largestAlone.usdPerMonth).toBeCloseTo((2500 * 3600 * 730 * 15) / 1e6, 6);
    expect(found.usdPerMonth).toBeCloseTo(2 * 730 + (500 * 3600 * 730 * 15) / 1e6, 6);
  });

  test('is not told where something is not known', () => {
    expect(
      compareTiers([
        { name: 's', share: 0.8 },
        { ...large, share: 0.2 },
      ]),
    ).toBeUndefined();
    expect(compareTiers([{ name: 'b', share: 1, outputUsdPerMillionTokens: 1 }])).toBeUndefined();
  });
});

test('shares of any number of tiers add up to one, and rising thresholds follow', () => {
  for (let tiers = 2; tiers < 7; tiers++) {
    expect(defaultShares(tiers).reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
    const thresholds = boundariesFor(WEIGHTS, tiers, defaultShares(tiers)).map(({ threshold }) => threshold);
    expect([...thresholds].sort((a, b) => a - b)).toEqual(thresholds);
  }
});

test('only a trace that X-Ray keeps is traced', () => {
  expect(parseTraceHeader('Root=1-a-b;Parent=c;Sampled=1')).toEqual({ traceId: '1-a-b', parentId: 'c' });
  for (const header of [undefined, '', 'Root=1-a-b;Parent=c;Sampled=0', 'nonsense'])
    expect(parseTraceHeader(header)).toBeUndefined();
});
