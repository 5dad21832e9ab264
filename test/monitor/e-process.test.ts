import fc from 'fast-check';
import { beginRun, eValue, observationsToReach, observe, startEProcess } from '../../lib/monitor/e-process';
import { random } from '../../lib/monitor';

const run = (changes: readonly number[], state = beginRun(startEProcess(0.1, 0.02))) => changes.reduce(observe, state);

describe('betting against "the mean change is within the tolerance"', () => {
  test('begins with a wealth of 1, and a new run alone wins nothing', () => {
    let state = startEProcess(0.2, 0.05);
    expect(eValue(state)).toBeCloseTo(1, 12);
    for (let i = 0; i < 50; i++) {
      state = beginRun(state);
      expect(eValue(state)).toBeCloseTo(1, 12);
    }
  });

  test('is a fair game at most: over a distribution whose mean is the tolerance, the expected wealth does not grow', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0.001, max: 0.3, noNaN: true }),
        fc.array(fc.double({ min: -0.1, max: 1, noNaN: true }), { maxLength: 5 }),
        (share, tolerance, past) => {
          const lowest = 0.1;
          let state = beginRun(startEProcess(lowest, tolerance));
          for (const change of past) state = observe(state, Math.max(-lowest, change));
          // Two values, below and above, mixed so that their mean is the tolerance.
          const low = tolerance - share * (tolerance + lowest);
          const high = tolerance + share * (1 - tolerance);
          const ofHigh = high === low ? 0 : (tolerance - low) / (high - low);
          const expected = (1 - ofHigh) * eValue(observe(state, low)) + ofHigh * eValue(observe(state, high));
          expect(expected).toBeLessThanOrEqual(eValue(state) * (1 + 1e-9));
        },
      ),
      { seed: 7, numRuns: 300 },
    );
  });

  test('no change wins nothing, however long; a lasting one wins without bound', () => {
    expect(eValue(run(Array(5000).fill(0)))).toBeLessThan(1);
    expect(eValue(run(Array(60).fill(0.1)))).toBeGreaterThan(1e6);
  });

  test('wealth is never negative and stays finite, also with an observation beyond what was promised', () => {
    const state = run([-1, 1, ...Array(5000).fill(1)]);
    expect(eValue(state)).toBeGreaterThan(0);
    expect(eValue(run(Array(5000).fill(1)))).toBeLessThanOrEqual(1e12 + 1);
  });

  test('a loss that begins in the tenth year is found as one in the first week, some prompts later', () => {
    const prompts = (weeks: number) => {
      let state = startEProcess(0.1, 0.02);
      for (let week = 0; week < weeks; week++) {
        state = beginRun(state);
        for (let i = 0; i < 50; i++) state = observe(state, 0);
      }
      state = beginRun(state);
      let count = 0;
      while (eValue(state) < 100) {
        state = observe(state, 0.1);
        count++;
      }
      return count;
    };
    expect(prompts(520)).toBeGreaterThan(prompts(0));
    expect(prompts(520)).toBeLessThan(3 * prompts(0));
  });

  test('the stated number of observations is enough, on average', () => {
    for (const change of [
      { mean: 0.05, deviation: 0.03 },
      { mean: 0.1, deviation: 0.1 },
      { mean: 0.3, deviation: 0.2 },
    ]) {
      const state = beginRun(startEProcess(0.1, 0.02));
      const stated = observationsToReach(100, change, state);
      const next = random(11);
      let total = 0;
      for (let trial = 0; trial < 200; trial++) {
        let [wealth, count] = [state, 0];
        while (eValue(wealth) < 100) {
          // Two points have the mean and the deviation exactly.
          wealth = observe(wealth, Math.max(-0.1, change.mean + (next() < 0.5 ? 1 : -1) * change.deviation));
          count++;
        }
        total += count;
      }
      expect(total / 200).toBeLessThanOrEqual(stated);
    }
    expect(observationsToReach(100, { mean: 0.02, deviation: 0 }, startEProcess(0.1, 0.02))).toBe(Infinity);
  });
});
