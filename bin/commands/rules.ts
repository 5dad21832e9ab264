import { RULE_CAUSES, RULES, RULES_BY_CAUSE } from '../../lib/rules';
import { ExitStatus } from '../exit-status';
import { renderTable } from '../output/table';
import type { Terminal } from '../terminal';

const COLUMNS = [{ title: '' }, { title: '' }, { title: '' }];

/** `qe rules`: every rule, by cause. */
export async function rules(
  _args: readonly string[],
  _options: Record<string, unknown>,
  terminal: Terminal,
): Promise<ExitStatus> {
  if (terminal.json) {
    const listed = RULE_CAUSES.flatMap((cause) =>
      RULES_BY_CAUSE[cause].map(({ id, severity, summary, holdsFor, source }) => ({
        id,
        cause,
        severity,
        summary,
        holdsFor,
        source,
      })),
    );
    terminal.printJson({ rules: listed });
    return ExitStatus.OK;
  }
  const { bold, red, yellow } = terminal.colors;
  for (const cause of RULE_CAUSES) {
    const rows = RULES_BY_CAUSE[cause].map(({ id, severity, summary }) => [
      severity === 'error' ? red('error  ') : yellow('warning'),
      id,
      summary,
    ]);
    if (rows.length > 0) terminal.print(`${bold(cause)}\n${renderTable(COLUMNS, rows, terminal)}\n`);
  }
  terminal.print(`${RULES.length} rules; qe explain ID shows one`);
  return ExitStatus.OK;
}
