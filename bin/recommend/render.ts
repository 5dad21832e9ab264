import { resolveEndpoint } from '../../lib/endpoint/resolve';
import { correctionFor } from '../../lib/plan';
import { groupByContainer, type Recommendation, type Rejection } from '../../lib/recommend';
import { renderTable } from '../output/table';
import { figure, usd } from '../output/units';
import type { Terminal } from '../terminal';

/** The ranking as a person reads it, and why the rest was not taken. */
export function renderRecommendation(recommendation: Recommendation, limit: number, terminal: Terminal): string {
  const { bold, dim, green } = terminal.colors;
  const groups = groupByContainer(recommendation.candidates);
  const parts: string[] = [];
  if (groups.length === 0) parts.push(terminal.colors.red('nothing serves this workload within its goals'));
  else {
    const rows = groups
      .slice(0, limit)
      .map(({ best, containers }, index) => [
        String(index + 1),
        best.instances === 1 ? best.instanceType : `${best.instances} × ${best.instanceType}`,
        best.quantization,
        containers.join(', '),
        String(best.tensorParallelSize),
        String(best.concurrency),
        figure(best.requestsPerSecond, '/s', 2),
        figure(best.timeToFirstTokenMs, 'ms', 0),
        figure(best.interTokenMs, 'ms'),
        usd(best.usdPerHour),
        usd(best.usdPerMonth, 0),
        best.warnings.length === 0 ? '' : `${best.warnings.length}`,
      ]);
    parts.push(
      `${bold(`${recommendation.model ?? 'model'} in ${recommendation.region}`)}\n${renderTable(COLUMNS, rows, terminal)}`,
    );
    if (groups.length > limit) parts.push(dim(`${groups.length - limit} more: --limit`));
    const first = recommendation.startWith;
    if (first !== null) {
      const { instanceType, quantization, container } = first;
      parts.push(
        `${green('start with')} ${quantization === 'none' ? 'the weights as they are' : quantization} on ${instanceType} (${container}): ${recommendation.guidance}`,
      );
    }
    if (recommendation.breakEven !== null) parts.push(recommendation.breakEven.message);
  }
  parts.push(renderRejections(recommendation.rejected, terminal));
  const measured = correctedIn(recommendation);
  if (measured.length > 0) parts.push(dim(`speeds as measured: ${measured.join(', ')}`));
  parts.push(dim(pricesInWords(recommendation)));
  return parts.filter((part) => part !== '').join('\n\n');
}

/** Which prices the order is by, and what to do where there are none. */
export function pricesInWords({ priceDates, candidates, region }: Recommendation): string {
  const dates = priceDates.length === 0 ? '' : `prices of ${priceDates.join(', ')}`;
  const unknown = new Set(candidates.filter((one) => one.usdPerHour === null).map((one) => one.instanceType)).size;
  if (unknown === 0) return dates;
  const all = priceDates.length === 0;
  const missing = all
    ? `no price of ${region} is known: the order is that of other regions' prices`
    : `no price is known of ${unknown} more instance types, which come last`;
  return `${dates}${all ? '' : '; '}${missing}; qe prices --region ${region} fetches all of them`;
}

/** What of the ranking is not as estimated, but as somebody measured. */
function correctedIn({ candidates }: Recommendation): string[] {
  const corrected = candidates.filter(({ spec }) => correctionFor(resolveEndpoint(spec)) !== undefined);
  return [
    ...new Set(
      corrected.map(({ quantization, instanceType, container }) => `${quantization} on ${instanceType} (${container})`),
    ),
  ];
}

const COLUMNS = [
  { title: '#', align: 'right' as const },
  { title: 'instance' },
  { title: 'scheme' },
  { title: 'container' },
  { title: 'TP', align: 'right' as const },
  { title: 'at once', align: 'right' as const },
  { title: 'requests', align: 'right' as const },
  { title: 'first token', align: 'right' as const },
  { title: 'per token', align: 'right' as const },
  { title: 'an hour', align: 'right' as const },
  { title: 'a month', align: 'right' as const },
  { title: 'warnings', align: 'right' as const },
];

/** Longer reasons would wrap and hide the counts; `--json` has them whole. */
const WIDEST = 110;

function shortened(text: string): string {
  return text.length <= WIDEST ? text : `${text.slice(0, WIDEST - 1).trimEnd()}…`;
}

/** One line a reason: how many, and one of them in full. */
function renderRejections(rejected: readonly Rejection[], terminal: Terminal): string {
  if (rejected.length === 0) return '';
  const byReason = new Map<string, Rejection[]>();
  for (const rejection of rejected) {
    const list = byReason.get(rejection.reason);
    if (list === undefined) byReason.set(rejection.reason, [rejection]);
    else list.push(rejection);
  }
  const rows = [...byReason]
    .sort(([, a], [, b]) => b.length - a.length)
    .map(([reason, list]) => [
      `  ${reason}`,
      String(list.length),
      shortened(`${list[0].instanceType}: ${list[0].message}`),
    ]);
  const table = renderTable([{ title: '' }, { title: '', align: 'right' }, { title: '' }], rows, terminal);
  return `${terminal.colors.bold('Not taken')} ${terminal.colors.dim('(each of them in --json)')}\n${table}`;
}
