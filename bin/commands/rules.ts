import {
  EXPLANATION_SUBJECTS,
  EXPLANATIONS,
  EXPLANATIONS_BY_SUBJECT,
  RULE_CAUSES,
  RULES,
  RULES_BY_CAUSE,
} from '../../lib/rules';
import type { Explanation } from '../../lib/rules';
import { ExitStatus } from '../exit-status';
import { renderTable } from '../output/table';
import type { Terminal } from '../terminal';

const COLUMNS = [{ title: '' }, { title: '' }, { title: '' }];

/** `qe rules`: every rule, by cause, and every finding that needs more than a spec. */
export async function rules(
  _args: readonly string[],
  _options: Record<string, unknown>,
  terminal: Terminal,
): Promise<ExitStatus> {
  if (terminal.json) {
    terminal.printJson({
      rules: RULE_CAUSES.flatMap((cause) =>
        RULES_BY_CAUSE[cause].map(({ holdsFor, ...rule }) => ({ ...listed(rule, cause), holdsFor })),
      ),
      findings: EXPLANATION_SUBJECTS.flatMap((subject) =>
        EXPLANATIONS_BY_SUBJECT[subject].map((found) => listed(found, subject)),
      ),
    });
    return ExitStatus.OK;
  }
  for (const cause of RULE_CAUSES) print(cause, RULES_BY_CAUSE[cause], terminal);
  terminal.print(terminal.colors.bold('beyond a spec: found by a reader or a construct') + '\n');
  for (const subject of EXPLANATION_SUBJECTS) print(subject, EXPLANATIONS_BY_SUBJECT[subject], terminal);
  terminal.print(`${RULES.length} rules and ${EXPLANATIONS.length} findings beyond them; qe explain ID shows one`);
  return ExitStatus.OK;
}

function listed({ id, severity, summary, source }: Explanation, cause: string) {
  return { id, cause, severity, summary, source };
}

function print(title: string, explanations: readonly Explanation[], terminal: Terminal): void {
  const { bold, red, yellow } = terminal.colors;
  const rows = explanations.map(({ id, severity, summary }) => [
    severity === 'error' ? red('error  ') : yellow('warning'),
    id,
    summary,
  ]);
  if (rows.length > 0) terminal.print(`${bold(title)}\n${renderTable(COLUMNS, rows, terminal)}\n`);
}
