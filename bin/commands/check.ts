import { check as checkSpec } from '../../lib/rules';
import { runBatch } from '../batch';
import type { ExitStatus } from '../exit-status';
import { renderFindings, renderVerdict } from '../output/findings';
import { exitStatusOf } from '../output/exit-status-of';
import { usePlanningFiles } from '../plan/planning-files';
import { readSpec, sayUnknownModel } from '../plan/spec-file';
import type { Terminal } from '../terminal';

/** `qe check FILE|-`: rules only. */
export async function check(
  args: readonly string[],
  options: Record<string, unknown>,
  terminal: Terminal,
): Promise<ExitStatus> {
  const strict = options.strict === true;
  await usePlanningFiles();
  if (options.batch === true) return runBatch(args[0], strict, terminal, checkSpec);

  const spec = await readSpec(args[0]);
  sayUnknownModel(spec, terminal);
  const answer = checkSpec(spec);
  if (terminal.json) {
    terminal.printJson(answer);
  } else {
    if (answer.findings.length > 0) terminal.print(renderFindings(answer.findings, terminal) + '\n');
    terminal.print(renderVerdict(answer.verdict, answer.findings, terminal));
  }
  return exitStatusOf(answer, strict);
}
