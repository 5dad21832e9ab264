import { availableParallelism } from 'node:os';
import { closeS3, locateCheckpoint } from '../../lib/format/node';
import { openCheckpoint, type Checkpoint } from '../../lib/format';
import { SpecError } from '../../lib/errors';
import { simulationPage } from '../../lib/report';
import { parseScheme, type Scheme } from '../../lib/scheme';
import type { Calibration } from '../../lib/simulate/calibration/calibration';
import { instanceFits, type InstanceFit } from '../../lib/simulate/quality/instance-fit';
import { simulate as runSimulation } from '../../lib/simulate/simulate';
import { toReport } from '../../lib/simulate/to-report';
import { calibrationFrom, openIfCalibration, prepareCalibration } from '../quality/calibration';
import { saySearchTime } from '../quality/searches';
import { kvCacheOption, orSay, prepareEvaluation } from '../quality/evaluate';
import { importanceOption } from '../quantize/imatrix';
import { assertTakesImatrix } from '../quantize/takes-imatrix';
import { ExitStatus } from '../exit-status';
import { interruptible } from '../interruptible';
import { writeWhole } from '../output/write-file';
import { ProgressBar } from '../simulate/progress';
import { renderSimulation } from '../simulate/render';
import type { Terminal } from '../terminal';

/** `qe simulate PATH --scheme a,b`: quantizes in memory and tells what is lost. Ctrl-C ends it with status 130. */
export async function simulate(
  args: readonly string[],
  options: Record<string, unknown>,
  terminal: Terminal,
): Promise<ExitStatus> {
  const schemes = schemesOf(options);
  return interruptible(
    terminal,
    () => 'nothing was written',
    (signal) => simulateCheckpoint(args[0], schemes, options, terminal, signal),
  );
}

async function simulateCheckpoint(
  path: string,
  schemes: readonly Scheme[],
  options: Record<string, unknown>,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<ExitStatus> {
  assertTakesImatrix(options, schemes);
  const bar = new ProgressBar(terminal, 'quantizing');
  let opened: Awaited<ReturnType<typeof openIfCalibration>>;
  try {
    const { folder, file } = locateCheckpoint(path);
    const checkpoint = await openCheckpoint(folder, file);
    for (const warning of checkpoint.warnings) terminal.say(`warning ${warning.id}: ${warning.message}`);
    const importance = await importanceOption(options);
    const fits = fitsOn(options, checkpoint, schemes);
    const prepared = await prepareEvaluation(folder, checkpoint, schemes, options, terminal, signal);
    let calibration: Calibration | undefined;
    if (typeof options.calibration === 'string') {
      calibration = opened = await openIfCalibration(options.calibration);
      if (opened === undefined) {
        const text = options.calibration;
        const limit = integerOption(options.limitTokens, '--limit-tokens');
        const run = await orSay(terminal, () =>
          prepareCalibration(folder, checkpoint, text, options, terminal, signal, limit),
        );
        calibration = run && (await calibrationFrom(run, text));
      }
    }
    const wantsReport = terminal.json || options.report !== undefined || options.html !== undefined;
    const threads = integerOption(options.threads, '--threads');
    // With a pattern it is anyone's guess how many layers there are.
    if (calibration !== undefined && options.layers === undefined)
      saySearchTime(checkpoint, schemes, threads ?? availableParallelism(), terminal);
    const simulation = await runSimulation(checkpoint, {
      schemes,
      threads,
      layers: options.layers as string | undefined,
      calibration,
      importance,
      digest: wantsReport,
      signal,
      onProgress: (progress) => bar.update(progress),
    });
    bar.stop();
    const evaluation = await prepared?.run(calibration, importance);
    const report = toReport(simulation, evaluation?.text, evaluation?.embedding, fits);
    if (terminal.json) terminal.printJson(report);
    else terminal.print(renderSimulation(simulation, report, terminal, evaluation?.text, evaluation?.embedding));
    if (terminal.json)
      for (const scheme of simulation.schemes)
        scheme.notes.forEach((note) => terminal.say(`note ${scheme.scheme.name}: ${note}`));
    if (typeof options.report === 'string') {
      await writeWhole(
        options.report,
        `${JSON.stringify({ schema: 1, measuredAt: new Date().toISOString(), ...report })}\n`,
      );
      terminal.say(`wrote ${options.report}`);
    }
    if (typeof options.html === 'string') {
      await writeWhole(options.html, simulationPage({ report, date: new Date().toISOString().slice(0, 10) }));
      terminal.say(`wrote ${options.html}`);
    }
    return ExitStatus.OK;
  } finally {
    bar.stop();
    await opened?.close();
    await closeS3();
  }
}

/** `--instances a,b`: for each scheme, whether each of them could serve it. Before anything is run: a name may be wrong. */
function fitsOn(
  { instances, kvCache }: Record<string, unknown>,
  { config }: Checkpoint,
  schemes: readonly Scheme[],
): InstanceFit[][] | undefined {
  if (instances === undefined) return undefined;
  const types = listOf(instances);
  const kv = kvCacheOption(kvCache);
  return schemes.map((scheme) => instanceFits(config as Readonly<Record<string, unknown>>, scheme, kv, types));
}

/** Names with commas between them. */
function listOf(value: unknown): string[] {
  return String(value ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

function schemesOf(options: Record<string, unknown>): Scheme[] {
  const groupSize = integerOption(options.groupSize, '--group-size', -1);
  const names = listOf(options.scheme);
  if (names.length === 0) {
    throw new SpecError('SCHEME_MISSING', 'no scheme was given', {
      got: '--scheme ""',
      allowed: 'one or several scheme names with commas between them',
      fix: 'for example --scheme int4-rtn,int8-weight-only,fp8',
    });
  }
  return [...new Set(names)].map((name) => parseScheme(name, { groupSize }));
}

function integerOption(value: unknown, name: string, least = 1): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (Number.isInteger(number) && (number >= 1 || number === least)) return number;
  throw new SpecError('OPTION_NOT_A_NUMBER', `${name} is not a whole number it can use`, {
    got: String(value),
    allowed: least < 1 ? 'a whole number above 0, or -1' : 'a whole number above 0',
    fix: `correct ${name}`,
  });
}
