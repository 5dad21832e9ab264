import {
  compareWithMeasured,
  correctionFor,
  correctSpeed,
  DEFAULT_WORKLOAD,
  deriveFactors,
  makePlan,
  measuredLoads,
  parseCorrections,
  readEngineLog,
  readMeasured,
  type SpeedEstimate,
} from '../../lib/plan';
import { resolveEndpoint } from '../../lib/endpoint/resolve';
import { CORRECTION, SPEC } from './benchmark-report';

const GIB = 2 ** 30;
const unreadable = (id: string) => expect.objectContaining({ id }) as Error;

describe('a file of corrections', () => {
  const parse = (corrections: unknown) => parseCorrections(JSON.stringify({ schema: 1, corrections }), 'c.json');

  test('is read as it was written', () => {
    expect(parse([CORRECTION])).toEqual({ schema: 1, corrections: [CORRECTION] });
    expect(parse([])).toEqual({ schema: 1, corrections: [] });
    const { timeToFirstToken: _first, ...between } = CORRECTION;
    expect(parse([between]).corrections).toEqual([between]);
  });

  test.each([0.05, 20])('takes a factor of %d, the furthest there is', (factor) => {
    expect(parse([{ ...CORRECTION, timeToFirstToken: factor, interToken: factor }]).corrections).toHaveLength(1);
  });

  test.each([0.0499, 20.001])('refuses a factor of %d to the first token', (timeToFirstToken) => {
    expect(() => parse([{ ...CORRECTION, timeToFirstToken }])).toThrow(unreadable('CORRECTIONS_UNREADABLE'));
  });

  test.each([null, 'text', 7])('refuses %j for a correction', (value) => {
    expect(() => parse([value])).toThrow(unreadable('CORRECTIONS_UNREADABLE'));
  });

  test.each(['model', 'scheme', 'instanceType', 'container', 'measuredAt'])('needs to say its %s', (name) => {
    expect(() => parse([{ ...CORRECTION, [name]: undefined }])).toThrow(unreadable('CORRECTIONS_UNREADABLE'));
  });

  test.each([{}, 'many', undefined])('has a list, which %j is none', (value) => {
    expect(() => parse(value)).toThrow(unreadable('CORRECTIONS_UNREADABLE'));
  });

  test('that is not JSON says where it ends, of which file, and what could be there', () => {
    expect(() => parseCorrections('{', 'c.json')).toThrow(
      expect.objectContaining({
        message: expect.stringMatching(/c\.json.*JSON/) as string,
        path: 'c.json',
        allowed: expect.stringContaining('factors from 0.05 to 20') as string,
        fix: expect.stringContaining('measure again') as string,
      }) as Error,
    );
  });

  test('counts the latest wherever it stands, and the last of two of one time', () => {
    const later = { ...CORRECTION, interToken: 2, measuredAt: '2026-02-01T00:00:00.000Z' };
    const latest = (...known: (typeof later)[]) => correctionFor(resolveEndpoint(SPEC), known);
    expect(latest(later, CORRECTION as typeof later)).toBe(later);
    expect(latest(CORRECTION as typeof later, later)).toBe(later);
    const twin = { ...later, interToken: 3 };
    expect(latest(later, twin)).toBe(twin);
  });
});

