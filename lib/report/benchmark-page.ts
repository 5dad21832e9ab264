import {
  loadInWords,
  SIGNIFICANCE_LEVEL,
  type BenchmarkReport,
  type Distribution,
  type EndpointBenchmark,
  type FigureComparison,
  type StageResult,
} from '../benchmark';
import { doublingAxis, horizontalRange, linearAxis, verticalRange } from './charts/frame';
import { seriesChart, type Series } from './charts/series-chart';
import { count, figure, percent } from './figures';
import { html, type Html } from './html';
import { renderPage, type Section } from './page';
import { table, type Column } from './parts/table';
import { tiles } from './parts/tiles';

/** A benchmark as a page: what was measured at each load, drawn and as tables. */
export function benchmarkPage(report: BenchmarkReport): string {
  const { endpoint, other, workload } = report;
  const sides = other === undefined ? [endpoint] : [endpoint, other];
  return renderPage({
    title: other === undefined ? endpoint.endpoint : `${endpoint.endpoint} and ${other.endpoint}`,
    lead: `prompts of about ${count(workload.inputTokens)} tokens, answers of ${count(workload.outputTokens)} at most, ${count(workload.requests)} requests each`,
    sections: [
      summary(endpoint),
      ...comparisonSection(report),
      ...plots(sides),
      ...sides.map(figuresSection),
      ...qualitySection(report),
      ...managedSection(report),
    ],
    footer: html`<p>
      Measured on ${report.startedAt.slice(0, 10)} from where <code>qe benchmark</code> ran; the way there and back is
      in every time. Times of an open loop count from when a request was due.
    </p>`,
    data: report,
  });
}

function summary({ stages, memory }: EndpointBenchmark): Section {
  const fastest = [...stages].sort((a, b) => b.outputTokensPerSecond - a.outputTokensPerSecond)[0];
  const calmest = [...stages].sort((a, b) => median(a.timeToFirstTokenMs) - median(b.timeToFirstTokenMs))[0];
  const failed = stages.reduce((sum, { errors }) => sum + Object.values(errors).reduce((a, b) => a + b, 0), 0);
  return {
    id: 'summary',
    title: 'In short',
    body: tiles([
      {
        label: `output tokens a second, ${loadInWords(fastest.load)}`,
        value: figure(fastest.outputTokensPerSecond),
      },
      {
        label: `to the first token, ${loadInWords(calmest.load)}`,
        value: figure(calmest.timeToFirstTokenMs?.p50 ?? null, 'ms'),
      },
      {
        label: `between tokens, ${loadInWords(calmest.load)}`,
        value: figure(calmest.interTokenMs?.p50 ?? null, 'ms'),
      },
      { label: 'failed requests', value: count(failed) },
      { label: 'of GPU memory in use', value: percent(memory.usedShare) },
      { label: 'of GPU memory planned', value: percent(memory.plannedShare) },
    ]),
  };
}

function median(values: Distribution | null): number {
  return values?.p50 ?? Infinity;
}

/** Plots over the closed loads, which are points of one line; open loads have another meaning and stay in the tables. */
function plots(sides: readonly EndpointBenchmark[]): Section[] {
  const closed = sides.map(({ endpoint, stages }) => ({
    endpoint,
    stages: stages.flatMap((stage) =>
      stage.load.kind === 'closed' ? [{ stage, concurrency: stage.load.concurrency }] : [],
    ),
  }));
  if (closed[0].stages.length < 2) return [];
  const plot = (
    id: string,
    title: string,
    unit: string,
    lines: readonly (readonly [string, (stage: StageResult) => number | null | undefined])[],
  ): Section[] => {
    const series: Series[] = closed.flatMap(({ endpoint, stages }, side) =>
      lines.map(([label, pick]) => ({
        label: [sides.length > 1 ? endpoint : '', label].filter((part) => part !== '').join(' '),
        dashed: side > 0,
        points: stages.flatMap(({ stage, concurrency }) => {
          const y = pick(stage);
          return y === null || y === undefined ? [] : [{ x: concurrency, y }];
        }),
      })),
    );
    const points = series.flatMap((one) => one.points);
    if (points.length === 0) return [];
    const x = doublingAxis(
      'requests at once',
      points.map((point) => point.x),
      horizontalRange,
      (value) => figure(value),
    );
    const y = linearAxis(
      unit,
      points.map((point) => point.y),
      verticalRange,
      (value) => figure(value),
    );
    return [{ id, title, body: seriesChart(`${unit} by requests at once`, x, y, series) }];
  };
  return [
    ...plot('throughput', 'Output tokens a second', 'tokens/s', [['', (stage) => stage.outputTokensPerSecond]]),
    ...plot('first-token', 'Time to the first token', 'ms', [
      ['p50', (stage) => stage.timeToFirstTokenMs?.p50],
      ['p99', (stage) => stage.timeToFirstTokenMs?.p99],
    ]),
    ...plot('inter-token', 'Time between tokens', 'ms', [
      ['p50', (stage) => stage.interTokenMs?.p50],
      ['p99', (stage) => stage.interTokenMs?.p99],
    ]),
    ...plot('total', 'Time of a whole answer', 'ms', [
      ['p50', (stage) => stage.totalMs?.p50],
      ['p99', (stage) => stage.totalMs?.p99],
    ]),
  ];
}

