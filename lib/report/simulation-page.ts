import { decadeAxis, horizontalRange, linearAxis, verticalRange } from './charts/frame';
import { heatMap } from './charts/heat-map';
import { binned, histogram } from './charts/histogram';
import { scatterChart } from './charts/scatter-chart';
import { conclusions } from './conclusions';
import { bytes, count, figure, percent } from './figures';
import { html, type Html, type HtmlValue } from './html';
import { instanceSection } from './instance-table';
import { renderPage, type Section } from './page';
import { table, type Column } from './parts/table';
import { tiles } from './parts/tiles';
import { judge, partName } from './quality-in-words';
import { sensitivitySection } from './sensitivity-section';
import type { InputReport, SchemeReport, SimulationReport, TensorReport } from './simulation-report';

export interface SimulationPageInput {
  readonly report: SimulationReport;
  /** ISO date. */
  readonly date: string;
  /** Sections that a caller measured besides, e.g. memory fit on instances or a mixed-precision proposal. */
  readonly more?: readonly Section[];
}

/** What quantization does to a model, as a page: verdict first, then the figures, then how they were measured. */
export function simulationPage({ report, date, more = [] }: SimulationPageInput): string {
  const { model } = report;
  return renderPage({
    title: `Quantizing ${model.path.replace(/\/+$/, '').split('/').pop()}`,
    lead: `${model.architecture} · ${count(model.parameters)} parameters · ${bytes(model.bytes)} at full precision`,
    sections: [
      verdict(report),
      comparison(report),
      instanceSection(report.schemes),
      ...more,
      sensitivitySection(report.evaluation?.sensitivity ?? []),
      layers(report),
      errors(report),
      outliers(report),
      method(report),
    ].filter((section) => section !== undefined),
    footer: html`Measured on ${date} on the weights ${model.digest}.`,
    data: report,
  });
}

const UNMEASURED =
  'These figures are of the weights alone. Give a held-out text (qe simulate --evaluate FILE) to know what the schemes do to answers.';

function verdict(report: SimulationReport): Section {
  const [first, ...others] = conclusions(report);
  const measured = report.evaluation !== undefined || report.embedding !== undefined;
  const shared = sharedNotes(report.schemes);
  return {
    id: 'verdict',
    title: 'Verdict',
    body: [
      !measured && html`<p class="note">${UNMEASURED}</p>`,
      first !== undefined && html`<p class="callout">${first}</p>`,
      others.length > 0 &&
        html`<ul>
          ${others.map((sentence) => html`<li>${sentence}</li>`)}
        </ul>`,
      html`<ul class="findings">
        ${report.schemes.map((scheme) => {
          const { grade, words } = judge(report, scheme);
          const own = scheme.notes.filter((note) => !shared.has(note));
          return html`<li class="${grade}">
            <b>${scheme.scheme}</b>
            <p>${words}.</p>
            ${own.map((note) => html`<p>${note}</p>`)}
          </li>`;
        })}
      </ul>`,
      [...shared].map(([note, schemes]) => html`<p class="note">${schemes.join(', ')}: ${note}</p>`),
    ],
  };
}

/** What is to be said of several schemes is said once. */
function sharedNotes(schemes: readonly SchemeReport[]): ReadonlyMap<string, readonly string[]> {
  const saidOf = new Map<string, string[]>();
  for (const { scheme, notes } of schemes)
    for (const note of new Set(notes)) saidOf.set(note, [...(saidOf.get(note) ?? []), scheme]);
  return new Map([...saidOf].filter(([, names]) => names.length > 1));
}

