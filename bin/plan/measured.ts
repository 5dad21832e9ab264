import type { Comparison } from '../../lib/plan';
import { renderTable } from '../output/table';
import { bytes, count, figure } from '../output/units';
import type { Terminal } from '../terminal';

const NAMES: Readonly<Record<Comparison['figure'], string>> = {
  weights: 'weights',
  activations: 'activations',
  graphs: 'CUDA graphs',
  runtime: 'runtime',
  kvCache: 'KV cache',
  kvCacheTokens: 'KV cache tokens',
  maxConcurrency: 'sequences of full length',
  timeToFirstTokenMs: 'time to first token, ms',
  interTokenMs: 'between tokens, ms',
  outputTokensPerSecond: 'output tokens/s',
  requestsPerSecond: 'requests/s',
};
const IN_BYTES: readonly Comparison['figure'][] = ['weights', 'activations', 'graphs', 'runtime', 'kvCache'];

/** Prediction beside measurement, and how far off. */
export function renderComparison(
  rows: readonly Comparison[],
  terminal: Terminal,
  title = 'Prediction beside measurement',
): string {
  const table = renderTable(
    [
      { title: '' },
      { title: 'predicted', align: 'right' },
      { title: 'measured', align: 'right' },
      { title: 'off by', align: 'right' },
    ],
    rows.map(({ figure: name, predicted, measured, relativeError }) => [
      `  ${NAMES[name]}`,
      show(name, predicted),
      show(name, measured),
      relativeError === null ? '' : `${relativeError >= 0 ? '+' : ''}${(relativeError * 100).toFixed(1)} %`,
    ]),
    terminal,
  );
  return `${terminal.colors.bold(title)}\n${table}`;
}

function show(name: Comparison['figure'], value: number | null): string {
  if (IN_BYTES.includes(name)) return bytes(value);
  return name === 'kvCacheTokens' ? count(value) : figure(value, '', 2).trim();
}
