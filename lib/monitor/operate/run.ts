import type { Answer } from '../answer';
import {
  addRun,
  driftEvidence,
  leadingProcess,
  promptsToDetect,
  startDrift,
  type Baseline,
  type DriftState,
} from '../drift';
import type { Losses, ScoredAnswer } from '../figures';
import type { MonitorPrompt } from '../prompts';
import { draw, seedOf } from '../random';
import { readAnswer } from '../answer';
import { summarize, worstAnswers } from '../summary';
import { askAll } from './ask-all';
import type { MonitorConfig } from './config';
import { MonitorFiles } from './files';
import { runMetrics, testMetrics } from './metrics';
import type { EndpointAddress, Ports, Serving } from './ports';
import { referenceAnswers } from './reference';
import { scoreWith } from './score';
import type { MonitorView, RunSummary } from './view';

/** What a call of the monitor came to. */
export type Outcome =
  | { readonly done: 'nothing'; readonly why: string }
  | { readonly done: 'baseline' | 'run'; readonly summary: RunSummary };

/**
 * Each prompt of the baseline is asked so often, and its largest losses count: an endpoint whose batches round differently from one
 * request to the next must not look worse than itself later.
 */
const BASELINE_REPEATS = 2;

const WORST_KEPT = 20;
const HISTORY_KEPT = 500;
const MILLISECONDS_A_DAY = 86_400_000;

/** The category of captured traffic in figures; it is compared, but not tested for drift: nothing was accepted of it. */
export const TRAFFIC = 'traffic';

/**
 * The scheduled run: asks prompts that are drawn from the set, compares the answers with full precision's, and tests for drift against
 * the accepted quality. The first run asks all of them and takes the baseline.
 */
export async function monitorRun(config: MonitorConfig, ports: Ports): Promise<Outcome> {
  const serving = await ports.describe(addressOf(config));
  if (serving === undefined || !(serving.status === 'InService' || serving.updating))
    return nothing(ports, `the endpoint is ${serving?.status ?? 'missing'}`);
  const files = new MonitorFiles(ports.store, config);
  const prompts = await ports.prompts();
  const references = await referenceAnswers(config, prompts, files, ports);
  if (references === undefined) return nothing(ports, 'the reference is not there yet');
  const comparable = prompts.filter(({ id }) => references[id] !== undefined);
  const baseline = await files.readBaseline();
  if (baseline === undefined) {
    // Of two models that share the traffic, neither is what was accepted.
    if (serving.updating) return nothing(ports, 'there is no baseline, and the endpoint is being updated');
    return takeBaseline(config, ports, files, comparable, references, serving);
  }
  return testDrift(config, ports, files, comparable, references, serving, baseline.value.baseline);
}

/**
 * The frequent call: does what cannot wait for the schedule. It goes on with the reference, takes the baseline, watches an update while
 * its alarms can still undo it, and looks at once at what serves anew.
 */
export async function monitorTick(config: MonitorConfig, ports: Ports): Promise<Outcome> {
  const files = new MonitorFiles(ports.store, config);
  const serving = await ports.describe(addressOf(config));
  if (serving?.updating) return monitorRun(config, ports);
  const [baseline, history] = [await files.readBaseline(), await files.readHistory()];
  if (baseline === undefined) return monitorRun(config, ports);
  if (serving === undefined || history?.value.at(-1)?.configName !== serving.configName)
    return monitorRun(config, ports);
  const state = await files.readState(serving.configName);
  // An alarm looks at the worst of a minute and keeps what it saw until it sees something newer.
  if (state !== undefined)
    await ports.publish(testMetrics({ evidence: driftEvidence(state.value), alarm: state.value.alarm }));
  return { done: 'nothing', why: 'nothing has changed' };
}

async function takeBaseline(
  config: MonitorConfig,
  ports: Ports,
  files: MonitorFiles,
  prompts: readonly MonitorPrompt[],
  references: Readonly<Record<string, Answer>>,
  serving: Serving,
): Promise<Outcome> {
  const repeated = Array.from({ length: BASELINE_REPEATS }, () => prompts).flat();
  const asked = await askAndScore(config, ports, repeated, references);
  if (asked.left > 0)
    return nothing(ports, 'time was over before the baseline was whole: raise concurrency, or use fewer prompts');
  if (asked.scored.length === 0) return nothing(ports, 'the endpoint answers none of the prompts');
  const baseline: Record<string, Baseline[string]> = {};
  for (const { id, category, losses } of asked.scored)
    baseline[id] = { category, losses: largest(baseline[id]?.losses, losses) };
  const at = ports.now().toISOString();
  if (!(await files.writeBaseline({ at, configName: serving.configName, baseline })))
    return nothing(ports, 'another call took the baseline');
  const state = startDrift(baseline, config);
  await files.writeState(serving.configName, state, undefined);
  return finish(config, ports, files, 'baseline', at, serving, asked, state);
}

function largest(before: Losses | undefined, now: Losses): Losses {
  if (before === undefined) return now;
  const merged: Record<string, number> = { ...before };
  for (const [figure, loss] of Object.entries(now)) merged[figure] = Math.max(merged[figure] ?? 0, loss);
  return merged;
}

