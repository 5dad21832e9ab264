import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseImatrix } from '../../lib/format';
import { openCalibration } from '../../lib/simulate/calibration/file';
import { useTemporaryFolder } from '../format/temporary-folder';
import { qe } from './qe';

const MODEL = path.join(__dirname, '../../examples/models/gutenberg-3m');
const FIXTURES = path.join(__dirname, '../simulate/quality/fixtures');
const temporary = useTemporaryFolder();

interface SchemeReport {
  readonly scheme: string;
  readonly bytes: number;
  readonly weights: { readonly sqnrDb: number };
  readonly evaluation: { readonly meanKl: number };
}

const simulated = (stdout: string): SchemeReport => (JSON.parse(stdout) as { schemes: SchemeReport[] }).schemes[0];

/** What `qe calibrate --imatrix` makes of a short text. */
async function calibrate(folder: string, ...more: string[]) {
  const text = path.join(folder, 'text.txt');
  const matrix = path.join(folder, 'm.imatrix.gguf');
  const out = path.join(folder, 'm.calibration');
  const words = readFileSync(path.join(FIXTURES, 'calibration.txt'), 'utf8');
  writeFileSync(text, words.slice(0, 6000));
  const run = await qe(
    'calibrate',
    MODEL,
    '--text',
    text,
    '--out',
    out,
    '--imatrix',
    matrix,
    '--threads',
    '2',
    ...more,
  );
  return { ...run, text, matrix, out };
}

/** The same for all that only read it. */
const shared = mkdtempSync(path.join(tmpdir(), 'imatrix-test-'));
let calibrated: Awaited<ReturnType<typeof calibrate>>;
beforeAll(async () => {
  calibrated = await calibrate(shared);
});
afterAll(() => rmSync(shared, { recursive: true, force: true }));

describe('qe calibrate --imatrix', () => {
  test('writes what enters each column of each layer, under the names of llama.cpp', async () => {
    const { status, text, matrix, out } = calibrated;
    expect(status).toBe(0);
    const { datasets, chunks, entries } = parseImatrix(new Uint8Array(readFileSync(matrix)));
    expect(datasets).toEqual([text]);
    const calibration = await openCalibration(out);
    expect(chunks).toBe(calibration.sequences);
    expect(entries.size).toBe(calibration.groups.flat().length);
    const { moments, width } = (await calibration.read('model.layers.1.mlp.down_proj.weight'))!;
    await calibration.close();
    const { meanSquares, counts } = entries.get('blk.1.ffn_down.weight')!;
    expect(counts).toEqual([calibration.tokens]);
    expect(meanSquares.length).toBe(width);
    for (const column of [0, 1, width - 1])
      expect(meanSquares[column] / moments!.second[column * (width + 1)]).toBeCloseTo(1, 5);
  });

  test('needs no moments in the calibration file', async () => {
    const { status, matrix, out } = await calibrate(temporary(), '--no-moments', '--limit-tokens', '600');
    expect(status).toBe(0);
    expect(parseImatrix(new Uint8Array(readFileSync(matrix))).entries.size).toBeGreaterThan(20);
    expect(statSync(out).size).toBeLessThan(200_000);
  });
});

describe('qe simulate and qe quantize --imatrix', () => {
  test('make smaller errors where the model feels them, though not over all weights', async () => {
    const { matrix } = calibrated;
    const heldOut = path.join(temporary(), 'held-out.txt');
    writeFileSync(heldOut, readFileSync(path.join(FIXTURES, 'heldout.txt'), 'utf8').slice(0, 3000));
    const common = ['simulate', MODEL, '--scheme', 'gguf:Q2_K', '--evaluate', heldOut, '--threads', '2', '--json'];
    const without = simulated((await qe(...common)).stdout);
    const weighed = await qe(...common, '--imatrix', matrix);
    expect(weighed.stderr).toContain('note gguf:Q2_K: The importance matrix weighs the errors of columns');
    const within = simulated(weighed.stdout);
    expect(within.bytes).toBe(without.bytes);
    expect(within.weights.sqnrDb).not.toBe(without.weights.sqnrDb);
    expect(within.evaluation.meanKl).toBeLessThan(without.evaluation.meanKl);
  });

  test('write a file that says where its importance comes from', async () => {
    const { matrix, text } = calibrated;
    const out = path.join(temporary(), 'out');
    const run = await qe('quantize', MODEL, '--scheme', 'gguf:Q4_K_M', '--out', out, '--imatrix', matrix, '--json');
    expect(run.status).toBe(0);
    const { files } = JSON.parse(run.stdout) as { files: string[] };
    const shown = JSON.parse((await qe('inspect', files[0], '--json')).stdout) as unknown;
    expect(JSON.stringify(shown)).toContain('blk.0.attn_q.weight');
    const head = readFileSync(files[0])
      .subarray(0, 1 << 20)
      .toString('latin1');
    for (const word of [
      'quantize.imatrix.file',
      'quantize.imatrix.dataset',
      'quantize.imatrix.entries_count',
      text.slice(0, 100),
    ])
      expect(head).toContain(word);
  });

  test('refuse one for a scheme that does not look at it, and a file that is none', async () => {
    const other = await qe('quantize', MODEL, '--scheme', 'awq', '--out', temporary(), '--imatrix', 'm.gguf');
    expect([other.status, other.stderr]).toEqual([2, expect.stringContaining('IMATRIX_NOT_FOR_SCHEME')]);
    const none = path.join(temporary(), 'none.dat');
    writeFileSync(none, 'not a matrix at all');
    for (const command of [
      ['simulate', MODEL],
      ['quantize', MODEL, '--out', temporary()],
    ]) {
      const { status, stderr } = await qe(...command, '--scheme', 'gguf:Q4_0', '--imatrix', none);
      expect([status, stderr]).toEqual([2, expect.stringContaining('IMATRIX_NOT_ONE')]);
    }
  });
});
