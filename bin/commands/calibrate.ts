import { SpecError } from '../../lib/errors';
import { openCheckpoint } from '../../lib/format';
import { closeS3, locateCheckpoint } from '../../lib/format/node';
import { POINTS, pointWidths, READERS } from '../../lib/simulate/forward/activations';
import { linearNames } from '../../lib/simulate/forward/weights';
import { calibrationFileBytes, CalibrationWriter, type CalibrationGroup } from '../../lib/simulate/calibration/file';
import { ExitStatus } from '../exit-status';
import { bytes, count } from '../output/units';
import { CALIBRATION_TOKENS, runCalibration } from '../quality/calibration';
import { openForwardSession, positiveInteger, type ForwardSession } from '../quality/session';
import type { Terminal } from '../terminal';

/** `qe calibrate PATH --text F --out F`: what enters each linear layer, over a text, for schemes that want to know. */
export async function calibrate(
  args: readonly string[],
  options: Record<string, unknown>,
  terminal: Terminal,
): Promise<ExitStatus> {
  const out = required(options.out, '--out');
  const interrupt = new AbortController();
  const onInterrupt = (): void => interrupt.abort();
  process.once('SIGINT', onInterrupt);
  try {
    const { folder, file } = locateCheckpoint(args[0]);
    const checkpoint = await openCheckpoint(folder, file);
    const session = await openForwardSession(folder, checkpoint, options, terminal, interrupt.signal);
    const limit = positiveInteger(options.limitTokens, '--limit-tokens') ?? CALIBRATION_TOKENS;
    const text = await session.windows(required(options.text, '--text'), limit);
    const tokens = text.windows.length * text.window;
    const moments = options.moments !== false;
    const plan = { groups: groupsOf(session), tokens, sequences: text.windows.length, moments };
    terminal.say(`${out} will take ${bytes(calibrationFileBytes(plan))}`);

    const writer = new CalibrationWriter(out, plan);
    try {
      let group = 0;
      await runCalibration(session, text, moments, ({ statistics }) => writer.write(group++, statistics));
      writer.commit();
    } catch (error) {
      writer.abort();
      throw error;
    }
    const answer = { file: out, tokens, sequences: text.windows.length, groups: plan.groups.length, moments };
    if (terminal.json) terminal.printJson(answer);
    else terminal.print(`wrote ${out}: ${count(tokens)} tokens, ${plan.groups.length} groups of layers`);
    return ExitStatus.OK;
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
    terminal.say('interrupted: nothing was written');
    return ExitStatus.INTERRUPTED;
  } finally {
    process.removeListener('SIGINT', onInterrupt);
    await closeS3();
  }
}

function groupsOf({ shape, source }: ForwardSession): CalibrationGroup[] {
  const widths = pointWidths(shape);
  return Array.from({ length: shape.layers }, (_, layer) => {
    const names = linearNames(source, layer);
    return POINTS.map((point) => ({
      weights: [...new Set(READERS[point].map((key) => names[key]))],
      width: widths[point],
    }));
  }).flat();
}

function required(value: unknown, name: string): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new SpecError('OPTION_MISSING', `${name} was not given`, {
    got: 'nothing',
    allowed: 'a path',
    fix: `add ${name} FILE`,
  });
}
