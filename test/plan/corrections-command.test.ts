import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseCorrections, setCorrections } from '../../lib/plan';
import { qe } from '../cli/qe';
import { useTemporaryFolder } from '../format/temporary-folder';
import { CORRECTION, SPEC, report } from './benchmark-report';

const temporary = useTemporaryFolder();
afterEach(() => setCorrections([]));

describe('qe plan --measured with a benchmark', () => {
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
