import Table from 'cli-table3';
import type { Terminal } from '../terminal';

export interface TableColumn {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

/** Rows as a person reads them: titles (where there are any) bold, no rules, figures to the right. */
export function renderTable(
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  terminal: Terminal,
): string {
  const table = new Table({
    head: columns.some(({ title }) => title !== '') ? columns.map(({ title }) => terminal.colors.bold(title)) : [],
    colAligns: columns.map(({ align }) => align ?? 'left'),
    style: { head: [], border: [], compact: true },
    chars: BORDERLESS,
  });
  table.push(...rows.map((row) => [...row]));
  return table.toString();
}

const BORDERLESS = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: ' ',
};
