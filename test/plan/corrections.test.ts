import { resolveEndpoint } from '../../lib/endpoint/resolve';
import {
  correctionFor,
  correctSpeed,
  deriveFactors,
  measuredLoads,
  nearestLoad,
  parseCorrections,
  readMeasured,
  setCorrections,
  withCorrection,
} from '../../lib/plan';
import { CORRECTION, SPEC, estimateOf, report } from './benchmark-report';

afterEach(() => setCorrections([]));

describe('a benchmark as measurements', () => {
  test('has its closed loads, of which the nearest to what is planned counts', () => {
    const loads = measuredLoads(JSON.parse(report(1, 1)))!;
    expect(loads.map(({ concurrency }) => concurrency)).toEqual([1, 8]);
    expect(nearestLoad(loads, 2)!.concurrency).toBe(1);
    expect(nearestLoad(loads, 4)!.concurrency).toBe(8);
    expect(readMeasured(report(2, 1), 'f', 8).timeToFirstTokenMs).toBeCloseTo(estimateOf(8).timeToFirstTokenMs! * 2, 6);
    expect(measuredLoads({ memory: { weights: 1 } })).toBeUndefined();
  });

  test('without any figure is refused', () => {
    expect(() => readMeasured('{"endpoint": {"stages": []}}', 'f')).toThrow(
      expect.objectContaining({ id: 'MEASURED_UNREADABLE' }),
    );
  });
});

describe('corrections', () => {
  test('of 1 change nothing, and twice the time halves the throughput', () => {
    const estimate = estimateOf(4);
    const same = correctSpeed(estimate, { timeToFirstToken: 1, interToken: 1 }, SPEC.workload);
    expect(same.outputTokensPerSecond).toBeCloseTo(estimate.outputTokensPerSecond!, 6);
    const slow = correctSpeed(estimate, { timeToFirstToken: 2, interToken: 2 }, SPEC.workload);
    expect(slow.outputTokensPerSecond).toBeCloseTo(estimate.outputTokensPerSecond! / 2, 6);
    expect(slow.timeToFirstTokenMs).toBeCloseTo(estimate.timeToFirstTokenMs! * 2, 6);
    const decoding = correctSpeed(estimate, { interToken: 2 }, SPEC.workload);
    expect(decoding.outputTokensPerSecond).toBeLessThan(estimate.outputTokensPerSecond!);
    expect(decoding.outputTokensPerSecond).toBeGreaterThan(estimate.outputTokensPerSecond! / 2);
  });

  test('are used by the planner for the model, scheme, instance and container they were measured on', () => {
    const before = estimateOf(4);
    setCorrections([CORRECTION]);
    expect(estimateOf(4).interTokenMs).toBeCloseTo(before.interTokenMs! * 1.2, 6);
    expect(estimateOf(4).timeToFirstTokenMs).toBeCloseTo(before.timeToFirstTokenMs! * 1.5, 6);
    for (const other of [
      { model: 'other' },
      { scheme: 'fp8' },
      { instanceType: 'ml.g6.xlarge' },
      { container: 'vllm' },
    ]) {
      setCorrections([{ ...CORRECTION, ...other }]);
      expect(estimateOf(4)).toEqual(before);
    }
  });

  test('the latest counts, and replaces an older one of the same', () => {
    const later = { ...CORRECTION, interToken: 2, measuredAt: '2026-02-01T00:00:00.000Z' };
    expect(correctionFor(resolveEndpoint(SPEC), [CORRECTION, later])).toBe(later);
    expect(withCorrection([CORRECTION, { ...CORRECTION, scheme: 'fp8' }], later)).toEqual([
      { ...CORRECTION, scheme: 'fp8' },
      later,
    ]);
  });

  test('are the first token of the calmest load, and the mean between tokens of all', () => {
    const estimate = estimateOf(1);
    const load = (concurrency: number, first: number, between: number) => ({
      concurrency,
      estimate,
      measured: {
        timeToFirstTokenMs: estimate.timeToFirstTokenMs! * first,
        interTokenMs: estimate.interTokenMs! * between,
      },
    });
    const factors = deriveFactors([load(16, 9, 4), load(1, 1.25, 1)])!;
    expect(factors.timeToFirstToken).toBeCloseTo(1.25, 9);
    expect(factors.interToken).toBeCloseTo(2, 9);
    // Not this model on this machine.
    expect(deriveFactors([load(1, 100, 1)])).toBeUndefined();
    expect(deriveFactors([])).toBeUndefined();
  });

  test.each(['', '{}', '{"schema": 2, "corrections": []}', '{"schema": 1, "corrections": [{}]}', 'null'])(
    '%j is no file of corrections',
    (text) => {
      expect(() => parseCorrections(text, 'f')).toThrow(expect.objectContaining({ id: 'CORRECTIONS_UNREADABLE' }));
    },
  );

  test.each([0, -1, 1000, 'much', null])('a factor of %j is refused', (interToken) => {
    const text = JSON.stringify({ schema: 1, corrections: [{ ...CORRECTION, interToken }] });
    expect(() => parseCorrections(text, 'f')).toThrow(expect.objectContaining({ id: 'CORRECTIONS_UNREADABLE' }));
  });
});