async function testDrift(
  config: MonitorConfig,
  ports: Ports,
  files: MonitorFiles,
  prompts: readonly MonitorPrompt[],
  references: Readonly<Record<string, Answer>>,
  serving: Serving,
  baseline: Baseline,
): Promise<Outcome> {
  const known = await files.readState(serving.configName);
  const state = known?.value ?? startDrift(baseline, config);
  const at = ports.now().toISOString();
  const watched = prompts.filter(({ id }) => baseline[id] !== undefined);
  if (watched.length === 0) return nothing(ports, 'the baseline knows none of the prompts');
  const drawn = draw(watched.length, config.promptsPerRun, seedOf(`${config.monitorName} ${at}`));
  // A prompt that is drawn twice counts twice and is asked once.
  const distinct = [...new Set(drawn)];
  const asked = await askAndScore(
    config,
    ports,
    distinct.map((i) => watched[i]),
    references,
  );
  if (asked.scored.length === 0) return nothing(ports, 'the endpoint answered none of the prompts');
  const byId = new Map(asked.scored.map((answer) => [answer.id, answer]));
  const observed = drawn.flatMap((i) => byId.get(watched[i].id) ?? []);
  const next = addRun(state, baseline, observed);
  if (!(await files.writeState(serving.configName, next, known?.tag)))
    return nothing(ports, 'another call tested at the same time');
  const traffic = await compareTraffic(config, ports);
  return finish(config, ports, files, 'run', at, serving, { ...asked, scored: [...asked.scored, ...traffic] }, next);
}

function addressOf({ endpointName, inferenceComponentName }: MonitorConfig): EndpointAddress {
  return { endpointName, inferenceComponentName };
}

interface Asked {
  readonly scored: readonly ScoredAnswer[];
  readonly failed: number;
  readonly left: number;
}

async function askAndScore(
  config: MonitorConfig,
  ports: Ports,
  prompts: readonly MonitorPrompt[],
  references: Readonly<Record<string, Answer>>,
): Promise<Asked> {
  const { results, failed, left } = await askAll(prompts, config.concurrency, ports.hasTime, async (prompt) => {
    const answer = await ports.ask(addressOf(config), prompt);
    return scoreWith(prompt, references[prompt.id], answer, ports);
  });
  return { scored: results.flatMap((result) => result ?? []), failed, left };
}

/** What users really asked, since yesterday: the same requests go to full precision. */
async function compareTraffic(config: MonitorConfig, ports: Ports): Promise<readonly ScoredAnswer[]> {
  const { reference, capturedSamples } = config;
  if (ports.captured === undefined || capturedSamples === undefined || reference.kind !== 'endpoint') return [];
  const since = new Date(ports.now().getTime() - MILLISECONDS_A_DAY);
  const exchanges = await ports.captured(since, capturedSamples);
  const { results } = await askAll(exchanges, config.concurrency, ports.hasTime, async (exchange) => {
    const prompt: MonitorPrompt = {
      id: exchange.id,
      category: TRAFFIC,
      messages: exchange.messages,
      maxTokens: 0,
      isText: false,
    };
    const wanted = await ports.askRaw(reference, exchange.request);
    return scoreWith(prompt, wanted, readAnswer(exchange.answer), ports);
  });
  return results.flatMap((result) => result ?? []);
}

async function finish(
  config: MonitorConfig,
  ports: Ports,
  files: MonitorFiles,
  kind: RunSummary['kind'],
  at: string,
  { configName }: Serving,
  { scored, failed }: Asked,
  state: DriftState,
): Promise<Outcome> {
  const summaries = summarize(scored);
  const [all] = summaries;
  const summary: RunSummary = {
    at,
    configName,
    kind,
    prompts: scored.length,
    failed,
    evidence: driftEvidence(state),
    alarm: state.alarm,
    similarity: all.similarity,
    meanKl: all.meanKl,
    divergence: all.losses.divergence ?? null,
  };
  // First of all: a deployment may be waiting for it.
  await ports.publish(runMetrics(summaries, { ...summary, failed }));
  const history = [...((await files.readHistory())?.value ?? []), summary].slice(-HISTORY_KEPT);
  await files.writeHistory(history);
  const worst = worstAnswers(scored, WORST_KEPT);
  await files.writeRun(at, { ...summary, summaries, worst });
  const leading = leadingProcess(state);
  await files.writePage(
    ports.page({
      monitorName: config.monitorName,
      endpointName: config.endpointName,
      falseAlarmRate: config.falseAlarmRate,
      tolerance: config.tolerance,
      latest: summary,
      ...(leading === undefined ? {} : { leading: { figure: leading.figure, category: leading.category } }),
      ...detectionOf(state),
      summaries,
      worst,
      history,
    }),
  );
  ports.log({ message: kind, ...summary });
  return { done: kind, summary };
}

/** A rise that users begin to notice, which differs as much from prompt to prompt. */
const STATED_RISE = 0.1;

/** How soon the test finds such a rise, as it stands now. */
function detectionOf(state: DriftState): Pick<MonitorView, 'detection'> {
  const figure = state.processes.some((watched) => watched.figure === 'divergence') ? 'divergence' : 'difference';
  const prompts = promptsToDetect(state, figure, { mean: STATED_RISE, deviation: STATED_RISE });
  return Number.isFinite(prompts) ? { detection: { figure, rise: STATED_RISE, prompts } } : {};
}

function nothing(ports: Ports, why: string): Outcome {
  ports.log({ message: 'nothing done', why });
  return { done: 'nothing', why };
}
