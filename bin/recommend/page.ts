import { groupByContainer, type Candidate, type CandidateGroup, type Recommendation } from '../../lib/recommend';
import { pricesInWords } from './render';
import {
  figures,
  frontier,
  html,
  horizontalRange,
  linearAxis,
  renderPage,
  scatterChart,
  table,
  verticalRange,
  type Html,
  type Section,
} from '../../lib/report';

/** More points than this are a cloud nobody reads. */
const CHARTED = 120;

/** The ranking as a page: cost against latency with its frontier, every candidate in a table that sorts, and why the rest was not taken. */
export function recommendationPage(recommendation: Recommendation): string {
  const groups = groupByContainer(recommendation.candidates);
  const sections: Section[] = [];
  const chart = chartSection(groups);
  if (chart !== undefined) sections.push(chart);
  sections.push(candidatesSection(groups), rejectedSection(recommendation));
  return renderPage({
    title: `Where to serve ${recommendation.model ?? 'this model'}`,
    lead: `${recommendation.region} · ${recommendation.guidance}`,
    sections,
    footer: [recommendation.breakEven?.message ?? '', pricesInWords(recommendation)]
      .filter((sentence) => sentence !== '')
      .map((sentence) => `${sentence[0].toUpperCase()}${sentence.slice(1)}.`)
      .join(' '),
    data: recommendation,
  });
}

function chartSection(groups: readonly CandidateGroup[]): Section | undefined {
  const all = groups.flatMap(({ best }) =>
    best.usdPerHour === null || best.interTokenMs === null
      ? []
      : [{ x: best.usdPerHour, y: best.interTokenMs, label: `${best.instanceType} ${best.quantization}` }],
  );
  if (all.length < 2) return undefined;
  const points = all.slice(0, CHARTED);
  const dearest = Math.max(...points.map(({ x }) => x));
  const slowest = Math.max(...points.map(({ y }) => y));
  return {
    id: 'frontier',
    title: 'Cost against latency',
    intro: `Nothing is cheaper and faster than what lies on the dashed line (${frontier(points).length} of ${points.length}${points.length < all.length ? `, the cheapest of ${all.length} that have a price` : ''}).`,
    body: scatterChart(
      'Cost an hour against time between tokens',
      linearAxis('USD an hour', [0, dearest], horizontalRange, (value) => figures.usd(value)),
      linearAxis('ms between tokens', [0, slowest], verticalRange, (value) => figures.figure(value, 'ms')),
      points,
    ),
  };
}

function candidatesSection(groups: readonly CandidateGroup[]): Section {
  return {
    id: 'candidates',
    title: 'Candidates',
    intro: 'Cheapest first. A click on a title sorts by it.',
    body: table(
      'Candidates',
      [
        { title: 'Instance', show: ({ best }) => best.instanceType },
        { title: 'Instances', show: ({ best }) => best.instances, value: ({ best }) => best.instances },
        { title: 'Scheme', show: ({ best }) => best.quantization },
        { title: 'Container', show: ({ containers }) => containers.join(', ') },
        { title: 'TP', show: ({ best }) => best.tensorParallelSize, value: ({ best }) => best.tensorParallelSize },
        { title: 'At once', show: ({ best }) => best.concurrency, value: ({ best }) => best.concurrency },
        {
          title: 'Requests/s',
          show: ({ best }) => figures.figure(best.requestsPerSecond),
          value: ({ best }) => best.requestsPerSecond,
        },
        {
          title: 'First token',
          show: ({ best }) => figures.figure(best.timeToFirstTokenMs, 'ms'),
          value: ({ best }) => best.timeToFirstTokenMs,
        },
        {
          title: 'Per token',
          show: ({ best }) => figures.figure(best.interTokenMs, 'ms'),
          value: ({ best }) => best.interTokenMs,
        },
        { title: 'An hour', show: ({ best }) => figures.usd(best.usdPerHour), value: ({ best }) => best.usdPerHour },
        { title: 'A month', show: ({ best }) => figures.usd(best.usdPerMonth), value: ({ best }) => best.usdPerMonth },
        { title: 'Warnings', show: ({ best }) => warningsOf(best), value: ({ best }) => best.warnings.length },
      ],
      groups,
    ),
  };
}

/** Many rows have the same long ones: a number until somebody asks. */
function warningsOf({ warnings }: Candidate): Html | string {
  if (warnings.length === 0) return '';
  return html`<details>
    <summary>${warnings.length}</summary>
    ${warnings.map((warning) => html`<p class="warning">${warning}</p>`)}
  </details>`;
}

function rejectedSection({ rejected }: Recommendation): Section {
  return {
    id: 'rejected',
    title: 'Not taken',
    intro: `${rejected.length} combinations, each with its reason.`,
    body: html`<details>
      <summary>All of them</summary>
      ${table(
        'Not taken',
        [
          { title: 'Instance', show: (row) => row.instanceType },
          { title: 'Scheme', show: (row) => row.quantization },
          { title: 'Container', show: (row) => row.container },
          { title: 'TP', show: (row) => row.tensorParallelSize, value: (row) => row.tensorParallelSize },
          { title: 'Reason', show: (row) => row.reason },
          { title: 'In words', show: (row) => row.message },
        ],
        rejected,
      )}
    </details>`,
  };
}
