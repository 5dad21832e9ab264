import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { layoutSafetensors } from '../../../lib/format';
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
const groups = [
  { weights, width: 3 },
  { weights: ['down.weight'], width: 3 },
];

test('what is written is read back, by any weight of the group', async () => {
  const file = path.join(folder, 'whole.safetensors');
  const plan = { tokens: 70, sequences: 7, modelDigest: 'sha256:abc', moments: true, groups };
  const writer = new CalibrationWriter(file, plan);
  writer.write(1, { ...statistics, absMax: vector(100) });
  writer.write(0, statistics);
  writer.commit();

  const calibration = await openCalibration(file);
  expect(calibration).toMatchObject({ tokens: 70, sequences: 7, modelDigest: 'sha256:abc' });
  expect(calibration.groups).toEqual([weights, ['down.weight']]);
  expect(await calibration.read(weights[1])).toEqual(statistics);
  expect((await calibration.read('down.weight'))?.absMax).toEqual(vector(100));
  expect(await calibration.read('lm_head.weight')).toBeUndefined();
  await calibration.close();
});

test('moments may be left out', async () => {
  const file = path.join(folder, 'vectors.safetensors');
  const writer = new CalibrationWriter(file, { tokens: 70, sequences: 7, moments: false, groups: [groups[0]] });
  writer.write(0, statistics);
  writer.commit();
  const calibration = await openCalibration(file);
  expect(await calibration.read(weights[0])).toEqual({ ...statistics, moments: undefined });
  await calibration.close();
});

test('a file without all its groups is not kept', () => {
  const file = path.join(folder, 'half.safetensors');
  const writer = new CalibrationWriter(file, { tokens: 1, sequences: 1, moments: true, groups });
  writer.write(0, statistics);
  expect(() => writer.commit()).toThrow(expect.objectContaining({ id: 'TARGET_INCOMPLETE' }));
  expect(readdirSync(folder)).not.toContain('half.safetensors');
});

test('a safetensors file of another kind is told so', async () => {
  const file = path.join(folder, 'weights.safetensors');
  writeFileSync(file, layoutSafetensors({ tensors: [] }).header);
  await expect(openCalibration(file)).rejects.toMatchObject({ id: 'CALIBRATION_UNREADABLE' });
});