function figuresSection({ endpoint, stages, memory }: EndpointBenchmark, index: number): Section {
  const times = (title: string, pick: (stage: StageResult) => Distribution | null): Column<StageResult>[] =>
    (['p50', 'p90', 'p99'] as const).map((q) => ({
      title: `${title} ${q}, ms`,
      show: (stage) => figure(pick(stage)?.[q] ?? null),
      value: (stage) => pick(stage)?.[q] ?? null,
    }));
  const columns: Column<StageResult>[] = [
    { title: 'load', show: (stage) => loadInWords(stage.load) },
    { title: 'requests', show: (stage) => count(stage.requests), value: (stage) => stage.requests },
    {
      title: 'errors',
      show: ({ errors }) =>
        Object.entries(errors)
          .map(([name, times]) => `${times} ${name}`)
          .join(', ') || '0',
    },
    {
      title: 'requests/s',
      show: (stage) => figure(stage.requestsPerSecond),
      value: (stage) => stage.requestsPerSecond,
    },
    {
      title: 'output tokens/s',
      show: (stage) => figure(stage.outputTokensPerSecond),
      value: (stage) => stage.outputTokensPerSecond,
    },
    {
      title: 'all tokens/s',
      show: (stage) => figure(stage.totalTokensPerSecond),
      value: (stage) => stage.totalTokensPerSecond,
    },
    ...times('first token', (stage) => stage.timeToFirstTokenMs),
    ...times('between tokens', (stage) => stage.interTokenMs),
    ...times('total', (stage) => stage.totalMs),
    {
      title: 'longest stall p99, ms',
      show: (stage) => figure(stage.longestGapMs?.p99 ?? null),
      value: (stage) => stage.longestGapMs?.p99 ?? null,
    },
    {
      title: 'tokens of a prompt',
      show: (stage) => figure(stage.inputTokens?.mean ?? null),
      value: (stage) => stage.inputTokens?.mean ?? null,
    },
    {
      title: 'tokens of an answer',
      show: (stage) => figure(stage.outputTokens?.mean ?? null),
      value: (stage) => stage.outputTokens?.mean ?? null,
    },
    { title: 'client CPU', show: (stage) => percent(stage.clientCpu), value: (stage) => stage.clientCpu },
  ];
  const counted = stages.every(({ tokensCountedBy }) => tokensCountedBy === 'server')
    ? 'Tokens are those that the server counted.'
    : 'The server tells no usage: tokens are the events of its streams, which may bundle several.';
  return {
    id: `figures-${index}`,
    title: endpoint,
    intro: `${memory.instanceType ?? 'Instance type unknown'}. ${counted}`,
    body: table(`Figures of ${endpoint} by load`, columns, stages),
  };
}

const FIGURE_NAMES: Readonly<Record<string, string>> = {
  timeToFirstTokenMs: 'time to the first token',
  interTokenMs: 'time between tokens',
  totalMs: 'time of a whole answer',
  outputTokensPerSecond: 'output tokens a second',
};

