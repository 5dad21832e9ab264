import {
  loadInWords,
  SIGNIFICANCE_LEVEL,
  type BenchmarkReport,
  type Distribution,
  type EndpointBenchmark,
  type FigureComparison,
  type ManagedBenchmark,
  type MeasuredMemory,
  type QualityComparison,
} from '../../lib/benchmark';
import { renderTable } from '../output/table';
import type { Terminal } from '../terminal';

const right = (title: string) => ({ title, align: 'right' as const });

/** A benchmark as a person reads it. */
export function renderBenchmark(report: BenchmarkReport, terminal: Terminal): string {
  const { endpoint, other, comparison, quality, managed } = report;
  const parts = [stagesOf(endpoint, terminal)];
  if (other !== undefined) parts.push(stagesOf(other, terminal));
  if (comparison !== undefined && other !== undefined) parts.push(differences(endpoint, other, comparison, terminal));
  if (quality !== undefined) parts.push(qualityOf(quality, terminal));
  if (managed !== undefined) parts.push(managedOf(managed, endpoint, terminal));
  return parts.join('\n\n');
}

function stagesOf({ endpoint, stages, memory }: EndpointBenchmark, terminal: Terminal): string {
  const columns = [
    { title: 'load' },
    right('requests/s'),
    right('tokens/s'),
    right('first token, ms'),
    right('between tokens, ms'),
    right('total, ms'),
    right('errors'),
  ];
  const rows = stages.map((stage) => [
    `  ${loadInWords(stage.load)}`,
    number(stage.requestsPerSecond),
    number(stage.outputTokensPerSecond),
    percentiles(stage.timeToFirstTokenMs),
    percentiles(stage.interTokenMs),
    percentiles(stage.totalMs),
    errors(stage.errors),
  ]);
  const notes = [`percentiles: p50 / p90 / p99`, memoryInWords(memory)];
  if (stages.some(({ tokensCountedBy }) => tokensCountedBy === 'events'))
    notes.push('the server tells no usage: tokens are the events of its streams');
  const { bold, dim } = terminal.colors;
  return `${bold(endpoint)}\n${renderTable(columns, rows, terminal)}\n${notes.map((note) => dim(note)).join('\n')}`;
}

function memoryInWords({ usedShare, plannedShare, instanceType }: MeasuredMemory): string {
  const planned = plannedShare === null ? '' : `, ${percent(plannedShare)} planned`;
  if (usedShare !== null) return `GPU memory: ${percent(usedShare)} in use${planned}`;
  return `GPU memory: no datapoint in CloudWatch for ${instanceType ?? 'this endpoint'}${planned}`;
}

function differences(
  first: EndpointBenchmark,
  second: EndpointBenchmark,
  comparison: readonly (readonly FigureComparison[])[],
  terminal: Terminal,
): string {
  const { bold, dim } = terminal.colors;
  const rows = comparison.flatMap((figures, i) =>
    figures.map(({ figure, ratio, low, high, p, significant }) => [
      `  ${loadInWords(first.stages[i].load)}`,
      FIGURE_NAMES[figure] ?? figure,
      change(ratio),
      `${change(low)} … ${change(high)}`,
      p.toFixed(3),
      significant ? bold('significant') : 'not significant',
    ]),
  );
  const table = renderTable(
    [{ title: 'load' }, { title: 'figure' }, right('change'), right('95 % interval'), right('p'), { title: '' }],
    rows,
    terminal,
  );
  const note = `sign-flip test over pairs of rounds, Holm-adjusted over all rows, level ${SIGNIFICANCE_LEVEL * 100} %`;
  return `${bold(`${second.endpoint} against ${first.endpoint}`)}\n${table}\n${dim(note)}`;
}

/** What the figures are called, here and on the page. */
export const FIGURE_NAMES: Readonly<Record<string, string>> = {
  timeToFirstTokenMs: 'first token',
  interTokenMs: 'between tokens',
  totalMs: 'total time',
  outputTokensPerSecond: 'tokens/s',
};

function qualityOf(quality: QualityComparison, terminal: Terminal): string {
  const rows = [
    ['prompts', String(quality.prompts)],
    ['failed', String(quality.failed)],
    ['the same answer', percent(quality.exactMatch)],
    ['the same words', percent(quality.normalizedMatch)],
    ['likeness (ROUGE-L)', quality.similarity.toFixed(3)],
    ['KL a token, nats', quality.meanKl === null ? 'unknown' : quality.meanKl.toPrecision(3)],
    ['the same first choice', quality.top1Agreement === null ? 'unknown' : percent(quality.top1Agreement)],
    ['furthest apart', quality.worst.map(({ id }) => id).join(', ') || 'none'],
  ];
  const table = renderTable(
    [{ title: '' }, right('')],
    rows.map(([name, value]) => [`  ${name}`, value]),
    terminal,
  );
  return `${terminal.colors.bold(`Answers beside ${quality.comparedWith}`)}\n${table}`;
}

function managedOf(managed: ManagedBenchmark, own: EndpointBenchmark, terminal: Terminal): string {
  const stage = own.stages.find(({ load }) => load.kind === 'closed' && load.concurrency === managed.concurrency);
  const { result } = managed;
  const rows: readonly (readonly [string, number | null | undefined, number | null | undefined])[] = [
    ['requests/s', stage?.requestsPerSecond, result.requestsPerSecond],
    ['tokens/s', stage?.outputTokensPerSecond, result.outputTokensPerSecond],
    ['first token p50, ms', stage?.timeToFirstTokenMs?.p50, result.timeToFirstTokenMs?.p50],
    ['first token p99, ms', stage?.timeToFirstTokenMs?.p99, result.timeToFirstTokenMs?.p99],
    ['between tokens p50, ms', stage?.interTokenMs?.p50, result.interTokenMs?.p50],
    ['total p50, ms', stage?.totalMs?.p50, result.totalMs?.p50],
  ];
  const table = renderTable(
    [{ title: '' }, right('here'), right('AI benchmark job')],
    rows.map(([name, ours, theirs]) => [`  ${name}`, number(ours ?? null), number(theirs ?? null)]),
    terminal,
  );
  return `${terminal.colors.bold(`${managed.concurrency} at once, beside ${managed.jobName}`)}\n${table}`;
}

function percentiles(values: Distribution | null): string {
  return values === null ? 'unknown' : [values.p50, values.p90, values.p99].map(number).join(' / ');
}

function errors(counts: Readonly<Record<string, number>>): string {
  const list = Object.entries(counts).map(([name, count]) => `${count} ${name}`);
  return list.length === 0 ? '0' : list.join(', ');
}

function number(value: number | null): string {
  if (value === null) return 'unknown';
  return value >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

function change(ratio: number): string {
  const share = ratio - 1;
  return `${share >= 0 ? '+' : '−'}${Math.abs(share * 100).toFixed(1)} %`;
}