describe('a corrected estimate', () => {
  /** Four requests at once, 0.1 s of prefill each and 100 steps of 10 ms: 404 tokens in 1.4 s. */
  const estimate: SpeedEstimate = {
    timeToFirstTokenMs: 100,
    interTokenMs: 10,
    outputTokensPerSecond: 404 / 1.4,
    requestsPerSecond: 4 / 1.4,
    bound: 'compute',
  };
  const workload = { outputTokens: 101 };

  test('makes prefill or decoding longer, each in its part of the whole', () => {
    const first = correctSpeed(estimate, { timeToFirstToken: 2 }, workload);
    expect(first).toMatchObject({ timeToFirstTokenMs: 200, interTokenMs: 10, bound: 'compute' });
    expect(first.outputTokensPerSecond).toBeCloseTo(404 / 1.8, 9);
    expect(first.requestsPerSecond).toBeCloseTo(4 / 1.8, 9);
    const between = correctSpeed(estimate, { interToken: 3 }, workload);
    expect(between).toMatchObject({ timeToFirstTokenMs: 100, interTokenMs: 30 });
    expect(between.outputTokensPerSecond).toBeCloseTo(404 / 3.4, 9);
  });

  test('takes the length of answers that a plan takes where none is named', () => {
    const factors = { timeToFirstToken: 2 };
    const { outputTokens } = DEFAULT_WORKLOAD;
    expect(outputTokens).not.toBe(101);
    expect(correctSpeed(estimate, factors, undefined)).toEqual(correctSpeed(estimate, factors, { outputTokens }));
    expect(correctSpeed(estimate, factors, {})).toEqual(correctSpeed(estimate, factors, { outputTokens }));
  });

  test('of single tokens follows the first alone', () => {
    const one = { ...estimate, outputTokensPerSecond: 8 };
    expect(correctSpeed(one, { timeToFirstToken: 2, interToken: 5 }, { outputTokens: 1 })).toMatchObject({
      outputTokensPerSecond: 4,
    });
    expect(correctSpeed(one, { timeToFirstToken: 2, interToken: 5 }, { outputTokens: 0 })).toMatchObject({
      outputTokensPerSecond: 4,
    });
  });

  test.each([
    ['as fast as prefill allows', 1010],
    ['faster than prefill allows', 2000],
    ['of no tokens', 0],
  ])('%s follows the first token alone', (_name, outputTokensPerSecond) => {
    const { outputTokensPerSecond: after } = correctSpeed(
      { ...estimate, outputTokensPerSecond },
      { timeToFirstToken: 2, interToken: 5 },
      workload,
    );
    expect(after).toBeCloseTo(outputTokensPerSecond / 2, 9);
  });

  test.each(['timeToFirstTokenMs', 'interTokenMs', 'outputTokensPerSecond'] as const)(
    'without its %s stays as it is',
    (name) => {
      const partial = { ...estimate, [name]: null };
      expect(correctSpeed(partial, { timeToFirstToken: 2, interToken: 2 }, workload)).toBe(partial);
    },
  );

  test('has no requests a second where the estimate has none', () => {
    const after = correctSpeed({ ...estimate, requestsPerSecond: null }, { interToken: 2 }, workload);
    expect(after.requestsPerSecond).toBeNull();
    expect(after.outputTokensPerSecond).toBeLessThan(estimate.outputTokensPerSecond as number);
  });
});

describe('factors', () => {
  const estimate = (first: number | null, between: number | null): SpeedEstimate => ({
    timeToFirstTokenMs: first,
    interTokenMs: between,
    outputTokensPerSecond: 1,
    requestsPerSecond: 1,
    bound: null,
  });
  const load = (
    measured: { timeToFirstTokenMs?: number; interTokenMs?: number },
    of: SpeedEstimate = estimate(100, 10),
  ) => ({
    concurrency: 1,
    estimate: of,
    measured,
  });

  test('are of what was measured', () => {
    expect(deriveFactors([load({ timeToFirstTokenMs: 150 })])).toEqual({ timeToFirstToken: 1.5 });
    expect(deriveFactors([load({ interTokenMs: 15 })])).toEqual({ interToken: expect.closeTo(1.5, 12) as number });
    expect(deriveFactors([load({})])).toBeUndefined();
  });

  test('leave out the loads that have none', () => {
    expect(deriveFactors([load({ interTokenMs: 20 }), load({})])).toEqual({
      interToken: expect.closeTo(2, 12) as number,
    });
  });

  test.each([null, 0])('need an estimate, which %p is none', (none) => {
    const measured = { timeToFirstTokenMs: 150, interTokenMs: 15 };
    expect(deriveFactors([load(measured, estimate(none, none))])).toBeUndefined();
    expect(deriveFactors([load(measured, estimate(none, 10))])).toEqual({
      interToken: expect.closeTo(1.5, 12) as number,
    });
    expect(deriveFactors([load(measured, estimate(100, none))])).toEqual({ timeToFirstToken: 1.5 });
  });

  test.each([2000, 5])('of %d for 100 are the furthest there are', (timeToFirstTokenMs) => {
    expect(deriveFactors([load({ timeToFirstTokenMs })])).toEqual({ timeToFirstToken: timeToFirstTokenMs / 100 });
  });

  test.each([2001, 4.99])('of %d for 100 are of something else', (timeToFirstTokenMs) => {
    expect(deriveFactors([load({ timeToFirstTokenMs })])).toBeUndefined();
    expect(deriveFactors([load({ timeToFirstTokenMs, interTokenMs: 10 })])).toBeUndefined();
  });
});

