import { SpecError } from '../../lib/errors';
import { openCheckpoint } from '../../lib/format';
import { closeS3, locateCheckpoint } from '../../lib/format/node';
import { calibrationFileBytes, CalibrationWriter } from '../../lib/simulate/calibration/file';
import { ImatrixRecorder } from '../../lib/simulate/calibration/imatrix';
import { unreachedExperts, unreachedNote } from '../../lib/simulate/calibration/unreached';
import { ExitStatus } from '../exit-status';
import { interruptible } from '../interruptible';
import { bytes, count } from '../output/units';
import { writeWhole } from '../output/write-file';
import { prepareCalibration } from '../quality/calibration';
import { positiveInteger } from '../quality/session';
import type { Terminal } from '../terminal';

/** `qe calibrate PATH --text F --out F`: what enters each linear layer, over a text, for schemes that want to know. */
export async function calibrate(
  args: readonly string[],
  options: Record<string, unknown>,
  terminal: Terminal,
): Promise<ExitStatus> {
  const out = required(options.out, '--out');
  return interruptible(
    terminal,
    () => 'nothing was written',
    (signal) => writeCalibration(args[0], out, options, terminal, signal),
  );
}

async function writeCalibration(
  path: string,
  out: string,
  options: Record<string, unknown>,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<ExitStatus> {
  try {
    const { folder, file } = locateCheckpoint(path);
    const checkpoint = await openCheckpoint(folder, file);
    const limit = positiveInteger(options.limitTokens, '--limit-tokens');
    const text = required(options.text, '--text');
    const run = await prepareCalibration(folder, checkpoint, text, options, terminal, signal, limit);
    const moments = options.moments !== false;
    const { tokens, sequences, groups } = run;
    const recorder = options.imatrix === undefined ? undefined : new ImatrixRecorder(checkpoint, groups);
    const plan = { groups, tokens, sequences, moments };
    terminal.say(`${out} will take ${bytes(calibrationFileBytes(plan))}`);

    const unreached: (readonly string[])[] = [];
    const writer = new CalibrationWriter(out, plan);
    try {
      let group = 0;
      // An importance matrix is the moments' diagonal, kept where the moments are not.
      await run.run(moments || recorder !== undefined, ({ weights, statistics }) => {
        writer.write(group++, statistics);
        if (statistics.tokens === 0) unreached.push(weights);
        recorder?.add(weights, statistics);
      });
      const matrix = recorder?.bytes({ file: text, sequences, tokens });
      if (matrix !== undefined) await writeWhole(String(options.imatrix), matrix);
      writer.commit();
    } catch (error) {
      writer.abort();
      throw error;
    }
    const answer = {
      file: out,
      imatrix: options.imatrix,
      tokens,
      sequences,
      groups: groups.length,
      moments,
      unreachedExperts: unreachedExperts({ unreached }).length,
    };
    const note = unreachedNote({ unreached }, 'schemes that calibrate quantize them on weights alone');
    if (note !== undefined) terminal.say(note);
    if (terminal.json) terminal.printJson(answer);
    else terminal.print(`wrote ${out}: ${count(tokens)} tokens, ${groups.length} groups of layers`);
    if (recorder !== undefined) terminal.say(`wrote ${String(options.imatrix)}: importance of each column, for GGUF`);
    return ExitStatus.OK;
  } finally {
    await closeS3();
  }
}

function required(value: unknown, name: string): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new SpecError('OPTION_MISSING', `${name} was not given`, {
    got: 'nothing',
    allowed: 'a path',
    fix: `add ${name} FILE`,
  });
}
