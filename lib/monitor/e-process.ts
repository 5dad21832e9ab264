/**
 * A bet against "the mean is not above the tolerance", as a test that may be looked at after every observation.
 *
 * An observation is a change d of a loss, with d ≥ −lowest known beforehand. For a stake λ the wealth grows by 1 + λ(d − τ); while the
 * mean of d, given all that came before, is at most τ, that is a factor of at most 1 on average, whatever the distribution. A mixture of
 * stakes and of beginnings is such a wealth too: it needs no tuning, and a loss that begins in the tenth year is found about as soon as
 * one that begins in the first week. Ville's inequality then bounds the probability that the wealth *ever* reaches 1/α by α.
 *
 * Sources: Waudby-Smith & Ramdas 2024, "Estimating means of bounded random variables by betting"; Shin, Ramdas & Rinaldo 2024,
 * "E-detectors" (mixtures of beginnings).
 */
export interface EProcessState {
  /** Largest stake; fixed before the first bet, from what is known of the observations by then. */
  readonly largestStake: number;
  readonly tolerance: number;
  /** Begun runs. Run j began with the share 1/(j(j+1)) of the initial wealth; what later runs will get is 1/(runs+1). */
  readonly runs: number;
  /** Wealth of the runs that began, by stake. */
  readonly wealth: readonly number[];
}

/** Each half of the one before it: whatever the size of the change, one of them is within a factor of 2 of the best. */
const STAKES = 6;

/** A stake of the whole would end at 0 for good after one observation at the bound. */
const LARGEST_SHARE = 0.9;

/** Enough for any α, and far from infinity. */
const MOST_WEALTH = 1e12;

/**
 * @param lowest what no observation is further below 0 than, 0 to 1
 * @param tolerance mean change that is none, above 0
 */
export function startEProcess(lowest: number, tolerance: number): EProcessState {
  return {
    largestStake: LARGEST_SHARE / (lowest + tolerance),
    tolerance,
    runs: 0,
    wealth: Array.from({ length: STAKES }, () => 0),
  };
}

/** A run begins: a share of the wealth starts with it. */
export function beginRun(state: EProcessState): EProcessState {
  const runs = state.runs + 1;
  const share = 1 / (runs * (runs + 1));
  return { ...state, runs, wealth: state.wealth.map((wealth) => wealth + share) };
}

/** One observation. */
export function observe(state: EProcessState, change: number): EProcessState {
  const wealth = [...state.wealth];
  bet(wealth, state, change);
  return { ...state, wealth };
}

/** The same in place: a year of runs makes millions of bets. */
export function bet(
  wealth: number[],
  { largestStake, tolerance }: Pick<EProcessState, 'largestStake' | 'tolerance'>,
  change: number,
): void {
  let stake = largestStake;
  for (let index = 0; index < wealth.length; index++) {
    // The bound holds for what it was taken from; an observation beyond it must not make a debt.
    wealth[index] = Math.min(MOST_WEALTH, wealth[index] * Math.max(0, 1 + stake * (change - tolerance)));
    stake /= 2;
  }
}

/** The wealth, 1 at the beginning. 1/α and more is evidence at level α. */
export function eValue({ wealth, runs }: EProcessState): number {
  return wealth.reduce((sum, value) => sum + value, 0) / wealth.length + 1 / (runs + 1);
}

/**
 * Observations until the wealth of one process is expected to reach `evidence`, when changes have this mean and standard deviation from
 * its `run`-th run on. By log(1+x) ≥ x − x² for x ≥ −½, a stake λ grows by λm − λ²v an observation at least, with m the mean above the
 * tolerance and v its second moment; all stakes but the largest keep within −½. So this is an upper bound of the expected number.
 * Infinite where the mean is within the tolerance.
 */
export function observationsToReach(
  evidence: number,
  change: { readonly mean: number; readonly deviation: number },
  { largestStake, tolerance }: Pick<EProcessState, 'largestStake' | 'tolerance'>,
  run = 1,
): number {
  const mean = change.mean - tolerance;
  const second = mean ** 2 + change.deviation ** 2;
  let fastest = 0;
  for (let index = 1; index < STAKES; index++) {
    const stake = largestStake * 2 ** -index;
    fastest = Math.max(fastest, stake * mean - stake ** 2 * second);
  }
  if (fastest <= 0) return Infinity;
  return Math.ceil((Math.log(evidence) + Math.log(STAKES) + Math.log(run * (run + 1))) / fastest);
}
