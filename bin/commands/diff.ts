import { compareAll } from '../../lib/diff';
import { check } from '../../lib/rules';
import { readEndpoints, specIn } from '../diff/read';
import { renderDiff } from '../diff/render';
import { ExitStatus } from '../exit-status';
import { renderFindings } from '../output/findings';
import { usePlanningFiles } from '../plan/planning-files';
import type { Terminal } from '../terminal';

/** `qe diff BEFORE AFTER`: what an update replaces, drops and needs, and what is served otherwise after it. */
export async function diff(
  [before, after]: readonly string[],
  options: Record<string, unknown>,
  terminal: Terminal,
): Promise<ExitStatus> {
  await usePlanningFiles();
  const diffs = compareAll(await readEndpoints(before), await readEndpoints(after));
  const spec = await specIn(after);
  const findings = spec === undefined ? [] : check(spec).findings.filter(({ severity }) => severity === 'error');
  if (terminal.json) terminal.printJson({ endpoints: diffs, findings });
  else {
    terminal.print(renderDiff(diffs, terminal));
    if (findings.length > 0) terminal.print(`\n${renderFindings(findings, terminal)}`);
  }
  const isLost = diffs.some(({ changes }) => changes.some(({ severity }) => severity === 'danger'));
  return findings.length > 0 || (isLost && options.strict === true) ? ExitStatus.FINDINGS : ExitStatus.OK;
}
