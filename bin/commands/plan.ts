import { readFile } from 'node:fs/promises';
import { resolveEndpoint } from '../../lib/endpoint/resolve';
import { SpecError } from '../../lib/errors';
import {
  compareWithMeasured,
  concurrencyByContext,
  correctionFor,
  instancesAlwaysRunning,
  nearestLoad,
  readMeasured,
  setCorrections,
  type Comparison,
  type Correction,
} from '../../lib/plan';
import { endpointBreakEven } from '../../lib/recommend';
import { planPage } from '../../lib/report';
import { planAnswer, type PlanAnswer } from '../../lib/rules';
import { readSpec as parsed } from '../../lib/spec';
import type { EndpointSpec } from '../../lib/spec/types';
import { runBatch } from '../batch';
import type { ExitStatus } from '../exit-status';
import { exitStatusOf } from '../output/exit-status-of';
import { pageWidth, wrap } from '../output/wrap';
import { writeWhole } from '../output/write-file';
import { usePlanningFiles } from '../plan/planning-files';
import { compareLoads, saveCorrections, useCorrections, type ComparedLoad } from '../plan/corrections';
import { renderComparison } from '../plan/measured';
import { renderPlan } from '../plan/render';
import { commandInWords, serverCommand } from '../plan/server-command';
import { readSpec, sayUnknownModel } from '../plan/spec-file';
import type { Terminal } from '../terminal';

/** `qe plan FILE|-`: what fits, how fast, what it costs, with what `check` finds. */
export async function plan(
  args: readonly string[],
  options: Record<string, unknown>,
  terminal: Terminal,
): Promise<ExitStatus> {
  const strict = options.strict === true;
  await usePlanningFiles();
  if (options.batch === true) return runBatch(args[0], strict, terminal, planAnswer);

  const value = await readSpec(args[0]);
  sayUnknownModel(value, terminal);
  const measured = typeof options.measured === 'string' ? await compared(value, options.measured) : undefined;
  if (options.saveCorrections === true) await learn(value, measured?.text, terminal);
  await useCorrections();
  const answer = planAnswer(value);
  if (terminal.json) terminal.printJson({ ...answer, ...measured?.answer });
  else terminal.print(rendered(value, answer, measured, terminal));
  if (typeof options.html === 'string') {
    await writeWhole(options.html, pageOf(value, answer));
    terminal.say(`wrote ${options.html}`);
  }
  return exitStatusOf(answer, strict);
}

interface Measurement {
  readonly text: string;
  readonly answer: {
    readonly measured: readonly Comparison[];
    /** By load, for a report of `qe benchmark`. */
    readonly measuredByLoad?: readonly ComparedLoad[];
  };
}

/** The estimate beside what was measured, without corrections: they come from there. */
async function compared(value: unknown, file: string): Promise<Measurement> {
  const text = await readText(file);
  setCorrections([]);
  const answer = planAnswer(value);
  const concurrency = (value as Partial<EndpointSpec> | null)?.workload?.concurrency;
  const measured = readMeasured(text, file, typeof concurrency === 'number' ? concurrency : undefined);
  // A spec that cannot be read has no plan for other loads either; its findings say so.
  const loads = answer.parameters === null ? undefined : compareLoads(value as EndpointSpec, text);
  if (loads === undefined) return { text, answer: { measured: compareWithMeasured(answer, measured) } };
  const nearest = nearestLoad(
    loads.map((load) => ({ ...load, measured })),
    concurrency ?? 1,
  );
  const comparison = loads.find((load) => load.concurrency === nearest?.concurrency)?.comparison ?? [];
  return { text, answer: { measured: comparison, measuredByLoad: loads } };
}

/** Keeps what was measured for plans to come. */
async function learn(value: unknown, text: string | undefined, terminal: Terminal): Promise<void> {
  if (text === undefined)
    throw new SpecError('OPTION_MISSING', '--save-corrections needs measurements', {
      got: 'no --measured',
      allowed: '--measured with a report of qe benchmark',
      fix: 'run qe benchmark ENDPOINT --report FILE, and add --measured FILE',
    });
  const saved = await saveCorrections(value as EndpointSpec, text);
  if (saved === undefined)
    terminal.say('no correction: the plan has no speed for this endpoint, or the figures are of something else');
  else terminal.say(`wrote ${saved.path}: plans of this model, scheme, instance and container use it`);
}

function rendered(value: unknown, answer: PlanAnswer, measured: Measurement | undefined, terminal: Terminal): string {
  const parts = [renderPlan(answer, instancesOf(value), terminal)];
  const { command } = commandOf(value);
  if (command !== undefined)
    parts.push(
      `${terminal.colors.bold('What the container runs')}\n${wrap(commandInWords(command), pageWidth(), '  ')}`,
    );
  const breakEven = answer.cost.usdPerHour === null ? null : endpointBreakEven(value as EndpointSpec);
  if (breakEven !== null) parts.push(breakEven.message);
  const correction = correctionOf(value, answer);
  if (correction !== undefined) parts.push(correctionInWords(correction));
  const loads = measured?.answer.measuredByLoad;
  if (loads !== undefined)
    for (const { concurrency, comparison } of loads)
      parts.push(renderComparison(comparison, terminal, `${concurrency} at once: prediction beside measurement`));
  else if (measured !== undefined) parts.push(renderComparison(measured.answer.measured, terminal));
  return parts.join('\n\n');
}

function commandOf(value: unknown): { readonly command?: readonly string[] } {
  const { spec } = parsed(value);
  const command = spec === undefined ? undefined : serverCommand(spec);
  return command === undefined ? {} : { command };
}

/** Of a spec that cannot be read nothing is known but its findings. */
function instancesOf(value: unknown): number {
  const { spec } = parsed(value);
  return spec === undefined ? 1 : instancesAlwaysRunning(spec);
}

function correctionOf(value: unknown, answer: PlanAnswer): Correction | undefined {
  return answer.parameters === null ? undefined : correctionFor(resolveEndpoint(value as EndpointSpec));
}

function correctionInWords({ timeToFirstToken, interToken, measuredAt }: Correction): string {
  const factors = [
    timeToFirstToken === undefined ? undefined : `first token × ${timeToFirstToken.toFixed(2)}`,
    interToken === undefined ? undefined : `between tokens × ${interToken.toFixed(2)}`,
  ].filter((part) => part !== undefined);
  return `Speed is corrected by what was measured on ${measuredAt.slice(0, 10)}: ${factors.join(', ')}`;
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new SpecError('INPUT_UNREADABLE', `cannot read ${file}: ${(cause as Error).message}`, {
      path: file,
      got: file,
      allowed: 'an existing file',
      fix: 'check the path',
      cause,
    });
  }
}

/** The page needs a spec that can be read; one that cannot has only its findings to show. */
function pageOf(value: unknown, answer: PlanAnswer): string {
  const { spec = { model: {} } } = parsed(value);
  return planPage({
    spec,
    answer,
    ...commandOf(value),
    concurrencyByContext: answer.kvCacheTokens === null ? [] : concurrencyByContext(resolveEndpoint(spec)),
  });
}
