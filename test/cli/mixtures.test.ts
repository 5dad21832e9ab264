import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseImatrix } from '../../lib/format';
import { MADE_EXPERTS, writeCheckpoint } from '../convert/checkpoints';
import { useTemporaryFolder } from '../format/temporary-folder';
import { qe } from './qe';

const temporary = useTemporaryFolder();
const words = readFileSync(path.join(__dirname, '../simulate/quality/fixtures/calibration.txt'), 'utf8');

describe('a mixture of experts on the command line', () => {
  test('is calibrated, evaluated and told of experts that no token reached, once', async () => {
    const folder = temporary();
    const model = writeCheckpoint(folder, MADE_EXPERTS[1]);
    const [text, heldOut, out, matrix] = ['text', 'held-out', 'calibration', 'imatrix.gguf'].map((name) =>
      path.join(folder, name),
    );
    writeFileSync(text, words.slice(0, 1500));
    writeFileSync(heldOut, words.slice(3000, 4500));

    const calibrated = await qe('calibrate', model, '--text', text, '--out', out, '--imatrix', matrix, '--json');
    expect(calibrated.status).toBe(0);
    const { unreachedExperts, groups } = JSON.parse(calibrated.stdout) as Record<string, number>;
    expect(unreachedExperts).toBeGreaterThan(0);
    // Attention, its output, and two inputs of each of six experts and of the shared one, in two layers.
    expect(groups).toBe(2 * (2 + 2 * 7));
    expect(calibrated.stderr).toContain('No token of the calibration text passed model.layers.');
    const { counts } = parseImatrix(new Uint8Array(readFileSync(matrix))).entries.get('blk.0.ffn_down_exps.weight')!;
    expect(counts).toHaveLength(6);

    const report = path.join(folder, 'report.json');
    const simulated = await qe(
      ...['simulate', model, '--scheme', 'gptq', '--group-size', '32', '--calibration', out],
      ...['--evaluate', heldOut, '--threads', '1', '--report', report],
    );
    expect(simulated.status).toBe(0);
    expect(simulated.stdout.match(/gptq quantized them on weights alone/g)).toHaveLength(1);
    const { schemes } = JSON.parse(readFileSync(report, 'utf8')) as {
      schemes: { notes: string[]; evaluation: { meanKl: number } }[];
    };
    expect(schemes[0].evaluation.meanKl).toBeGreaterThan(0);
    expect(schemes[0].notes.filter((note) => note.startsWith('No token'))).toHaveLength(1);
  });

  test('whose experts lie in one tensor has its weights compared alone, and is told so', async () => {
    const folder = temporary();
    const model = writeCheckpoint(folder, MADE_EXPERTS[3]);
    const text = path.join(folder, 'text');
    writeFileSync(text, words.slice(0, 1500));
    const simulated = await qe('simulate', model, '--scheme', 'gguf:Q8_0', '--evaluate', text, '--threads', '1');
    expect(simulated.status).toBe(0);
    expect(simulated.stderr).toMatch(/FORWARD_PASS_UNSUPPORTED.*all experts of a layer in one tensor/);
    const calibrated = await qe('calibrate', model, '--text', text, '--out', path.join(folder, 'out'));
    expect(calibrated.status).toBe(2);
    expect(calibrated.stderr).toContain('FORWARD_PASS_UNSUPPORTED');
  });
});
