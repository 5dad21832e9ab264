import { beginRun, bet, eValue, observationsToReach, startEProcess, type EProcessState } from './e-process';
import { TESTED_FIGURES, type Figure, type Losses } from './figures';

/** What the endpoint lost against full precision when it was accepted, by prompt: what later runs are compared with. */
export type Baseline = Readonly<Record<string, { readonly category: string; readonly losses: Losses }>>;

export interface DriftOptions {
  /** Probability of ever raising a false alarm for one deployed model, however long it is watched. */
  readonly falseAlarmRate: number;
  /** Mean rise of a loss (each 0 to 1) that counts as none. */
  readonly tolerance: number;
}

export const DEFAULT_DRIFT_OPTIONS: DriftOptions = { falseAlarmRate: 0.01, tolerance: 0.02 };

/** The test's memory of one deployed model: plain numbers, to be kept as JSON. */
export interface DriftState {
  readonly options: DriftOptions;
  /** One process for each figure, over all prompts and over each category. */
  readonly processes: readonly WatchedProcess[];
  readonly prompts: number;
  /** Once raised it stays, for the life of this state. */
  readonly alarm: boolean;
}

export interface WatchedProcess {
  readonly figure: Figure;
  /** null: all prompts. */
  readonly category: string | null;
  /** Share of the initial wealth; all shares together are 1. */
  readonly share: number;
  readonly state: EProcessState;
}

/** One answer of a run, as the test sees it. */
export interface DriftObservation {
  readonly id: string;
  readonly losses: Losses;
}

/** Half of the evidence is looked for in all prompts together, half in the categories: a loss may hit one of them alone. */
const SHARE_OF_ALL = 0.5;

/**
 * Begins to watch. Which figures and categories are watched, and how much is staked on each, follows from the baseline alone.
 *
 * The false-alarm rate holds for an endpoint whose expected losses on the prompt set rose by no more than the tolerance, if the prompts of
 * a run are drawn from the set with replacement.
 */
export function startDrift(baseline: Baseline, options: DriftOptions = DEFAULT_DRIFT_OPTIONS): DriftState {
  const entries = Object.values(baseline);
  const categories = [...new Set(entries.map(({ category }) => category))].sort();
  const scopes: (string | null)[] = categories.length > 1 ? [null, ...categories] : [null];
  const processes = scopes.flatMap((category) =>
    TESTED_FIGURES.flatMap((figure) => {
      const losses = entries
        .filter((entry) => category === null || entry.category === category)
        .flatMap(({ losses: { [figure]: loss } }) => (loss === undefined ? [] : [loss]));
      if (losses.length === 0) return [];
      // A loss cannot fall by more than the largest that was there.
      return [{ figure, category, share: 0, state: startEProcess(Math.max(...losses), options.tolerance) }];
    }),
  );
  const inCategories = processes.filter(({ category }) => category !== null).length;
  const ofAll = processes.length - inCategories;
  const shared = inCategories === 0 ? 1 : SHARE_OF_ALL;
  return {
    options,
    processes: processes.map((process) => ({
      ...process,
      share: process.category === null ? shared / ofAll : (1 - shared) / inCategories,
    })),
    prompts: 0,
    alarm: false,
  };
}

/** Adds a run: the answers in the order in which their prompts were drawn. Prompts that the baseline does not know are passed over. */
export function addRun(state: DriftState, baseline: Baseline, run: readonly DriftObservation[]): DriftState {
  const processes = state.processes.map((process) => {
    const begun = beginRun(process.state);
    const wealth = [...begun.wealth];
    return { ...process, state: { ...begun, wealth } };
  });
  let { prompts, alarm } = state;
  const evidence = 1 / state.options.falseAlarmRate;
  for (const { id, losses } of run) {
    const before = baseline[id];
    if (before === undefined) continue;
    prompts++;
    for (const { figure, category, state: process } of processes) {
      const [now, then] = [losses[figure], before.losses[figure]];
      if (now === undefined || then === undefined || (category !== null && category !== before.category)) continue;
      bet(process.wealth, process, now - then);
    }
    alarm ||= wealthOf(processes) >= evidence;
  }
  return { ...state, processes, prompts, alarm };
}

/** Evidence of a loss, 1 at the beginning; an alarm is raised at 1 ÷ false-alarm rate. */
export function driftEvidence(state: DriftState): number {
  return wealthOf(state.processes);
}

function wealthOf(processes: readonly WatchedProcess[]): number {
  return processes.reduce((sum, { share, state }) => sum + share * eValue(state), 0);
}

/** What carries most of the evidence. */
export function leadingProcess(state: DriftState): WatchedProcess | undefined {
  return [...state.processes].sort((a, b) => b.share * eValue(b.state) - a.share * eValue(a.state))[0];
}

/**
 * Prompts within which a rise of one figure, over all prompts, is expected to raise the alarm; an upper bound.
 *
 * @param change mean and standard deviation, over prompts, of the loss's rise
 */
export function promptsToDetect(
  state: DriftState,
  figure: Figure,
  change: { readonly mean: number; readonly deviation: number },
): number {
  const process = state.processes.find((watched) => watched.figure === figure && watched.category === null);
  if (process === undefined) return Infinity;
  const evidence = 1 / (state.options.falseAlarmRate * process.share);
  return observationsToReach(evidence, change, process.state, process.state.runs + 1);
}
