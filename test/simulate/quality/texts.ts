import { readFileSync } from 'node:fs';
import path from 'node:path';
import { openCheckpoint, type Checkpoint } from '../../../lib/format';
import { locateCheckpoint } from '../../../lib/format/node';
import { calibrationOf } from '../../../lib/simulate/calibration/in-memory';
import type { Calibration } from '../../../lib/simulate/calibration/calibration';
import { CheckpointWeights } from '../../../lib/simulate/checkpoint-weights';
import { decoderShape } from '../../../lib/simulate/forward/decoder-shape';
import { createKernelEngine } from '../../../lib/simulate/kernels/create';
import { calibrate, type CalibratedGroup } from '../../../lib/simulate/quality/calibrate';
import { textWindows, type TextWindows } from '../../../lib/simulate/quality/windows';
import { loadTokenizer } from '../../../bin/quality/tokenizer';

export const MODEL = path.join(__dirname, '../../../examples/models/gutenberg-3m');
export const fixture = (name: string) => path.join(__dirname, 'fixtures', name);

/** A public-domain text in the example model's tokens, in windows of 512. */
export async function textOf(name: string, limit?: number): Promise<TextWindows> {
  const tokenizer = await loadTokenizer(locateCheckpoint(MODEL).folder);
  return textWindows(tokenizer.encode(readFileSync(fixture(name), 'utf8')), tokenizer.begin, 512, limit);
}

export function openModel(): Promise<Checkpoint> {
  return openCheckpoint(locateCheckpoint(MODEL).folder);
}

/** Statistics of the calibration text, moments included. */
export async function calibrationFor(checkpoint: Checkpoint): Promise<Calibration> {
  const text = await textOf('calibration.txt');
  const groups: CalibratedGroup[] = [];
  const shape = decoderShape(checkpoint.config);
  const source = new CheckpointWeights(checkpoint, createKernelEngine());
  await calibrate(text.windows, true, { shape, source, threads: 2 }, (group) => void groups.push(group));
  return calibrationOf('calibration.txt', groups, text.windows.length);
}
