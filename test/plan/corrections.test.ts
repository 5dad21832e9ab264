import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { runCli } from '../../bin/program';
import { resolveEndpoint } from '../../lib/endpoint/resolve';
import {
  correctionFor,
  correctSpeed,
  deriveFactors,
  makePlan,
  measuredLoads,
  nearestLoad,
  parseCorrections,
  readMeasured,
  setCorrections,
  withCorrection,
  type Correction,
} from '../../lib/plan';
import { useTemporaryFolder } from '../format/temporary-folder';

const CONFIG = JSON.parse(readFileSync('examples/neuron/config.json', 'utf8')) as Record<string, unknown>;
const SPEC = {
  model: { id: 'Qwen/Qwen2.5-7B-Instruct', config: CONFIG },
  container: { family: 'lmi' as const },
  instanceType: 'ml.g6e.xlarge',
  region: 'us-east-1',
  options: { maxModelLen: 8192 },
  workload: { inputTokens: 512, outputTokens: 128, concurrency: 4 },
};
const CORRECTION: Correction = {
  model: SPEC.model.id,
  scheme: 'none',
  instanceType: SPEC.instanceType,
  container: 'lmi',
  timeToFirstToken: 1.5,
  interToken: 1.2,
  measuredAt: '2026-01-02T03:04:05.000Z',
};

const temporary = useTemporaryFolder();
afterEach(() => setCorrections([]));

const estimateOf = (concurrency: number) =>
  makePlan(resolveEndpoint({ ...SPEC, workload: { ...SPEC.workload, concurrency } })).estimate;

/** A benchmark's report in which all takes so much longer than is planned. */
function report(timeToFirstToken: number, interToken: number): string {
  const stage = (concurrency: number) => {
    const { timeToFirstTokenMs, interTokenMs, outputTokensPerSecond, requestsPerSecond } = estimateOf(concurrency);
    return {
      load: { kind: 'closed', concurrency },
      timeToFirstTokenMs: { p50: timeToFirstTokenMs! * timeToFirstToken },
      interTokenMs: { p50: interTokenMs! * interToken },
      outputTokensPerSecond,
      requestsPerSecond,
      inputTokens: { mean: 512 },
      outputTokens: { mean: 128 },
    };
  };
  return JSON.stringify({
    schema: 1,
    startedAt: '2026-01-02T03:04:05.000Z',
    endpoint: {
      endpoint: 'chat',
      stages: [stage(1), stage(8), { load: { kind: 'open', requestsPerSecond: 2 }, outputTokensPerSecond: 3 }],
    },
  });
}

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

describe('qe plan --measured with a benchmark', () => {
  async function qe(...argv: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
    const written = { stdout: '', stderr: '' };
    const spies = (['stdout', 'stderr'] as const).map((stream) =>
      jest.spyOn(process[stream], 'write').mockImplementation((chunk) => {
        written[stream] += String(chunk);
        return true;
      }),
    );
    try {
      return { status: await runCli(argv), ...written };
    } finally {
      for (const spy of spies) spy.mockRestore();
    }
  }

  let files: { spec: string; report: string; corrections: string };
  const before = process.env.QE_CORRECTIONS;
  beforeEach(() => {
    const folder = temporary();
    files = {
      spec: path.join(folder, 'spec.json'),
      report: path.join(folder, 'report.json'),
      corrections: path.join(folder, 'corrections.json'),
    };
    writeFileSync(files.spec, JSON.stringify(SPEC));
    writeFileSync(files.report, report(1.5, 1.2));
    process.env.QE_CORRECTIONS = files.corrections;
  });
  afterEach(() => {
    if (before === undefined) delete process.env.QE_CORRECTIONS;
    else process.env.QE_CORRECTIONS = before;
  });

  test('shows each load beside the plan of the same load', async () => {
    const { stdout } = await qe('plan', files.spec, '--measured', files.report, '--json');
    const answer = JSON.parse(stdout);
    expect(answer.measuredByLoad.map(({ concurrency }: { concurrency: number }) => concurrency)).toEqual([1, 8]);
    for (const { comparison } of answer.measuredByLoad) {
      const [first, between] = comparison;
      expect(first).toMatchObject({ figure: 'timeToFirstTokenMs' });
      expect(first.relativeError).toBeCloseTo(1 / 1.5 - 1, 6);
      expect(between.relativeError).toBeCloseTo(1 / 1.2 - 1, 6);
    }
    expect(answer.measured).toEqual(answer.measuredByLoad[1].comparison);
    expect(existsSync(files.corrections)).toBe(false);
    const { stdout: words } = await qe('plan', files.spec, '--measured', files.report, '--no-color');
    expect(words).toContain('8 at once: prediction beside measurement');
  });

  test('keeps corrections when it is asked to, which later plans use and tell', async () => {
    const plain = JSON.parse((await qe('plan', files.spec, '--json')).stdout);
    const { stderr } = await qe('plan', files.spec, '--measured', files.report, '--save-corrections', '--json');
    expect(stderr).toContain(files.corrections);
    const [correction] = parseCorrections(readFileSync(files.corrections, 'utf8'), 'f').corrections;
    expect(correction).toMatchObject({ model: SPEC.model.id, container: 'lmi', measuredAt: CORRECTION.measuredAt });
    expect(correction.timeToFirstToken).toBeCloseTo(1.5, 6);
    const corrected = JSON.parse((await qe('plan', files.spec, '--json')).stdout);
    expect(corrected.estimate.interTokenMs).toBeCloseTo(plain.estimate.interTokenMs * 1.2, 6);
    expect((await qe('plan', files.spec, '--no-color')).stdout).toContain('first token × 1.50, between tokens × 1.20');
    // Measuring again compares with the estimate itself: corrections must not pile up.
    await qe('plan', files.spec, '--measured', files.report, '--save-corrections', '--json');
    const [again] = parseCorrections(readFileSync(files.corrections, 'utf8'), 'f').corrections;
    expect(again).toEqual(correction);
  });

  test('an engine’s log is no ground for corrections, and neither is nothing', async () => {
    writeFileSync(files.report, 'Model loading took 15.0 GiB memory\n');
    const fromLog = await qe('plan', files.spec, '--measured', files.report, '--save-corrections', '--json');
    expect([fromLog.status, JSON.parse(fromLog.stdout).findings[0].rule]).toEqual([2, 'CORRECTIONS_NEED_BENCHMARK']);
    const without = await qe('plan', files.spec, '--save-corrections', '--json');
    expect([without.status, JSON.parse(without.stdout).findings[0].rule]).toEqual([2, 'OPTION_MISSING']);
    writeFileSync(files.corrections, '{}');
    const broken = await qe('plan', files.spec, '--json');
    expect([broken.status, JSON.parse(broken.stdout).findings[0].rule]).toEqual([2, 'CORRECTIONS_UNREADABLE']);
  });
});
