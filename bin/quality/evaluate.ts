import type { Checkpoint, CheckpointFolder } from '../../lib/format';
import type { Scheme } from '../../lib/scheme';
import type { Calibration } from '../../lib/simulate/calibration/calibration';
import { evaluate, type Evaluation } from '../../lib/simulate/quality/evaluate';
import { assertForwardFits, estimateForward } from '../../lib/simulate/quality/estimate';
import type { TextWindows } from '../../lib/simulate/quality/windows';
import type { Terminal } from '../terminal';
import { ForwardBar } from './forward-bar';
import { openForwardSession, positiveInteger } from './session';

/** Figures of a held-out text, and how it was cut. */
export interface TextEvaluation extends Evaluation {
  readonly text: TextWindows;
}

/**
 * `--evaluate F`: each scheme against full precision on a held-out text, with calibration where there is one.
 * Undefined when no text was given.
 */
export async function evaluateSchemes(
  folder: CheckpointFolder,
  checkpoint: Checkpoint,
  schemes: readonly Scheme[],
  options: Record<string, unknown>,
  terminal: Terminal,
  signal: AbortSignal,
  calibration?: Calibration,
): Promise<TextEvaluation | undefined> {
  if (typeof options.evaluate !== 'string') return undefined;
  const limit = positiveInteger(options.limitTokens, '--limit-tokens');
  const session = await openForwardSession(folder, checkpoint, options, terminal, signal);
  const text = await session.windows(options.evaluate, limit);
  const { shape, threads } = session;
  const estimate = estimateForward(shape, text, schemes.length + 1, threads);
  assertForwardFits(estimate);
  const bar = new ForwardBar(terminal, 'evaluating', estimate);
  try {
    const evaluation = await evaluate(checkpoint, {
      schemes,
      text,
      calibration,
      threads,
      signal,
      onProgress: (progress) => bar.update(progress),
    });
    return { ...evaluation, text };
  } finally {
    bar.stop();
  }
}
