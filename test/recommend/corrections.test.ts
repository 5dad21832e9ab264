import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setCorrections } from '../../lib/plan';
import { qe } from '../cli/qe';
import { useTemporaryFolder } from '../format/temporary-folder';
import { CORRECTION, SPEC } from '../plan/benchmark-report';

const temporary = useTemporaryFolder();
afterEach(() => setCorrections([]));

describe('qe recommend where something was measured', () => {
  const before = process.env.QE_CORRECTIONS;
  afterEach(() => {
    if (before === undefined) delete process.env.QE_CORRECTIONS;
    else process.env.QE_CORRECTIONS = before;
  });

  test('ranks by the measured speed, and says of which', async () => {
    const [spec, corrections] = ['spec.json', 'corrections.json'].map((name) => path.join(temporary(), name));
    const { model, region } = SPEC;
    writeFileSync(spec, JSON.stringify({ model, region, container: { family: 'lmi' } }));
    process.env.QE_CORRECTIONS = corrections;
    const rankedOf = async () => JSON.parse((await qe('recommend', spec, '--json')).stdout).candidates;
    interface Row {
      readonly instanceType: string;
      readonly quantization: string;
      readonly interTokenMs: number;
    }
    const isMeasured = ({ instanceType, quantization }: Row) =>
      instanceType === CORRECTION.instanceType && quantization === CORRECTION.scheme;
    const estimated = (await rankedOf()).find(isMeasured) as Row;
    writeFileSync(corrections, JSON.stringify({ schema: 1, corrections: [{ ...CORRECTION, interToken: 1.3 }] }));
    const rows = (await rankedOf()) as Row[];
    expect(rows.find(isMeasured)!.interTokenMs).toBeCloseTo(1.3 * estimated.interTokenMs, 6);
    const { stdout } = await qe('recommend', spec, '--no-color');
    expect(stdout).toContain(`speeds as measured: ${CORRECTION.scheme} on ${CORRECTION.instanceType} (lmi)`);
  });
});
