import {
  addRun,
  DEFAULT_DRIFT_OPTIONS,
  draw,
  driftEvidence,
  leadingProcess,
  promptsToDetect,
  random,
  startDrift,
  type Baseline,
  type DriftObservation,
  type DriftState,
} from '../../lib/monitor';

const CATEGORIES = ['chat', 'code', 'json'];
const PROMPTS_A_WEEK = 50;

/** A prompt set of 60, of which each has lost a little of its own against full precision. */
const baseline: Baseline = Object.fromEntries(
  Array.from({ length: 60 }, (_, i) => [
    `p${i}`,
    { category: CATEGORIES[i % 3], losses: { divergence: 0.01 + (i % 7) * 0.005, difference: (i % 5) * 0.1 } },
  ]),
);
const ids = Object.keys(baseline);

type Loss = (id: string, next: () => number) => DriftObservation['losses'];

function week(state: DriftState, seed: number, loss: Loss): DriftState {
  const next = random(seed ^ 0x5bd1e995);
  return addRun(
    state,
    baseline,
    draw(ids.length, PROMPTS_A_WEEK, seed).map((i) => ({ id: ids[i], losses: loss(ids[i], next) })),
  );
}

/** First week with an alarm; undefined where none is raised. */
function alarmWeek(weeks: number, history: number, loss: (week: number) => Loss): number | undefined {
  let state = startDrift(baseline);
  for (let i = 1; i <= weeks; i++) {
    state = week(state, history * 100_003 + i, loss(i));
    if (state.alarm) return i;
  }
  return undefined;
}

const unchanged: Loss = (id) => baseline[id].losses;

/** Losses as noisy as they can be (all or nothing), with the mean that is just tolerated: the hardest case that is no drift. */
const onTheBorder: Loss = (id, next) => {
  const { divergence = 0, difference = 0 } = baseline[id].losses;
  const { tolerance } = DEFAULT_DRIFT_OPTIONS;
  return {
    divergence: next() < divergence + tolerance ? 1 : 0,
    difference: next() < difference + tolerance ? 1 : 0,
  };
};

/** Rounding that differs from run to run. */
const noisy: Loss = (id, next) => {
  const { divergence = 0, difference = 0 } = baseline[id].losses;
  return {
    divergence: Math.max(0, divergence * (0.5 + next())),
    difference: next() < 0.1 ? Math.min(1, difference + 0.3 * (next() - 0.5)) : difference,
  };
};

describe('drift of an endpoint against its accepted quality', () => {
  test('1,000 weeks of an unchanged endpoint raise no alarm', () => {
    expect(alarmWeek(1000, 1, () => unchanged)).toBeUndefined();
    expect(alarmWeek(1000, 2, () => noisy)).toBeUndefined();
  });

  test('at most one history of 1,000 weeks in a hundred raises a false alarm, also on the border of what is tolerated', () => {
    let alarms = 0;
    const histories = 12;
    for (let history = 0; history < histories; history++)
      if (alarmWeek(1000, history + 10, () => onTheBorder) !== undefined) alarms++;
    // Ville's inequality: one in a hundred of the histories, so that two of 12 would be seen with a probability of 0.6 %.
    expect(alarms).toBeLessThanOrEqual(1);
  });

  test('a lasting loss is found within the stated number of prompts, in the first week and in the 500th', () => {
    const worse: Loss = (id, next) => {
      const { divergence = 0, difference = 0 } = baseline[id].losses;
      return { divergence: divergence + 0.02 + 0.04 * next(), difference };
    };
    // Uniform from 0.02 to 0.06.
    const change = { mean: 0.04, deviation: 0.04 / Math.sqrt(12) };
    for (const begin of [1, 500]) {
      let state = startDrift(baseline);
      for (let i = 1; i < begin; i++) state = week(state, i, unchanged);
      const stated = promptsToDetect(state, 'divergence', change);
      const before = state.prompts;
      for (let i = begin; !state.alarm && i < begin + 20; i++) state = week(state, i, worse);
      expect(state.alarm).toBe(true);
      // An alarm is seen at the end of a run.
      expect(state.prompts - before).toBeLessThanOrEqual(Math.ceil(stated / PROMPTS_A_WEEK) * PROMPTS_A_WEEK);
    }
  });

  test('a loss in one category, too small to show in the mean of all, is found and named', () => {
    const worse: Loss = (id) => {
      const { category, losses } = baseline[id];
      return category === 'json' ? { ...losses, divergence: losses.divergence! + 0.055 } : losses;
    };
    let state = startDrift(baseline);
    for (let i = 1; !state.alarm && i <= 20; i++) state = week(state, i, worse);
    expect(state.alarm).toBe(true);
    expect(leadingProcess(state)).toMatchObject({ figure: 'divergence', category: 'json' });
  });

  test('an alarm stays when the losses go away, and the state survives JSON', () => {
    let state = startDrift(baseline);
    for (let i = 1; i <= 3; i++) state = week(state, i, () => ({ divergence: 1, difference: 1 }));
    expect(state.alarm).toBe(true);
    state = JSON.parse(JSON.stringify(state)) as DriftState;
    for (let i = 4; i <= 30; i++) state = week(state, i, unchanged);
    expect(state.alarm).toBe(true);
  });

  test('figures and prompts that the baseline does not know are passed over', () => {
    const state = addRun(startDrift(baseline), baseline, [
      { id: 'unknown', losses: { divergence: 1 } },
      { id: 'p0', losses: { judge: 1 } },
    ]);
    expect(state.prompts).toBe(1);
    expect(driftEvidence(state)).toBeCloseTo(1, 12);
  });

  test('the shares of all processes are one wealth', () => {
    const { processes } = startDrift(baseline);
    expect(processes).toHaveLength(2 * (1 + CATEGORIES.length));
    expect(processes.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 12);
    const one = startDrift({ a: { category: 'only', losses: { divergence: 0.1 } } });
    expect(one.processes).toEqual([expect.objectContaining({ category: null, share: 1 })]);
  });

  test('draws with replacement, the same for the same seed', () => {
    const drawn = draw(10, 1000, 3);
    expect(drawn).toEqual(draw(10, 1000, 3));
    expect(new Set(drawn)).toEqual(new Set([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]));
    expect(draw(10, 1000, 4)).not.toEqual(drawn);
  });
});