function comparisonSection({ endpoint, other, comparison }: BenchmarkReport): Section[] {
  if (other === undefined || comparison === undefined) return [];
  interface Row extends FigureComparison {
    readonly load: string;
  }
  const rows: Row[] = comparison.flatMap((figures, i) =>
    figures.map((row) => ({ ...row, load: loadInWords(endpoint.stages[i].load) })),
  );
  const columns: Column<Row>[] = [
    { title: 'load', show: (row) => row.load },
    { title: 'figure', show: (row) => FIGURE_NAMES[row.figure] ?? row.figure },
    { title: endpoint.endpoint, show: (row) => figure(row.first), value: (row) => row.first },
    { title: other.endpoint, show: (row) => figure(row.second), value: (row) => row.second },
    { title: 'change', show: (row) => signed(row.ratio - 1), value: (row) => row.ratio },
    { title: '95 % interval', show: (row) => `${signed(row.low - 1)} … ${signed(row.high - 1)}` },
    { title: 'p', show: (row) => row.p.toFixed(3), value: (row) => row.p },
    { title: 'verdict', show: (row) => verdict(row.significant) },
  ];
  return [
    {
      id: 'comparison',
      title: 'What differs',
      intro:
        `Both were loaded by turns. A sign-flip test over pairs of rounds, Holm-adjusted over all rows; level ${SIGNIFICANCE_LEVEL * 100} %. ` +
        'Not significant does not mean equal: more pairs find smaller differences.',
      body: table('Differences by load and figure', columns, rows),
    },
  ];
}

function verdict(significant: boolean): Html {
  return significant ? html`<b>significant</b>` : html`not significant`;
}

function qualitySection({ quality }: BenchmarkReport): Section[] {
  if (quality === undefined) return [];
  return [
    {
      id: 'quality',
      title: `Answers beside ${quality.comparedWith}`,
      intro: 'Greedy answers to the same prompts. Furthest apart are named first; the average says least about them.',
      body: [
        tiles([
          { label: 'prompts', value: count(quality.prompts) },
          { label: 'failed', value: count(quality.failed) },
          { label: 'the same answer', value: percent(quality.exactMatch) },
          { label: 'the same words', value: percent(quality.normalizedMatch) },
          { label: 'likeness (ROUGE-L)', value: figure(quality.similarity) },
          { label: 'KL a token, nats', value: figure(quality.meanKl) },
          { label: 'the same first choice', value: percent(quality.top1Agreement) },
        ]),
        table(
          'Prompts whose answers are furthest apart',
          [
            { title: 'prompt', show: ({ id }) => id },
            { title: 'category', show: ({ category }) => category },
            { title: 'loss', show: ({ loss }) => figure(loss), value: ({ loss }) => loss },
          ],
          quality.worst,
        ),
      ],
    },
  ];
}

function managedSection({ managed, endpoint }: BenchmarkReport): Section[] {
  if (managed === undefined) return [];
  const own = endpoint.stages.find(({ load }) => load.kind === 'closed' && load.concurrency === managed.concurrency);
  const { result } = managed;
  interface Row {
    readonly name: string;
    readonly ours: number | null;
    readonly theirs: number | null;
  }
  const row = (name: string, ours: number | undefined, theirs: number | null | undefined): Row => ({
    name,
    ours: ours ?? null,
    theirs: theirs ?? null,
  });
  const rows = [
    row('requests/s', own?.requestsPerSecond, result.requestsPerSecond),
    row('output tokens/s', own?.outputTokensPerSecond, result.outputTokensPerSecond),
    row('first token p50, ms', own?.timeToFirstTokenMs?.p50, result.timeToFirstTokenMs?.p50),
    row('first token p99, ms', own?.timeToFirstTokenMs?.p99, result.timeToFirstTokenMs?.p99),
    row('between tokens p50, ms', own?.interTokenMs?.p50, result.interTokenMs?.p50),
    row('total p50, ms', own?.totalMs?.p50, result.totalMs?.p50),
  ];
  return [
    {
      id: 'managed',
      title: `${managed.concurrency} at once, beside SageMaker’s own benchmark`,
      intro: `AI benchmark job ${managed.jobName}, AIPerf from within the region: the network between is not the same.`,
      body: table(
        'Own and managed figures',
        [
          { title: 'figure', show: ({ name }) => name },
          { title: 'qe benchmark', show: ({ ours }) => figure(ours), value: ({ ours }) => ours },
          { title: 'AI benchmark job', show: ({ theirs }) => figure(theirs), value: ({ theirs }) => theirs },
        ],
        rows,
      ),
    },
  ];
}

function signed(share: number): string {
  return `${share >= 0 ? '+' : '−'}${percent(Math.abs(share))}`;
}
