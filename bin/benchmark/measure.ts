import {
  compareFigures,
  distribution,
  interTokenTime,
  loadInWords,
  stageResult,
  timeToFirstToken,
  type FigureComparison,
  type Load,
  type PairedRounds,
  type StageResult,
} from '../../lib/benchmark';
import { generateLoad, type LoadContext, type LoadRun } from './generate-load';

/** What is needed to load one endpoint. */
export type TargetContext = Pick<LoadContext, 'client' | 'target' | 'source' | 'timeoutSeconds' | 'signal'>;

export interface Progress {
  /** A load begins. */
  say(text: string): void;
  /** One more request is over. */
  step(): void;
}

/** Loads one endpoint, load after load. */
export async function measureOne(
  loads: readonly Load[],
  requests: number,
  context: TargetContext,
  progress: Progress,
): Promise<readonly StageResult[]> {
  const stages: StageResult[] = [];
  for (const load of loads) {
    progress.say(loadInWords(load));
    const run = await generateLoad(load, 0, requests, { ...context, onDone: () => progress.step() });
    stages.push(stageOf(load, [run]));
  }
  return stages;
}

export interface MeasuredPair {
  readonly first: readonly StageResult[];
  readonly second: readonly StageResult[];
  /** By load. */
  readonly comparison: readonly (readonly FigureComparison[])[];
}

/**
 * Loads two endpoints by turns: the rounds of a pair follow each other, and which of the two begins changes from pair to pair, so that
 * what else happens in between (neighbours, time of day) hits both alike.
 */
export async function measureTwo(
  loads: readonly Load[],
  requests: number,
  pairs: number,
  contexts: readonly [TargetContext, TargetContext],
  progress: Progress,
): Promise<MeasuredPair> {
  const stages: [StageResult[], StageResult[]] = [[], []];
  const rounds: PairedRounds[][] = [];
  for (const load of loads) {
    progress.say(loadInWords(load));
    const size = roundSize(load, requests, pairs);
    const runs: [LoadRun[], LoadRun[]] = [[], []];
    for (let pair = 0; pair < pairs; pair++) {
      for (const side of pair % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) {
        const context = { ...contexts[side], onDone: () => progress.step() };
        runs[side].push(await generateLoad(load, pair * size, size, context));
      }
    }
    stages[0].push(stageOf(load, runs[0]));
    stages[1].push(stageOf(load, runs[1]));
    rounds.push(figuresOf(runs));
  }
  // One family of tests over all loads: the more that is looked at, the more must be asked of each.
  const compared = compareFigures(
    rounds.flatMap((figures, i) => figures.map((round) => ({ ...round, figure: `${i} ${round.figure}` }))),
  );
  const comparison = rounds.map((_, i) =>
    compared
      .filter(({ figure }) => figure.startsWith(`${i} `))
      .map((row) => ({ ...row, figure: row.figure.slice(`${i} `.length) })),
  );
  return { first: stages[0], second: stages[1], comparison };
}

/** Two requests of each user at least, so that a round is not its own beginning alone. */
export function roundSize(load: Load, requests: number, pairs: number): number {
  return Math.max(load.kind === 'closed' ? load.concurrency * 2 : 2, Math.ceil(requests / pairs));
}

function stageOf(load: Load, runs: readonly LoadRun[]): StageResult {
  const seconds = runs.reduce((sum, run) => sum + run.seconds, 0);
  const cpu = runs.reduce((sum, run) => sum + run.cpuSeconds, 0);
  return stageResult(
    load,
    runs.flatMap(({ records }) => records),
    seconds,
    seconds > 0 ? cpu / seconds : 0,
  );
}

/** Each figure's value in each round; those that a side has in no round are left out. */
function figuresOf([first, second]: readonly [readonly LoadRun[], readonly LoadRun[]]): PairedRounds[] {
  const median = (run: LoadRun, pick: (record: LoadRun['records'][number]) => number | undefined) =>
    distribution(run.records.filter(({ error }) => error === undefined).flatMap((record) => pick(record) ?? []))?.p50 ??
    0;
  const tokens = (run: LoadRun) =>
    run.records.reduce((sum, { error, outputTokens = 0 }) => sum + (error === undefined ? outputTokens : 0), 0);
  const figures: readonly (readonly [string, (run: LoadRun) => number])[] = [
    ['timeToFirstTokenMs', (run) => median(run, timeToFirstToken)],
    ['interTokenMs', (run) => median(run, interTokenTime)],
    ['totalMs', (run) => median(run, ({ endMs, dueMs }) => endMs - dueMs)],
    ['outputTokensPerSecond', (run) => tokens(run) / run.seconds],
  ];
  return figures.flatMap(([figure, value]) => {
    const rounds = { figure, first: first.map(value), second: second.map(value) };
    return rounds.first.some((left, i) => left > 0 && rounds.second[i] > 0) ? [rounds] : [];
  });
}
