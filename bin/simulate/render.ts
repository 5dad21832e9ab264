import type { SchemeSimulation, Simulation } from '../../lib/simulate/simulation';
import { bytes, count } from '../output/units';
import { renderTable } from '../output/table';
import { wrap } from '../output/wrap';
import { conclusions, fitInWords, partName, proposalInWords, type SimulationReport } from '../../lib/report';
import type { EmbeddingEvaluation } from '../../lib/simulate/quality/embeddings';
import type { Sensitivity } from '../../lib/simulate/quality/sensitivity';
import type { TextEvaluation } from '../quality/evaluate';
import type { Terminal } from '../terminal';

/** Layers named under a scheme: those that lose most. */
const WORST_LAYERS = 3;

/** A simulation as a person reads it: schemes side by side, then the layers that lose most. */
export function renderSimulation(
  simulation: Simulation,
  report: SimulationReport,
  terminal: Terminal,
  evaluation?: TextEvaluation,
  embedding?: EmbeddingEvaluation,
): string {
  const { bold, dim, yellow } = terminal.colors;
  const { model, schemes, run } = simulation;
  const pace = run.bytesRead / 1e9 / run.seconds;
  const parts = [
    `${bold(model.path)}\n${model.architecture} · ${count(model.parameters)} parameters · ${bytes(model.bytes)}`,
    schemeTable(simulation, terminal),
    `${bold('Layers that lose most')}\n${worstTable(schemes, terminal)}`,
    dim(
      `read ${bytes(run.bytesRead)} in ${run.seconds.toFixed(1)} s (${pace.toFixed(2)} GB/s, ${run.threads} threads, ` +
        `${bytes(run.peakRssBytes)} of memory at most)`,
    ),
  ];
  if (evaluation !== undefined)
    parts.splice(
      2,
      0,
      `${bold('On the held-out text')}\n${textTable(evaluation, terminal)}`,
      ...evaluation.sensitivity.map((one) => sensitivityPart(one, terminal)),
    );
  if (embedding !== undefined)
    parts.splice(2, 0, `${bold('Embeddings of the held-out texts')}\n${embeddingTable(embedding, terminal)}`);
  const fit = instancePart(report, terminal);
  if (fit !== undefined) parts.splice(2, 0, fit);
  const words = conclusions(report);
  if (words.length > 0) parts.push(`${bold('Verdict')}\n${words.join('\n')}`);
  const notes = schemes.flatMap(({ scheme, notes: own }) =>
    own.map((note) => `${yellow('note')} ${scheme.name}: ${note}`),
  );
  for (const { name, notes: own } of (evaluation ?? embedding)?.schemes ?? [])
    notes.push(...own.map((note) => `${yellow('note')} ${name}: ${note}`));
  if (notes.length > 0) parts.push([...new Set(notes)].join('\n'));
  return parts.join('\n\n');
}

function schemeTable({ model, schemes }: Simulation, terminal: Terminal): string {
  return renderTable(
    [
      { title: 'Scheme' },
      { title: 'Size', align: 'right' },
      { title: 'of original', align: 'right' },
      { title: 'Bits/weight', align: 'right' },
      { title: 'SQNR', align: 'right' },
      { title: 'Relative error', align: 'right' },
      { title: 'Largest error', align: 'right' },
      { title: 'Cosine', align: 'right' },
      { title: 'Clipped', align: 'right' },
      { title: 'Zeroed', align: 'right' },
    ],
    schemes.map(({ scheme, bytes: size, bitsPerWeight, figures }) => [
      groupName(scheme.name, scheme.groupSize),
      bytes(size),
      percent(size / model.bytes),
      bitsPerWeight.toFixed(3),
      decibels(figures.sqnrDb),
      figures.relativeError.toFixed(5),
      figures.maxAbsError.toPrecision(3),
      figures.cosine.toFixed(6),
      percent(figures.clipped),
      percent(figures.zeroed),
    ]),
    terminal,
  );
}

/** Columns of a reason's line: a refusal tells its fix as well. */
const REASON_COLUMNS = 100;

/** Which of the instances asked for each scheme fits. */
function instancePart({ schemes }: SimulationReport, terminal: Terminal): string | undefined {
  const rows = schemes.flatMap(({ scheme, instances = [] }) =>
    instances.map((fit) => [scheme, fit.instanceType, wrap(fitInWords(fit), REASON_COLUMNS)]),
  );
  if (rows.length === 0) return undefined;
  const columns = [{ title: 'Scheme' }, { title: 'Instance' }, { title: 'Fit' }];
  return `${terminal.colors.bold('On the instances asked for')}\n${renderTable(columns, rows, terminal)}`;
}

