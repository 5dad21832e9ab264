import { open } from 'node:fs/promises';
import type { Calibration } from '../../lib/simulate/calibration/calibration';
import { looksLikeCalibration, openCalibration } from '../../lib/simulate/calibration/file';
import { calibrationOf } from '../../lib/simulate/calibration/in-memory';
import { SimulationError } from '../../lib/errors';
import { calibrate, type CalibratedGroup } from '../../lib/simulate/quality/calibrate';
import { assertForwardFits, estimateForward } from '../../lib/simulate/quality/estimate';
import { ForwardBar } from './forward-bar';
import type { ForwardSession } from './session';

/** Tokens of a calibration text that are used at most, unless the user says otherwise: AutoAWQ and gptqmodel take about as many. */
export const CALIBRATION_TOKENS = 65_536;

/** What `--calibration` names: a file that `qe calibrate` wrote, or a text, which is then run through the model here and now. */
export async function calibrationFor(file: string, session: ForwardSession, limit?: number): Promise<Calibration> {
  if (looksLikeCalibration(await firstBytes(file))) return openCalibration(file);
  const text = await session.windows(file, limit ?? CALIBRATION_TOKENS);
  const groups: CalibratedGroup[] = [];
  await runCalibration(session, text, true, (group) => void groups.push(group));
  return calibrationOf(file, groups, text.windows.length);
}

/** A calibration file that is open; undefined for a text. */
export async function openIfCalibration(
  file: string,
): Promise<Awaited<ReturnType<typeof openCalibration>> | undefined> {
  return looksLikeCalibration(await firstBytes(file)) ? openCalibration(file) : undefined;
}

/** The forward pass over a calibration text, with its progress. */
export async function runCalibration(
  session: ForwardSession,
  text: Awaited<ReturnType<ForwardSession['windows']>>,
  moments: boolean,
  onGroup: (group: CalibratedGroup) => void | Promise<void>,
): Promise<void> {
  const { shape, source, threads, signal, terminal } = session;
  const estimate = estimateForward(shape, text, 1, threads);
  assertForwardFits(estimate);
  const bar = new ForwardBar(terminal, 'calibrating', estimate);
  try {
    await calibrate(
      text.windows,
      moments,
      { shape, source, threads, signal, onProgress: (progress) => bar.update(progress) },
      onGroup,
    );
  } finally {
    bar.stop();
  }
}

async function firstBytes(file: string): Promise<Uint8Array> {
  try {
    const handle = await open(file);
    try {
      const { buffer, bytesRead } = await handle.read(new Uint8Array(16), 0, 16, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw new SimulationError('CALIBRATION_UNREADABLE', `cannot read ${file}: ${(cause as Error).message}`, {
      got: file,
      allowed: 'a text, or a file that qe calibrate wrote',
      fix: 'check the path',
      path: file,
      cause,
    });
  }
}
