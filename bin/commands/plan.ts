import { readFile } from 'node:fs/promises';
import { resolveEndpoint } from '../../lib/endpoint/resolve';
import { SpecError } from '../../lib/errors';
import { compareWithMeasured, concurrencyByContext, readMeasured, type Comparison } from '../../lib/plan';
import { endpointBreakEven } from '../../lib/recommend';
import { planPage } from '../../lib/report';
import { planAnswer, type PlanAnswer } from '../../lib/rules';
import type { EndpointSpec } from '../../lib/spec/types';
import { runBatch } from '../batch';
import type { ExitStatus } from '../exit-status';
import { readJson } from '../input';
import { exitStatusOf } from '../output/exit-status-of';
import { writeWhole } from '../output/write-file';
import { usePriceFile } from '../prices/file';
import { renderComparison } from '../plan/measured';
import { renderPlan } from '../plan/render';
import type { Terminal } from '../terminal';

/** `qe plan FILE|-`: what fits, how fast, what it costs, with what `check` finds. */
export async function plan(
  args: readonly string[],
  options: Record<string, unknown>,
  terminal: Terminal,
): Promise<ExitStatus> {
  const strict = options.strict === true;
  await usePriceFile();
  if (options.batch === true) return runBatch(args[0], strict, terminal, planAnswer);

  const value = await readJson(args[0]);
  const answer = planAnswer(value);
  const comparison =
    typeof options.measured === 'string'
      ? compareWithMeasured(answer, await measurements(options.measured))
      : undefined;
  if (terminal.json) terminal.printJson(comparison === undefined ? answer : { ...answer, measured: comparison });
  else terminal.print(rendered(value, answer, comparison, terminal));
  if (typeof options.html === 'string') {
    await writeWhole(options.html, pageOf(value, answer));
    terminal.say(`wrote ${options.html}`);
  }
  return exitStatusOf(answer, strict);
}

function rendered(
  value: unknown,
  answer: PlanAnswer,
  comparison: readonly Comparison[] | undefined,
  terminal: Terminal,
): string {
  const parts = [renderPlan(answer, terminal)];
  const breakEven = answer.cost.usdPerHour === null ? null : endpointBreakEven(value as EndpointSpec);
  if (breakEven !== null) parts.push(breakEven.message);
  if (comparison !== undefined) parts.push(renderComparison(comparison, terminal));
  return parts.join('\n\n');
}

async function measurements(file: string) {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new SpecError('INPUT_UNREADABLE', `cannot read ${file}: ${(cause as Error).message}`, {
      path: file,
      got: file,
      allowed: 'an existing file',
      fix: 'check the path',
      cause,
    });
  }
  return readMeasured(text, file);
}

/** The page needs a spec that can be read; one that cannot has only its findings to show. */
function pageOf(value: unknown, answer: PlanAnswer): string {
  const spec = value as EndpointSpec;
  return planPage({
    spec,
    answer,
    concurrencyByContext: answer.kvCacheTokens === null ? [] : concurrencyByContext(resolveEndpoint(spec)),
  });
}
