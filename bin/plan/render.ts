import { HOURS_PER_MONTH } from '../../lib/plan';
import type { PlanAnswer } from '../../lib/rules';
import { renderFindings, renderVerdict } from '../output/findings';
import { renderTable } from '../output/table';
import { bytes, count, figure, usd } from '../output/units';
import type { Terminal } from '../terminal';

const FIGURE = [{ title: '' }, { title: '', align: 'right' as const }];

/**
 * A plan as a person reads it: memory, capacity, speed, cost, and then what the rules found.
 *
 * @param instances that always run; the plan is that of one
 */
export function renderPlan(answer: PlanAnswer, instances: number, terminal: Terminal): string {
  const { bold, dim } = terminal.colors;
  const parts = [
    `${bold('Memory of one accelerator')}\n${memoryTable(answer, terminal)}`,
    `${bold('Capacity')}\n${capacityTable(answer, terminal)}`,
    `${bold(speedTitle(instances))}\n${speedTable(answer, terminal)}`,
    `${bold('Cost on demand')}\n${costTable(answer, instances, terminal)}`,
  ];
  const { priceDate, priceSource } = answer.cost;
  if (priceSource !== null) parts.push(dim(`price of ${priceDate ?? 'unknown date'}: ${priceSource}`));
  if (answer.findings.length > 0) parts.push(renderFindings(answer.findings, terminal));
  parts.push(renderVerdict(answer.verdict, answer.findings, terminal));
  return parts.join('\n\n');
}

function speedTitle(instances: number): string {
  return `Speed at the workload’s concurrency${instances === 1 ? '' : ', of one instance'}`;
}

function memoryTable({ memory }: PlanAnswer, terminal: Terminal): string {
  const share = (value: number | null) =>
    value === null || memory.total === null || memory.total === 0
      ? ''
      : `${((value / memory.total) * 100).toFixed(1)} %`;
  const rows: readonly (readonly [string, number | null])[] = [
    ['total', memory.total],
    ['usable', memory.usable],
    ['weights', memory.weights],
    ['activations', memory.activations],
    ['CUDA graphs', memory.graphs],
    ['runtime', memory.runtime],
    ['KV cache', memory.kvCache],
  ];
  return renderTable(
    [...FIGURE, { title: '', align: 'right' }],
    rows.map(([name, value]) => [`  ${name}`, bytes(value), share(value)]),
    terminal,
  );
}

function capacityTable(answer: PlanAnswer, terminal: Terminal): string {
  const rows = [
    ['parameters', count(answer.parameters)],
    ['checkpoint', bytes(answer.checkpointBytes)],
    ['KV cache, one token', bytes(answer.kvBytesPerToken)],
    ['KV cache', answer.kvCacheTokens === null ? 'unknown' : `${count(answer.kvCacheTokens)} tokens`],
    ['sequences of full length', figure(answer.maxConcurrency, 'at once', 2)],
    ['longest context', answer.largestMaxModelLen === null ? 'unknown' : `${count(answer.largestMaxModelLen)} tokens`],
  ];
  return renderTable(
    FIGURE,
    rows.map(([name, value]) => [`  ${name}`, value]),
    terminal,
  );
}

function speedTable({ estimate }: PlanAnswer, terminal: Terminal): string {
  const rows = [
    ['time to first token', figure(estimate.timeToFirstTokenMs, 'ms', 0)],
    ['between tokens', figure(estimate.interTokenMs, 'ms')],
    ['output', figure(estimate.outputTokensPerSecond, 'tokens/s')],
    ['requests', figure(estimate.requestsPerSecond, '/s', 3)],
    ['bound by', estimate.bound ?? 'unknown'],
  ];
  return renderTable(
    FIGURE,
    rows.map(([name, value]) => [`  ${name}`, value]),
    terminal,
  );
}

function costTable({ cost }: PlanAnswer, instances: number, terminal: Terminal): string {
  const hour = cost.usdPerHour === null ? null : cost.usdPerHour * instances;
  const all = instances === 1 ? '' : `, ${instances} instances`;
  const rows = [
    ...(instances === 1 ? [] : [['an hour, one instance', usd(cost.usdPerHour)]]),
    [`an hour${all}`, usd(hour)],
    [`a month${all}`, usd(hour === null ? null : hour * HOURS_PER_MONTH, 2)],
    ['a million output tokens', usd(cost.usdPerMillionOutputTokens, 2)],
  ];
  return renderTable(
    FIGURE,
    rows.map(([name, value]) => [`  ${name}`, value]),
    terminal,
  );
}
