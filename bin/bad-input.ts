import type { QuantizedEndpointsError } from '../lib/errors';
import { printable } from '../lib/format/quoted';
import type { Terminal } from './terminal';

/** Input that could not be read, in the form of a finding, so that a program reading `--json` needs one shape only. */
export function reportBadInput(error: QuantizedEndpointsError, terminal: Terminal): void {
  const { id: rule, message, got, allowed, fix, path } = error;
  if (terminal.json) {
    terminal.printJson({
      id: null,
      verdict: 'error',
      findings: [{ rule, severity: 'error', message, got, allowed, fix, path }],
    });
    return;
  }
  // A file's or a tensor's name may hold anything, commands to the terminal too; JSON escapes them by itself.
  const lines = [`${terminal.colors.red('error')} ${terminal.colors.bold(rule)}  ${printable(message)}`];
  if (got !== undefined) lines.push(`  got      ${printable(got)}`);
  if (allowed !== undefined) lines.push(`  allowed  ${printable(allowed)}`);
  if (fix !== undefined) lines.push(`  fix      ${printable(fix)}`);
  if (path !== undefined) lines.push(`  at       ${printable(path)}`);
  terminal.complain(lines.join('\n'));
}
