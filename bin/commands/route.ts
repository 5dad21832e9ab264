import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { SpecError } from '../../lib/errors';
import { calibrate, toWeightsFile, type Calibration } from '../../lib/route/fit/calibrate';
import { parseExamples } from '../../lib/route/fit/examples';
import { show } from '../../lib/text/show';
import { reportBadInput } from '../bad-input';
import { ExitStatus } from '../exit-status';
import { writeWhole } from '../output/write-file';
import { calibrationAnswer } from '../route/answer';
import { routeOptions } from '../route/options';
import { calibrationPage } from '../route/page';
import { renderCalibration } from '../route/render';
import type { Terminal } from '../terminal';

/**
 * `qe route calibrate --examples F`: fits the classifier of tiers to answers that every tier gave, and chooses its
 * thresholds by share, quality or cost. Status 1 where no thresholds reach the target.
 */
export async function route(
  args: readonly string[],
  options: Record<string, unknown>,
  terminal: Terminal,
): Promise<ExitStatus> {
  if (args[0] !== 'calibrate')
    throw new SpecError('ACTION_UNKNOWN', 'qe route has no such action', {
      got: show(args[0]),
      allowed: 'calibrate',
      fix: 'qe route calibrate --examples FILE',
    });
  const { examples: file, out, html, tiers, tierCosts, ...settings } = routeOptions(options);
  const text = await readExamples(file);
  const examples = parseExamples(text, file, tiers);
  let calibration: Calibration;
  try {
    calibration = calibrate(examples, { ...settings, tierCosts: tierCosts?.(examples.tiers) });
  } catch (error) {
    if (!(error instanceof SpecError) || error.id !== 'ROUTE_TARGET_UNREACHABLE') throw error;
    // Sound input, whose answer is that it cannot be: a gate that is not met.
    reportBadInput(error, terminal);
    return ExitStatus.FINDINGS;
  }
  const date = new Date().toISOString().slice(0, 10);
  const digest = `sha256:${createHash('sha256').update(text).digest('hex')}`;
  const weights = toWeightsFile(calibration, { source: file, date, digest, folds: settings.folds });
  await writeWhole(out, `${JSON.stringify(weights, undefined, 2)}\n`);
  const answer = calibrationAnswer(calibration, weights, out);
  if (html !== undefined) await writeWhole(html, calibrationPage(calibration, answer));
  if (terminal.json) terminal.printJson(answer);
  else terminal.print(renderCalibration(calibration, terminal));
  terminal.say(`wrote ${[out, ...(html === undefined ? [] : [html])].join(' and ')}`);
  return ExitStatus.OK;
}

async function readExamples(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new SpecError('ROUTE_EXAMPLES_UNREADABLE', `cannot read ${file}: ${(cause as Error).message}`, {
      got: file,
      allowed: 'a file with one JSON object a line',
      fix: 'check the path',
      path: file,
      cause,
    });
  }
}
