import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { layoutSafetensors } from '../../../lib/format';
import { FileSource } from '../../../lib/format/node';
import { CalibrationWriter, openCalibration } from '../../../lib/simulate/calibration/file';

const folder = mkdtempSync(path.join(tmpdir(), 'calibration-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const vector = (start: number) => Float32Array.of(start, start + 1, start + 2);
const second = Float32Array.of(1, 2, 3, 2, 4, 5, 3, 5, 6);
const statistics = {
  width: 3,
  tokens: 70,
  absMax: vector(1),
  absMean: vector(10),
  lowest: vector(20),
  highest: vector(30),
  moments: { width: 3, tokens: 70, second },
};
const weights = ['model.layers.0.self_attn.q_proj.weight', 'model.layers.0.self_attn.k_proj.weight'];

async function failure(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'none',
    (error: { id: string }) => error.id,
  );
}

test('what is written is read back, by any weight of the group', async () => {
  const file = path.join(folder, 'whole.safetensors');
  const writer = CalibrationWriter.create(file, {
    tokens: 70,
    sequences: 7,
    modelDigest: 'sha256:abc',
    groups: [
      { weights, width: 3, moments: true },
      { weights: ['down.weight'], width: 3, moments: false },
    ],
  });
  writer.write(1, { ...statistics, moments: undefined });
  writer.write(0, statistics);
  writer.commit();

  const source = FileSource.open(file);
  const calibration = await openCalibration(source);
  expect(calibration).toMatchObject({ tokens: 70, sequences: 7, modelDigest: 'sha256:abc' });
  expect(calibration.groups).toEqual([weights, ['down.weight']]);
  expect(await calibration.read(weights[1])).toEqual(statistics);
  expect((await calibration.read('down.weight'))?.moments).toBeUndefined();
  expect(await calibration.read('lm_head.weight')).toBeUndefined();
  await source.close();
});

test('a file without all its groups is not kept', () => {
  const file = path.join(folder, 'half.safetensors');
  const writer = CalibrationWriter.create(file, {
    tokens: 1,
    sequences: 1,
    groups: [{ weights, width: 3, moments: true }],
  });
  expect(() => writer.commit()).toThrow(expect.objectContaining({ id: 'TARGET_INCOMPLETE' }));
  expect(readdirSync(folder)).not.toContain('half.safetensors');
});

test('statistics of another width than planned are refused', () => {
  const writer = CalibrationWriter.create(path.join(folder, 'wide.safetensors'), {
    tokens: 1,
    sequences: 1,
    groups: [{ weights, width: 4, moments: false }],
  });
  expect(() => writer.write(0, statistics)).toThrow(expect.objectContaining({ id: 'CALIBRATION_SHAPE' }));
  writer.abort();
});

test('a safetensors file of another kind is told so', async () => {
  const file = path.join(folder, 'weights.safetensors');
  writeFileSync(file, layoutSafetensors({ tensors: [] }).header);
  const source = FileSource.open(file);
  expect(await failure(openCalibration(source))).toBe('CALIBRATION_FORMAT');
  await source.close();
});