function comparison({ schemes, model, evaluation, embedding }: SimulationReport): Section {
  const columns: Column<SchemeReport>[] = [
    { title: 'scheme', show: (row) => row.scheme },
    { title: 'size', show: (row) => bytes(row.bytes), value: (row) => row.bytes },
    { title: 'of full', show: (row) => percent(row.bytes / model.bytes, 0), value: (row) => row.bytes / model.bytes },
  ];
  if (evaluation !== undefined) {
    columns.push(
      evaluated(
        'perplexity',
        (e) => e.perplexity,
        (value) => value.toFixed(3),
      ),
      evaluated(
        'mean KL',
        (e) => e.meanKl,
        (value) => value.toFixed(4),
      ),
      evaluated(
        '99th percentile KL',
        (e) => e.p99Kl,
        (value) => value.toFixed(3),
      ),
      evaluated(
        'same first choice',
        (e) => e.top1Agreement,
        (value) => percent(value),
      ),
    );
  }
  if (embedding !== undefined) columns.push(...embeddingColumns());
  columns.push(
    { title: 'bits a weight', show: (row) => figure(row.bitsPerWeight), value: (row) => row.bitsPerWeight },
    { title: 'SQNR, dB', show: (row) => decibels(row.weights.sqnrDb), value: (row) => row.weights.sqnrDb },
    {
      title: 'relative error',
      show: (row) => percent(row.weights.relativeError, 2),
      value: (row) => row.weights.relativeError,
    },
  );
  return {
    id: 'schemes',
    title: 'Schemes side by side',
    intro:
      embedding !== undefined
        ? `Embeddings of ${count(embedding.texts)} texts (${count(embedding.tokens)} tokens), compared with those of full precision.`
        : evaluation === undefined
          ? 'Weight error only: no held-out text was given, so no figure here speaks of answers.'
          : `Full precision has perplexity ${evaluation.perplexity.toFixed(3)} on ${count(evaluation.tokens)} tokens (windows of ${evaluation.window}, stride ${evaluation.stride}).${kvCacheInWords(evaluation)}`,
    body: [table('Schemes side by side', columns, schemes), evaluation !== undefined && sizeAgainstLoss(schemes)],
  };
}

/** Where each scheme lies between small and faithful. */
function sizeAgainstLoss(schemes: readonly SchemeReport[]): Html | undefined {
  const points = schemes.flatMap(({ scheme, bytes: size, evaluation }) =>
    evaluation !== undefined && evaluation.meanKl > 0 && Number.isFinite(evaluation.meanKl)
      ? [{ label: scheme, x: size / MEBIBYTE, y: evaluation.meanKl }]
      : [],
  );
  if (points.length < 2) return undefined;
  const x = linearAxis(
    'size, MiB',
    points.map((point) => point.x),
    horizontalRange,
    (value) => figure(value),
  );
  const y = decadeAxis(
    'mean KL, nats a token',
    points.map((point) => point.y),
    verticalRange,
    (value) => figure(value),
  );
  return scatterChart('Size against loss: the lower and the further left, the better', x, y, points, 'all');
}

const MEBIBYTE = 2 ** 20;

function embeddingColumns(): Column<SchemeReport>[] {
  const column = (title: string, key: keyof NonNullable<SchemeReport['embedding']>): Column<SchemeReport> => ({
    title,
    show: (row) => row.embedding?.[key].toFixed(4) ?? 'not measured',
    value: (row) => row.embedding?.[key] ?? null,
  });
  return [
    column('mean cosine', 'meanCosine'),
    column('worst cosine', 'worstCosine'),
    column('rank agreement', 'rankAgreement'),
    column('same nearest text', 'nearestAgreement'),
  ];
}

function kvCacheInWords({ kvCache, perplexity }: NonNullable<SimulationReport['evaluation']>): string {
  if (kvCache === undefined) return '';
  return ` With keys and values in ${kvCache.type} alone it is ${kvCache.perplexity.toFixed(3)} (${percent(kvCache.perplexity / perplexity - 1, 2)} more, mean KL ${kvCache.meanKl.toFixed(4)}); every scheme below has that cache.`;
}

function evaluated(
  title: string,
  pick: (evaluation: NonNullable<SchemeReport['evaluation']>) => number,
  format: (value: number) => string,
): Column<SchemeReport> {
  const value = (row: SchemeReport) => (row.evaluation === undefined ? null : pick(row.evaluation));
  return {
    title,
    value,
    show: (row) => {
      const known = value(row);
      return known === null ? 'not measured' : format(known);
    },
  };
}