describe('a benchmark’s loads', () => {
  const loads = (...stages: unknown[]) => measuredLoads({ endpoint: { stages } });
  const closed = { load: { kind: 'closed', concurrency: 2 }, outputTokensPerSecond: 5 };

  test('have what was measured, and how long the requests were', () => {
    const measured = { timeToFirstTokenMs: 1, interTokenMs: 2, outputTokensPerSecond: 3, requestsPerSecond: 4 };
    expect(
      loads({
        load: { kind: 'closed', concurrency: 2 },
        timeToFirstTokenMs: { p50: 1 },
        interTokenMs: { p50: 2 },
        outputTokensPerSecond: 3,
        requestsPerSecond: 4,
        inputTokens: { mean: 512 },
        outputTokens: { mean: 128 },
      }),
    ).toEqual([{ concurrency: 2, inputTokens: 512, outputTokens: 128, measured }]);
    expect(loads(closed)).toEqual([{ concurrency: 2, measured: { outputTokensPerSecond: 5 } }]);
  });

  test.each([
    { ...closed, load: { kind: 'open', concurrency: 2 } },
    { ...closed, load: { kind: 'closed' } },
    { ...closed, load: { kind: 'open' } },
    { ...closed, load: null },
    { load: closed.load },
    null,
    7,
    [closed],
  ])('are none in %j', (stage) => {
    expect(loads(stage)).toEqual([]);
    expect(loads(stage, closed)).toHaveLength(1);
  });

  test.each([0, -1, NaN, Infinity, '5', null])('have no figure in %p', (outputTokensPerSecond) => {
    expect(loads({ ...closed, outputTokensPerSecond })).toEqual([]);
    expect(loads({ ...closed, outputTokensPerSecond, interTokenMs: { p50: 2 } })).toEqual([
      { concurrency: 2, measured: { interTokenMs: 2 } },
    ]);
  });
});

describe('what is read', () => {
  test('of a log leaves out what is no number', () => {
    expect(readEngineLog('Model loading took 1.2.3 GiB')).toEqual({});
    expect(readEngineLog('Model loading took 2 GiB\nModel loading took 1.2.3 GiB')).toEqual({ weights: 2 * GIB });
  });

  test('of the line that sums up a start has its activations, graphs and cache', () => {
    expect(
      readEngineLog(
        'Actual usage is 15.26 GiB for consumed memory (weights + non-torch), 1.44 GiB for peak activation, and 0.23 GiB for CUDAGraph memory. Current kv cache memory in use is 56.25 GiB.',
      ),
    ).toEqual({ activations: 1.44 * GIB, graphs: 0.23 * GIB, kvCache: 56.25 * GIB });
  });

  test('of JSON may begin with white space', () => {
    expect(readMeasured('\n  {"kvCacheTokens": 7}', 'm.json')).toEqual({ kvCacheTokens: 7 });
  });

  test('of a log in lines of JSON is the log’s', () => {
    const lines = '{"message": "Model loading took 1.0 GiB"}\n{"message": "GPU KV cache size: 1,600 tokens"}';
    expect(readMeasured(lines, 'a.log')).toEqual({ weights: GIB, kvCacheTokens: 1600 });
    expect(() => readMeasured('{"message": "hello"}\n{}', 'a.log')).toThrow(unreadable('MEASURED_UNREADABLE'));
  });

  test.each(['5', 'null', '"text"', '[]'])('has nothing in parts that are %s', (part) => {
    expect(readMeasured(`{"memory": ${part}, "estimate": ${part}, "kvCacheTokens": 7}`, 'm.json')).toEqual({
      kvCacheTokens: 7,
    });
  });

  test('may have no parts', () => {
    expect(readMeasured('{"weights": 5, "interTokenMs": 9, "maxConcurrency": 2}', 'm.json')).toEqual({
      weights: 5,
      interTokenMs: 9,
      maxConcurrency: 2,
    });
  });

  test('of a report without closed loads is refused, by name and with what could be read', () => {
    expect(() => readMeasured('{"endpoint": {"stages": []}}', 'r.json')).toThrow(
      expect.objectContaining({
        id: 'MEASURED_UNREADABLE',
        path: 'r.json',
        allowed: expect.stringContaining('qe benchmark') as string,
        fix: expect.stringContaining('CloudWatch') as string,
      }) as Error,
    );
    expect(() => readMeasured('{ no', 'r.json')).toThrow(/r\.json.*JSON/);
  });
});

test('a figure that was measured as nothing is off by no share', () => {
  const plan = makePlan(resolveEndpoint(SPEC));
  expect(compareWithMeasured(plan, { weights: 0 })).toEqual([
    { figure: 'weights', predicted: plan.memory.weights, measured: 0, relativeError: null },
  ]);
});
