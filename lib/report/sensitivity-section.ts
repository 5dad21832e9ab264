import { heatMap } from './charts/heat-map';
import { bytes, count, percent } from './figures';
import { html, type Html, type HtmlValue } from './html';
import type { Section } from './page';
import { table, type Column } from './parts/table';
import { keptInWords, partName, partNames, signed } from './quality-in-words';
import type { SensitivityReport } from './simulation-report';

type Unit = SensitivityReport['units'][number];
type Proposed = SensitivityReport & { readonly proposal: NonNullable<SensitivityReport['proposal']> };

/** Which parts of the model carry each scheme's loss, and the mix that keeps the worst of them. Undefined where it was not measured. */
export function sensitivitySection(reports: readonly SensitivityReport[]): Section | undefined {
  if (reports.length === 0) return undefined;
  return {
    id: 'sensitivity',
    title: 'Which parts carry the loss',
    intro: `Mean KL with one part alone quantized and the rest left as it is, on ${count(reports[0].tokens)} tokens: what the error of its weights and activations does to the predictions.`,
    body: [partsMap(reports), proposals(reports.filter(hasProposal)), reports.map(details)],
  };
}

function partsMap(reports: readonly SensitivityReport[]): Html {
  const names = [...new Set(reports.flatMap(({ units }) => units.map(({ weights }) => partName(weights))))].sort(
    new Intl.Collator('en', { numeric: true }).compare,
  );
  const lossOf = reports.map(({ units }) => new Map(units.map(({ weights, meanKl }) => [partName(weights), meanKl])));
  const worst = Math.max(1e-12, ...lossOf.flatMap((losses) => [...losses.values()].filter(Number.isFinite)));
  return heatMap({
    caption: 'Mean KL of each part under each scheme',
    columns: reports.map(({ scheme }) => scheme),
    rows: names.map((name) => ({ name, values: lossOf.map((losses) => losses.get(name) ?? null) })),
    // Losses lie orders of magnitude apart: the root keeps the small ones visible.
    heat: (value) => Math.sqrt(value / worst),
    format: (value) => value.toFixed(5),
  });
}

function proposals(reports: readonly Proposed[]): HtmlValue {
  if (reports.length === 0) return undefined;
  const increase = ({ perplexity }: SensitivityReport, value: number) => signed(value / perplexity - 1);
  const columns: Column<Proposed>[] = [
    { title: 'scheme', show: ({ scheme }) => scheme },
    {
      title: 'keep',
      show: ({ proposal: { kept, keptAs } }) =>
        html`${partNames(kept).map((name) => html`<code>${name}</code><br />`)} ${keptInWords(keptAs, kept.length)}`,
    },
    {
      title: 'takes more',
      show: ({ proposal }) => bytes(proposal.extraBytes),
      value: ({ proposal }) => proposal.extraBytes,
    },
    { title: 'mean KL without', show: ({ whole }) => whole.meanKl.toFixed(5), value: ({ whole }) => whole.meanKl },
    {
      title: 'expected',
      show: ({ proposal }) => proposal.expectedMeanKl.toFixed(5),
      value: ({ proposal }) => proposal.expectedMeanKl,
    },
    {
      title: 'measured',
      show: ({ proposal }) => proposal.measured.meanKl.toFixed(5),
      value: ({ proposal }) => proposal.measured.meanKl,
    },
    {
      title: 'perplexity',
      show: (row) => `${increase(row, row.whole.perplexity)} → ${increase(row, row.proposal.measured.perplexity)}`,
      value: ({ proposal }) => proposal.measured.perplexity,
    },
  ];
  const caption = 'Mixed precision';
  return [
    html`<h3>${caption}</h3>
      <p>
        The fewest parts that make up half of the loss, kept at higher precision, and what that mix was measured at.
        <code>qe quantize --keep REPORT</code> writes it.
      </p>`,
    table(caption, columns, reports),
  ];
}

function details(report: SensitivityReport): Html {
  const total = report.units.reduce((sum, { meanKl }) => sum + meanKl, 0);
  const columns: Column<Unit>[] = [
    { title: 'quantized alone', show: ({ weights }) => html`<code>${partName(weights)}</code>` },
    { title: 'mean KL', show: ({ meanKl }) => meanKl.toFixed(5), value: ({ meanKl }) => meanKl },
    {
      title: 'share of the loss',
      show: ({ meanKl }) => percent(total > 0 ? meanKl / total : 0),
      value: ({ meanKl }) => meanKl,
    },
    { title: 'perplexity', show: ({ perplexity }) => perplexity.toFixed(3), value: ({ perplexity }) => perplexity },
  ];
  return html`<details>
    <summary>What ${report.scheme} hurts most</summary>
    ${table(`Loss of each part under ${report.scheme}`, columns, report.units)}
  </details>`;
}

function hasProposal(report: SensitivityReport): report is Proposed {
  return report.proposal !== undefined;
}
