import type { Change, EndpointDiff } from '../../lib/diff';
import { printable } from '../../lib/format/quoted';
import type { Terminal } from '../terminal';

/** What an update does, one endpoint after the other: what is lost first, then what it needs, then figures. */
export function renderDiff(diffs: readonly EndpointDiff[], terminal: Terminal): string {
  return diffs.map((diff) => renderOne(diff, terminal)).join('\n\n');
}

function renderOne({ key, changes }: EndpointDiff, terminal: Terminal): string {
  const { bold, green } = terminal.colors;
  const lines = changes.map((change) => renderChange(change, terminal));
  return [bold(printable(key)), ...(lines.length === 0 ? [green('  nothing changes')] : lines)].join('\n');
}

function renderChange({ id, severity, message, before, after, fix }: Change, terminal: Terminal): string {
  const { bold, cyan, dim, red, yellow } = terminal.colors;
  const values = [before, after].filter((value) => value !== undefined).map((value) => printable(shortened(value)));
  if (severity === 'info') return `  ${printable(message)}: ${values.join(' → ')}`;
  const mark = severity === 'danger' ? red('  lost  ') : yellow('  note  ');
  return [
    `${mark}${bold(id)}  ${printable(message)}`,
    ...(values.length === 0 ? [] : [`        ${values.join(' → ')}`]),
    ...(fix === undefined ? [] : [`        ${dim('fix')}  ${cyan(printable(fix))}`]),
  ].join('\n');
}

const MAX_SHOWN = 120;

function shortened(value: string): string {
  return value.length > MAX_SHOWN ? `${value.slice(0, MAX_SHOWN)}…` : value;
}
