import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openCheckpoint, parseImatrix, type Checkpoint, type CheckpointFolder } from '../../../lib/format';
import { locateCheckpoint } from '../../../lib/format/node';
import { parseScheme } from '../../../lib/scheme';
import type { Calibration } from '../../../lib/simulate/calibration/calibration';
import { CalibrationWriter, openCalibration } from '../../../lib/simulate/calibration/file';
import { ImatrixRecorder } from '../../../lib/simulate/calibration/imatrix';
import { calibrationOf } from '../../../lib/simulate/calibration/in-memory';
import { CheckpointWeights } from '../../../lib/simulate/checkpoint-weights';
import { decoderShape, type DecoderShape } from '../../../lib/simulate/forward/decoder-shape';
import { isScalable } from '../../../lib/simulate/groups/task';
import { createKernelEngine } from '../../../lib/simulate/kernels/create';
import { calibrate, type CalibratedGroup } from '../../../lib/simulate/quality/calibrate';
import { evaluate } from '../../../lib/simulate/quality/evaluate';
import { simulate } from '../../../lib/simulate/simulate';
import { precedingOf } from '../../../lib/simulate/write/preceding';
import { writeCheckpoint } from '../../../lib/simulate/write/write-checkpoint';
import { MADE_EXPERTS, writeCheckpoint as writeMade } from '../../convert/checkpoints';