function layers({ schemes }: SimulationReport): Section {
  const names = [...new Set(schemes.flatMap((scheme) => scheme.tensors.map((tensor) => tensor.name)))];
  const errorOf = schemes.map((scheme) => new Map(scheme.tensors.map((tensor) => [tensor.name, tensor.relativeError])));
  const worst = Math.max(1e-12, ...errorOf.flatMap((errors) => [...errors.values()].filter(Number.isFinite)));
  return {
    id: 'layers',
    title: 'Layers against schemes',
    intro: 'Relative error of each weight matrix; the warmer, the more it lost.',
    body: heatMap({
      caption: 'Relative error of each layer under each scheme',
      columns: schemes.map((scheme) => scheme.scheme),
      rows: names.map((name) => ({
        name: name.replace(/\.weight$/, ''),
        values: errorOf.map((errors) => errors.get(name) ?? null),
      })),
      heat: (value) => value / worst,
      format: (value) => percent(value, 2),
    }),
  };
}

function errors({ schemes }: SimulationReport): Section {
  const charts = schemes.map((scheme) => {
    const bins = binned(scheme.tensors.map((tensor) => tensor.relativeError * 100));
    return bins.length > 0 && histogram(scheme.scheme, 'relative error, %', bins, (value) => figure(value));
  });
  return {
    id: 'errors',
    title: 'How the error spreads',
    intro:
      'A long tail to the right means that a few matrices carry the loss: those are worth keeping at higher precision.',
    body: html`<div class="charts">${charts}</div>`,
  };
}

function outliers({ schemes, evaluation }: SimulationReport): Section {
  const columnsOf = new Map<string, readonly number[]>();
  for (const tensor of schemes.flatMap((scheme): readonly TensorReport[] => scheme.tensors)) {
    if (tensor.outlierColumns.length > 0) columnsOf.set(tensor.name, tensor.outlierColumns);
  }
  const rows = [...columnsOf];
  const body: HtmlValue =
    rows.length === 0
      ? html`<p>None found.</p>`
      : table<readonly [string, readonly number[]]>(
          'Outlier columns',
          [
            { title: 'matrix', show: ([name]) => html`<code>${name}</code>` },
            { title: 'columns', show: ([, columns]) => columns.join(', ') },
          ],
          rows,
        );
  return {
    id: 'outliers',
    title: 'Outlier channels',
    intro:
      'Input channels whose weights are far larger or smaller than the rest. One scale for all channels serves them badly.',
    body: [body, inputs(evaluation?.inputs ?? [])],
  };
}

function inputs(rows: readonly InputReport[]): HtmlValue {
  if (rows.length === 0) return undefined;
  const caption = 'Activations that INT8 serves badly';
  return [
    html`<p>${caption}, as calibration saw them: a typical value should span several of the 127 steps of a scale.</p>`,
    table<InputReport>(
      caption,
      [
        { title: 'input of', show: ({ weights }) => html`<code>${partName(weights)}</code>` },
        { title: 'channels', show: ({ channels }) => channels.join(', ') },
        { title: 'largest', show: ({ peak }) => figure(peak), value: ({ peak }) => peak },
        { title: 'typical', show: ({ typical }) => figure(typical), value: ({ typical }) => typical },
        {
          title: 'steps, a scale a token',
          show: ({ tokenSteps }) => figure(tokenSteps),
          value: ({ tokenSteps }) => tokenSteps,
        },
        {
          title: 'steps, one scale',
          show: ({ staticSteps }) => figure(staticSteps),
          value: ({ staticSteps }) => staticSteps,
        },
      ],
      rows,
    ),
  ];
}

function method({ run, evaluation }: SimulationReport): Section {
  return {
    id: 'method',
    title: 'How this was measured',
    intro:
      'The weights themselves were quantized as the reference libraries do it, bit for bit, and compared with what they were.',
    body: [
      tiles([
        { label: 'read', value: bytes(run.bytesRead) },
        { label: `on ${run.threads} ${run.threads === 1 ? 'thread' : 'threads'}`, value: `${figure(run.seconds)} s` },
        { label: 'memory at most', value: bytes(run.peakRssBytes) },
      ]),
      evaluation !== undefined && perplexityInWords(),
    ],
  };
}

function perplexityInWords(): Html {
  return html`<p>
    Perplexity is how many tokens the model hesitates between on average: lower is better. KL is how far the quantized
    model's probabilities moved from full precision, in nats a token: 0 is no change.
  </p>`;
}

function decibels(value: number | null): string {
  return value === null ? 'lossless' : value.toFixed(2);
}