function embeddingTable({ schemes, texts, tokens }: EmbeddingEvaluation, terminal: Terminal): string {
  const table = renderTable(
    [
      { title: 'Scheme' },
      { title: 'Mean cosine', align: 'right' },
      { title: 'Worst cosine', align: 'right' },
      { title: 'Rank agreement', align: 'right' },
      { title: 'Same nearest text', align: 'right' },
    ],
    schemes.map(({ name, figures }) => [
      name,
      figures.meanCosine.toFixed(5),
      figures.worstCosine.toFixed(5),
      figures.rankAgreement.toFixed(5),
      percent(figures.nearestAgreement),
    ]),
    terminal,
  );
  return `${table}\n${terminal.colors.dim(`${count(texts)} texts, ${count(tokens)} tokens`)}`;
}

/** Parts named under a scheme's sensitivity. */
const SENSITIVE_PARTS = 5;

function sensitivityPart({ scheme, full, whole, units, proposal }: Sensitivity, terminal: Terminal): string {
  const total = units.reduce((sum, { meanKl }) => sum + meanKl, 0);
  const table = renderTable(
    [{ title: 'Quantized alone' }, { title: 'Mean KL', align: 'right' }, { title: 'Share', align: 'right' }],
    units
      .slice(0, SENSITIVE_PARTS)
      .map(({ weights, meanKl }) => [partName(weights), meanKl.toFixed(5), percent(total > 0 ? meanKl / total : 0)]),
    terminal,
  );
  const lines = [`${terminal.colors.bold(`What ${scheme} hurts most`)}\n${table}`];
  if (proposal !== undefined) lines.push(proposalInWords({ perplexity: full.perplexity, whole }, proposal));
  lines.push(terminal.colors.dim(`measured on ${count(full.tokens)} tokens`));
  return lines.join('\n');
}

function textTable({ full, schemes, text, kvCache }: TextEvaluation, terminal: Terminal): string {
  const table = renderTable(
    [
      { title: 'Scheme' },
      { title: 'Perplexity', align: 'right' },
      { title: 'Increase', align: 'right' },
      { title: 'Mean KL', align: 'right' },
      { title: '99th percentile KL', align: 'right' },
      { title: 'Same first choice', align: 'right' },
    ],
    [full, ...(kvCache === undefined ? [] : [kvCache]), ...schemes].map(
      ({ name, perplexity, meanKl, p99Kl, top1Agreement }) => [
        name === 'full' ? 'full precision' : name,
        perplexity.toFixed(3),
        name === 'full' ? '' : percent(perplexity / full.perplexity - 1),
        meanKl.toFixed(5),
        p99Kl.toFixed(4),
        percent(top1Agreement),
      ],
    ),
    terminal,
  );
  return `${table}\n${terminal.colors.dim(`${count(full.tokens)} tokens in windows of ${text.window}${kvCache === undefined ? '' : `; all schemes with the KV cache in ${kvCache.kv}`}`)}`;
}

function worstTable(schemes: readonly SchemeSimulation[], terminal: Terminal): string {
  const rows = schemes.flatMap(({ scheme, tensors }) =>
    [...tensors]
      .sort((left, right) => left.figures.sqnrDb - right.figures.sqnrDb)
      .slice(0, WORST_LAYERS)
      .map(({ name, shape, figures, outlierColumns }) => [
        scheme.name,
        name,
        shape.join(' × '),
        decibels(figures.sqnrDb),
        figures.relativeError.toFixed(5),
        outlierColumns.length === 0 ? 'none' : String(outlierColumns.length),
      ]),
  );
  return renderTable(
    [
      { title: 'Scheme' },
      { title: 'Layer' },
      { title: 'Shape', align: 'right' },
      { title: 'SQNR', align: 'right' },
      { title: 'Relative error', align: 'right' },
      { title: 'Outlier columns', align: 'right' },
    ],
    rows,
    terminal,
  );
}

function groupName(name: string, groupSize: number | undefined): string {
  return groupSize !== undefined && groupSize > 0 ? `${name} (group ${groupSize})` : name;
}

function decibels(value: number): string {
  return Number.isFinite(value) ? `${value.toFixed(2)} dB` : 'lossless';
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`;
}