const scratch = mkdtempSync(path.join(tmpdir(), 'qe-calibrated-experts-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** Six experts, two of which each token passes, and one for all. */
const made = MADE_EXPERTS[1];
const EXPERTS = 6;
const windows = [[7, 8, 9, 10], Array.from({ length: 12 }, (_, i) => (i * 37 + 5) % 256)];
const tokens = 16;

let folder: CheckpointFolder;
let checkpoint: Checkpoint;
let shape: DecoderShape;
let groups: CalibratedGroup[];
let calibration: Calibration;
beforeAll(async () => {
  ({ folder } = locateCheckpoint(writeMade(scratch, made)));
  checkpoint = await openCheckpoint(folder);
  shape = decoderShape(checkpoint.config);
  groups = [];
  const source = new CheckpointWeights(checkpoint, createKernelEngine());
  await calibrate(windows, true, { source, shape, threads: 1 }, (group) => void groups.push(group));
  calibration = calibrationOf('a text', groups, windows.length);
});

const expertOf = /layers\.(\d+)\.mlp\.experts\.(\d+)\.(gate|down)_proj/;

/** Tokens that entered each expert's gate and up, by layer. */
function countsOf(layer: number): number[] {
  return groups.flatMap(({ weights: [first], statistics }) => {
    const match = expertOf.exec(first);
    return match !== null && Number(match[1]) === layer && match[3] === 'gate' ? [statistics.tokens] : [];
  });
}

describe('calibrating a mixture of experts', () => {
  test('gives each expert the tokens that its router sends it', () => {
    for (let layer = 0; layer < shape.layers; layer++) {
      const counts = countsOf(layer);
      expect(counts).toHaveLength(EXPERTS);
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(2 * tokens);
    }
    const shared = groups.find(({ weights }) => weights[0].includes('layers.0.mlp.shared_expert.gate_proj'))!;
    expect(shared.statistics.tokens).toBe(tokens);
    expect(shared.weights).toHaveLength(3);
  });

  test('tells experts that no token reached from the others', async () => {
    const unreached = groups.filter(({ statistics }) => statistics.tokens === 0).map(({ weights }) => weights);
    expect(unreached.length).toBeGreaterThan(0);
    expect(calibration.unreached).toEqual(unreached);
    expect(calibration.groups).toHaveLength(groups.length - unreached.length);
    expect(await calibration.read(unreached[0][0])).toBeUndefined();
  });

  test('comes back from a file as it was', async () => {
    const file = path.join(scratch, 'experts.calibration');
    const plan = groups.map(({ weights, statistics: { width } }) => ({ weights, width }));
    const writer = new CalibrationWriter(file, { groups: plan, tokens, sequences: 2, moments: true });
    groups.forEach(({ statistics }, index) => writer.write(index, statistics));
    writer.commit();
    const opened = await openCalibration(file);
    expect(opened.groups).toEqual(calibration.groups);
    expect(opened.unreached).toEqual(calibration.unreached);
    for (const [weight] of calibration.groups)
      expect(await opened.read(weight)).toEqual(await calibration.read(weight));
    for (const [weight] of calibration.unreached!) expect(await opened.read(weight)).toBeUndefined();
    await opened.close();
  });

  test('makes an importance matrix with a count for each of the experts that are stacked', () => {
    const recorder = new ImatrixRecorder(
      checkpoint,
      groups.map(({ weights, statistics: { width } }) => ({ weights, width })),
    );
    for (const { weights, statistics } of groups) recorder.add(weights, statistics);
    const { entries } = parseImatrix(recorder.bytes({ file: 'text', sequences: 2, tokens }));
    const { counts, meanSquares } = entries.get('blk.1.ffn_gate_exps.weight')!;
    expect(counts).toEqual(countsOf(1));
    const expert = counts.findIndex((count) => count > 0);
    const { statistics } = groups.find(({ weights }) => weights[0].includes(`layers.1.mlp.experts.${expert}.gate`))!;
    const { width, moments } = statistics;
    expect(meanSquares).toHaveLength(EXPERTS * width);
    for (const column of [0, 1, width - 1])
      expect(meanSquares[expert * width + column] / moments!.second[column * (width + 1)]).toBeCloseTo(1, 5);
    expect(entries.get('blk.1.ffn_up_shexp.weight')!.counts).toEqual([tokens]);
    expect(entries.get('blk.1.attn_q.weight')!.counts).toEqual([tokens]);
  });
});

describe('schemes that calibrate, on a mixture of experts', () => {
  const schemes = [
    parseScheme('awq', { groupSize: 32 }),
    parseScheme('gptq', { groupSize: 32 }),
    parseScheme('smoothquant'),
    parseScheme('int8-w8a8-static'),
  ];
  const text = { windows, window: 16, stride: 16 };

  test('say which experts they had nothing on, and what they did with them', async () => {
    const evaluation = await evaluate(checkpoint, { schemes, text, calibration, threads: 2 });
    const [awq, gptq, smooth, fixed] = evaluation.schemes.map(({ notes }) => notes.join('\n'));
    for (const notes of [awq, gptq, smooth]) expect(notes).toMatch(/No token .* passed .* on weights alone/);
    for (const notes of [awq, smooth]) expect(notes).toContain('feeds the router too');
    expect(fixed).toMatch(/No token .* passed .* a scale for each token was used/);
    expect(fixed).toContain('largest of a layer');
    for (const { meanKl } of evaluation.schemes) expect(meanKl).toBeGreaterThan(0);
  });

  test('quantize those experts as they do without calibration, and the others otherwise', async () => {
    const figures = async (calibrated: boolean) => {
      const options = { schemes: [schemes[1]], threads: 2, calibration: calibrated ? calibration : undefined };
      const { schemes: found } = await simulate(checkpoint, options);
      return { notes: found[0].notes, of: new Map(found[0].tensors.map(({ name, figures: own }) => [name, own])) };
    };
    const [alone, calibrated] = [await figures(false), await figures(true)];
    expect(calibrated.notes.join('\n')).toMatch(/No token .* passed .* gptq quantized them on weights alone/);
    for (const weight of calibration.unreached!.flat()) expect(calibrated.of.get(weight)).toEqual(alone.of.get(weight));
    const reached = calibration.groups.flat().filter((name) => expertOf.test(name));
    expect(reached.length).toBeGreaterThan(0);
    for (const weight of reached) expect(calibrated.of.get(weight)).not.toEqual(alone.of.get(weight));
  });

  test('are written, and say the same', async () => {
    const target = path.join(scratch, 'written');
    const options = { scheme: schemes[0], calibration, threads: 2 };
    const { notes } = await writeCheckpoint(folder, checkpoint, target, options);
    expect(notes.join('\n')).toMatch(/No token .* passed .* rounded to nearest/);
  });

  test('are not written with static scales for some experts only', async () => {
    const options = { scheme: schemes[3], calibration, threads: 2 };
    await expect(writeCheckpoint(folder, checkpoint, path.join(scratch, 'static'), options)).rejects.toMatchObject({
      id: 'EXPERTS_NOT_CALIBRATED',
    });
  });

  test('move factors into an expert’s own up projection, and never into the norm before the router', () => {
    const has = () => true;
    const block = 'model.layers.3.';
    expect(precedingOf([`${block}mlp.experts.12.down_proj.weight`], has)).toEqual({
      kind: 'rows',
      name: `${block}mlp.experts.12.up_proj.weight`,
    });
    expect(precedingOf([`${block}block_sparse_moe.experts.2.w2.weight`], has)).toEqual({
      kind: 'rows',
      name: `${block}block_sparse_moe.experts.2.w3.weight`,
    });
    for (const module of ['mlp.experts.0.gate_proj', 'mlp.shared_expert.up_proj', 'block_sparse_moe.experts.0.w1']) {
      expect(precedingOf([`${block}${module}.weight`], has)).toBeUndefined();
      expect(isScalable([`${block}${module}.weight`])).toBe(false);
    }
    expect(isScalable([`${block}mlp.experts.12.down_proj.weight`])).toBe(true);
    expect(isScalable([`${block}mlp.gate_proj.weight`, `${block}mlp.up_proj.weight`])).toBe(true);
  });
});
