import { open } from 'node:fs/promises';
import type { Checkpoint, CheckpointFolder } from '../../lib/format';
import type { Calibration } from '../../lib/simulate/calibration/calibration';
import { looksLikeCalibration, openCalibration, type CalibrationGroup } from '../../lib/simulate/calibration/file';
import { calibrationOf } from '../../lib/simulate/calibration/in-memory';
import { CheckpointWeights } from '../../lib/simulate/checkpoint-weights';
import { SimulationError } from '../../lib/errors';
import { POINTS } from '../../lib/simulate/forward/activations';
import { encoderShape, isSupportedEncoder } from '../../lib/simulate/forward/encoder-shape';
import { ENCODER_READERS, encoderLinearNames } from '../../lib/simulate/forward/encoder-weights';
import { pointNames } from '../../lib/simulate/forward/tensor-names';
import { createKernelEngine } from '../../lib/simulate/kernels/create';
import { calibrate, calibrateEncoder, type CalibratedGroup } from '../../lib/simulate/quality/calibrate';
import { assertForwardFits, estimateEncoder, estimateForward } from '../../lib/simulate/quality/estimate';
import type { Terminal } from '../terminal';
import { ForwardBar } from './forward-bar';
import { openForwardSession, type ForwardSession } from './session';
import { readTexts } from './text';
import { loadTokenizer } from './tokenizer';

/** Tokens of a calibration text that are used at most, unless the user says otherwise: AutoAWQ and gptqmodel take about as many. */
const CALIBRATION_TOKENS = 65_536;

/** A calibration text, in the model's tokens, and how to run it through the model. */
export interface CalibrationRun {
  readonly tokens: number;
  readonly sequences: number;
  /** The groups that `run` gives, in its order. */
  readonly groups: readonly CalibrationGroup[];
  /** Says how long it will take, then shows its progress. */
  run(moments: boolean, onGroup: (group: CalibratedGroup) => void | Promise<void>): Promise<void>;
}

/**
 * Reads a calibration text for a decoder (windows of it) or an encoder (its paragraphs).
 *
 * @throws SimulationError `FORWARD_PASS_UNSUPPORTED`, `TOKENIZER_*`, `TEXT_*`, `SIMULATION_OUT_OF_MEMORY`
 */
export async function prepareCalibration(
  folder: CheckpointFolder,
  checkpoint: Checkpoint,
  file: string,
  options: Readonly<Record<string, unknown>>,
  terminal: Terminal,
  signal: AbortSignal,
  limit = CALIBRATION_TOKENS,
): Promise<CalibrationRun> {
  if (isSupportedEncoder(checkpoint.config)) return encoderRun(folder, checkpoint, file, terminal, signal, limit);
  return decoderRun(await openForwardSession(folder, checkpoint, options, terminal, signal), file, limit);
}

/** A calibration text run through the model here and now. */
export async function calibrationFrom(run: CalibrationRun, file: string): Promise<Calibration> {
  const groups: CalibratedGroup[] = [];
  await run.run(true, (group) => void groups.push(group));
  return calibrationOf(file, groups, run.sequences);
}

/** A calibration file that is open; undefined for a text. */
export async function openIfCalibration(
  file: string,
): Promise<Awaited<ReturnType<typeof openCalibration>> | undefined> {
  return looksLikeCalibration(await firstBytes(file)) ? openCalibration(file) : undefined;
}

async function decoderRun(session: ForwardSession, file: string, limit: number): Promise<CalibrationRun> {
  const { shape, source, threads, signal, terminal } = session;
  const text = await session.windows(file, limit);
  const estimate = estimateForward(shape, text, 1, threads);
  assertForwardFits(estimate);
  return {
    tokens: text.windows.length * text.window,
    sequences: text.windows.length,
    groups: Array.from({ length: shape.layers }, (_, layer) =>
      pointNames(source, shape, layer).map(({ weights, width }) => ({ weights, width })),
    ).flat(),
    run: (moments, onGroup) =>
      withBar(terminal, estimate, (onProgress) =>
        calibrate(text.windows, moments, { shape, source, threads, signal, onProgress }, onGroup),
      ),
  };
}

async function encoderRun(
  folder: CheckpointFolder,
  checkpoint: Checkpoint,
  file: string,
  terminal: Terminal,
  signal: AbortSignal,
  limit: number,
): Promise<CalibrationRun> {
  const shape = encoderShape(checkpoint.config);
  const source = new CheckpointWeights(checkpoint, createKernelEngine());
  const texts = await readTexts(file, await loadTokenizer(folder), shape, limit);
  const tokens = texts.reduce((sum, text) => sum + text.length, 0);
  const estimate = estimateEncoder(shape, tokens, 1);
  assertForwardFits(estimate);
  return {
    tokens,
    sequences: texts.length,
    groups: Array.from({ length: shape.layers }, (_, layer) => {
      const names = encoderLinearNames(source, layer);
      return POINTS.map((point) => ({
        weights: ENCODER_READERS[point].map((key) => names[key]),
        width: point === 'down' ? shape.intermediate : shape.hidden,
      }));
    }).flat(),
    run: (moments, onGroup) =>
      withBar(terminal, estimate, (onProgress) =>
        calibrateEncoder(texts, moments, { shape, source, signal, onProgress }, onGroup),
      ),
  };
}

async function withBar(
  terminal: Terminal,
  estimate: ConstructorParameters<typeof ForwardBar>[2],
  work: (onProgress: ForwardBar['update']) => Promise<void>,
): Promise<void> {
  const bar = new ForwardBar(terminal, 'calibrating', estimate);
  try {
    await work((progress) => bar.update(progress));
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
