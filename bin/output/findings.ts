import { printable } from '../../lib/format/quoted';
import type { Finding, Verdict } from '../../lib/rules/types';
import type { Terminal } from '../terminal';

/** A finding as a person reads it: severity and id, the sentence, the fix, where. What a spec holds may be commands to the terminal: they are shown, not sent. */
export function renderFindings(findings: readonly Finding[], terminal: Terminal): string {
  const { bold, cyan, dim, red, yellow } = terminal.colors;
  return findings
    .map((finding) => {
      const mark = finding.severity === 'error' ? red('error  ') : yellow('warning');
      const lines = [`${mark} ${bold(finding.rule)}  ${printable(finding.message)}`];
      if (finding.got !== undefined) lines.push(`        ${dim('got')}      ${printable(finding.got)}`);
      if (finding.allowed !== undefined) lines.push(`        ${dim('allowed')}  ${printable(finding.allowed)}`);
      if (finding.fix !== undefined) lines.push(`        ${dim('fix')}      ${cyan(printable(finding.fix))}`);
      if (finding.path !== undefined) lines.push(`        ${dim('at')}       ${printable(finding.path)}`);
      return lines.join('\n');
    })
    .join('\n\n');
}

/** The last line of `check`: how many of each, in words. */
export function renderVerdict(verdict: Verdict, findings: readonly Finding[], terminal: Terminal): string {
  const { green, red, yellow } = terminal.colors;
  if (verdict === 'ok') return green('ok: nothing found');
  const errors = findings.filter((finding) => finding.severity === 'error').length;
  const warnings = findings.length - errors;
  const counted = [counts(errors, 'error'), counts(warnings, 'warning')].filter(Boolean).join(', ');
  return verdict === 'error' ? red(counted) : yellow(counted);
}

function counts(number: number, noun: string): string {
  return number === 0 ? '' : `${number} ${noun}${number === 1 ? '' : 's'}`;
}
