import type { MonitorView, RunSummary } from '../monitor/operate';
import { ALL, type CategorySummary, type ScoredAnswer } from '../monitor';
import { horizontalRange, linearAxis, verticalRange } from './charts/frame';
import { lineChart } from './charts/line-chart';
import { count, figure, percent } from './figures';
import { html, type Html } from './html';
import { renderPage, type Section } from './page';
import { table, type Column } from './parts/table';
import { tiles } from './parts/tiles';

/** What a quality monitor found, as a page. It shows prompts' answers: whoever may read it reads them. */
export function monitorPage(view: MonitorView): string {
  const { monitorName, endpointName, latest, falseAlarmRate, tolerance } = view;
  return renderPage({
    title: `Quality of ${endpointName}`,
    lead: `${monitorName}, ${latest.at.slice(0, 16).replace('T', ' ')} UTC`,
    sections: [
      summarySection(view),
      ...historySections(view),
      categorySection(view.summaries),
      worstSection(view.worst),
      runsSection(view.history),
    ],
    footer: html`<p>
      Answers are compared with those of the model at full precision. Evidence is the wealth of a bet against “no loss
      rose by more than ${percent(tolerance)}”; the probability that it ever reaches ${figure(1 / falseAlarmRate)}
      without such a rise is ${percent(falseAlarmRate)} for each configuration that is deployed, however long it is
      watched.
    </p>`,
    data: { latest, summaries: view.summaries, history: view.history },
  });
}

function summarySection({ latest, leading, detection, summaries, falseAlarmRate }: MonitorView): Section {
  const [all] = summaries;
  const where = leading?.category === null || leading === undefined ? '' : ` in ${leading.category}`;
  const verdict = latest.alarm
    ? html`<p class="verdict error">lost quality: ${leading?.figure ?? 'answers'}${where}</p>`
    : html`<p class="verdict ok">${latest.kind === 'baseline' ? 'accepted as the baseline' : 'no loss found'}</p>`;
  return {
    id: 'summary',
    title: 'In short',
    body: [
      verdict,
      detection !== undefined &&
        html`<p class="note">
          A mean rise of ${detection.figure} by ${figure(detection.rise)} is found within ${count(detection.prompts)}
          prompts, as expected.
        </p>`,
      tiles([
        { label: `evidence of a loss; alarm at ${figure(1 / falseAlarmRate)}`, value: figure(latest.evidence) },
        { label: 'prompts', value: count(latest.prompts) },
        { label: 'failed', value: count(latest.failed) },
        { label: 'likeness (ROUGE-L)', value: figure(all.similarity) },
        { label: 'the same words', value: percent(all.normalizedMatch) },
        { label: 'the same first choice', value: percent(all.top1Agreement) },
        { label: 'KL a token, nats', value: figure(all.meanKl) },
        { label: 'perplexity of the texts', value: figure(all.perplexity) },
      ]),
    ],
  };
}

function historySections({ history, falseAlarmRate }: MonitorView): Section[] {
  if (history.length < 2) return [];
  const plot = (
    id: string,
    title: string,
    unit: string,
    pick: (run: RunSummary) => number | null,
    intro?: string,
  ): Section[] => {
    const points = history.flatMap((run, i) => {
      const y = pick(run);
      return y === null ? [] : [{ x: i + 1, y }];
    });
    if (points.length < 2) return [];
    const x = linearAxis(
      'run',
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
    return [{ id, title, ...(intro === undefined ? {} : { intro }), body: lineChart(title, x, y, points) }];
  };
  return [
    ...plot(
      'evidence',
      'Evidence of a loss',
      'powers of ten',
      ({ evidence }) => Math.log10(Math.max(evidence, 1e-3)),
      `An alarm is raised at ${figure(Math.log10(1 / falseAlarmRate))}. A new configuration begins at 0.`,
    ),
    ...plot('likeness', 'Likeness to full precision', 'ROUGE-L', ({ similarity }) => similarity),
    ...plot('kl', 'Distance from full precision', 'KL a token, nats', ({ meanKl }) => meanKl),
  ];
}

function categorySection(summaries: readonly CategorySummary[]): Section {
  const column = (
    title: string,
    value: (row: CategorySummary) => number | null,
    show: (value: number | null) => string = (number) => figure(number),
  ): Column<CategorySummary> => ({ title, show: (row) => show(value(row)), value });
  return {
    id: 'categories',
    title: 'By category',
    intro: 'Edge cases degrade before the average does.',
    body: table(
      'Figures by category',
      [
        { title: 'category', show: ({ category }) => (category === ALL ? html`<b>all</b>` : category) },
        column('prompts', (row) => row.prompts),
        column('the same answer', (row) => row.exactMatch, percent),
        column('the same words', (row) => row.normalizedMatch, percent),
        column('likeness', (row) => row.similarity),
        column('valid', (row) => row.valid, percent),
        column('KL', (row) => row.meanKl),
        column('worst KL', (row) => row.maxKl),
        column('same first choice', (row) => row.top1Agreement, percent),
        column('length', (row) => row.lengthRatio),
        column('repetition', (row) => row.repetition, percent),
        column('perplexity', (row) => row.perplexity),
        column('of full precision', (row) => row.referencePerplexity),
        column('embedding distance', (row) => row.losses.embedding ?? null),
        column('judge', (row) => row.losses.judge ?? null),
      ],
      summaries,
    ),
  };
}

function worstSection(worst: readonly ScoredAnswer[]): Section {
  return {
    id: 'worst',
    title: 'Furthest from full precision',
    body: table(
      'Answers furthest from full precision',
      [
        { title: 'prompt', show: ({ id }) => id },
        { title: 'category', show: ({ category }) => category },
        {
          title: 'losses',
          show: ({ losses }) =>
            Object.entries(losses)
              .filter(([, loss]) => loss > 0)
              .map(([name, loss]) => `${name} ${figure(loss)}`)
              .join(', '),
          value: ({ losses }) => Math.max(...Object.values(losses)),
        },
        { title: 'full precision', show: ({ referenceText }) => excerpt(referenceText) },
        { title: 'the endpoint', show: ({ text }) => excerpt(text) },
      ],
      worst,
    ),
  };
}

const SHOWN = 300;

function excerpt(text: string): Html {
  return html`<small>${text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text}</small>`;
}

function runsSection(history: readonly RunSummary[]): Section {
  return {
    id: 'runs',
    title: 'Runs',
    body: table(
      'Runs, the latest first',
      [
        { title: 'at', show: ({ at }) => at.slice(0, 16).replace('T', ' ') },
        { title: 'configuration', show: ({ configName }) => configName },
        { title: 'kind', show: ({ kind }) => kind },
        { title: 'prompts', show: ({ prompts }) => count(prompts), value: ({ prompts }) => prompts },
        { title: 'failed', show: ({ failed }) => count(failed), value: ({ failed }) => failed },
        { title: 'evidence', show: ({ evidence }) => figure(evidence), value: ({ evidence }) => evidence },
        { title: 'alarm', show: ({ alarm }) => (alarm ? html`<b class="error">yes</b>` : 'no') },
        { title: 'likeness', show: ({ similarity }) => figure(similarity), value: ({ similarity }) => similarity },
        { title: 'KL', show: ({ meanKl }) => figure(meanKl), value: ({ meanKl }) => meanKl },
      ],
      [...history].reverse(),
    ),
  };
}
