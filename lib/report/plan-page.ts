import { HOURS_PER_MONTH, instancesAlwaysRunning } from '../plan';
import type { PlanAnswer } from '../rules';
import type { EndpointSpec } from '../spec/types';
import { memoryBar, type Segment } from './charts/memory-bar';
import { doublingAxis, horizontalRange, verticalRange } from './charts/frame';
import { lineChart } from './charts/line-chart';
import { bytes, count, figure, tokens, usd } from './figures';
import { html, type Html } from './html';
import { renderPage, type Section } from './page';
import { findings } from './parts/findings';
import { tiles } from './parts/tiles';

export interface PlanPageInput {
  readonly spec: EndpointSpec;
  readonly answer: PlanAnswer;
  /** How many sequences of a length (tokens) the KV cache holds at once, for growing lengths. */
  readonly concurrencyByContext: readonly { readonly context: number; readonly concurrency: number }[];
  /** The server's argument vector, where the container is known. */
  readonly command?: readonly string[];
}

/** The plan of one endpoint as a page. */
export function planPage(input: PlanPageInput): string {
  const { spec, answer } = input;
  const model = spec.model.id ?? 'model';
  const sections: Section[] = [summary(input)];
  const memory = memorySection(answer);
  if (memory) sections.push(memory);
  const curve = curveSection(input);
  if (curve) sections.push(curve);
  if (input.command) {
    sections.push({
      id: 'server',
      title: 'What the container will run',
      body: html`<p class="command">${input.command.map((word) => html`<code>${shellWord(word)}</code> `)}</p>`,
    });
  }
  return renderPage({
    title: `${model} on ${spec.instanceType ?? spec.instancePools?.[0]?.instanceType ?? 'an instance not yet chosen'}`,
    lead: [spec.quantization ?? 'as the checkpoint is stored', spec.container?.family, spec.region]
      .filter((part) => part !== undefined)
      .join(' · '),
    sections,
    footer: footer(answer),
    data: answer,
  });
}

/** As one would type it; a page has no terminal that could take it for commands. */
function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

function summary({ spec, answer }: PlanPageInput): Section {
  const { estimate, cost } = answer;
  const instances = instancesAlwaysRunning(spec);
  const hour = cost.usdPerHour === null ? null : cost.usdPerHour * instances;
  const all = instances === 1 ? '' : `, ${instances} instances`;
  return {
    id: 'summary',
    title: 'In short',
    body: [
      findings(answer.verdict, answer.findings),
      answer.parameters === null &&
        answer.verdict !== 'error' &&
        html`<p>
          Nothing is known of this model but its name: what depends on its shape was neither worked out nor checked.
          <code>qe models add ${spec.model.id}</code> finds it, or give its config.json as model.config.
        </p>`,
      tiles([
        { label: 'sequences of full length at once', value: figure(answer.maxConcurrency) },
        { label: 'largest context, tokens', value: count(answer.largestMaxModelLen) },
        { label: 'to the first token', value: figure(estimate.timeToFirstTokenMs, 'ms') },
        { label: 'between tokens', value: figure(estimate.interTokenMs, 'ms') },
        {
          label: `output tokens a second${instances === 1 ? '' : ', each instance'}`,
          value: figure(estimate.outputTokensPerSecond),
        },
        { label: `an hour${all}`, value: usd(hour) },
        { label: `a month${all}`, value: usd(hour === null ? null : hour * HOURS_PER_MONTH) },
        { label: 'a million output tokens', value: usd(cost.usdPerMillionOutputTokens) },
      ]),
    ],
  };
}

function memorySection({ memory, checkpointBytes, parameters }: PlanAnswer): Section | undefined {
  if (memory.total === null || memory.weights === null) return undefined;
  const parts: readonly (readonly [string, number | null, string])[] = [
    ['weights', memory.weights, 'var(--s0)'],
    ['activations', memory.activations, 'var(--s1)'],
    ['graphs', memory.graphs, 'var(--s3)'],
    ['runtime', memory.runtime, 'var(--s5)'],
    ['KV cache', memory.kvCache, 'var(--s2)'],
  ];
  const segments: Segment[] = parts.flatMap(([label, size, color]) =>
    size === null ? [] : [{ label, bytes: size, color }],
  );
  return {
    id: 'memory',
    title: 'Memory of each accelerator',
    intro: `${count(parameters)} parameters; the checkpoint takes ${bytes(checkpointBytes)}.`,
    body: memoryBar(
      `${bytes(memory.total)}, of which the server may use ${bytes(memory.usable)}`,
      segments,
      memory.total,
    ),
  };
}

function curveSection({ concurrencyByContext }: PlanPageInput): Section | undefined {
  const points = concurrencyByContext
    .filter((point) => point.concurrency > 0)
    .map((point) => ({ x: point.context, y: point.concurrency }));
  if (points.length < 2) return undefined;
  const x = doublingAxis(
    'tokens in each sequence, prompt and answer together',
    points.map((point) => point.x),
    horizontalRange,
    tokens,
  );
  const y = doublingAxis(
    'sequences at once',
    points.map((point) => point.y),
    verticalRange,
    (value) => (value >= 1 ? count(value) : figure(value)),
  );
  return {
    id: 'concurrency',
    title: 'Concurrency against context',
    intro: 'How many sequences the KV cache holds at once if each is this long. Longer ones wait for room.',
    body: lineChart('Both axes double from tick to tick', x, y, points),
  };
}

function footer({ cost }: PlanAnswer): Html {
  return html`<p>
    Figures are estimates from the model's shapes, the accelerator's data and the engine's memory model; nothing was
    run. ${cost.priceDate !== null && `Price of ${cost.priceDate} (${cost.priceSource}).`} What is not known is shown as
    unknown.
  </p>`;
}
