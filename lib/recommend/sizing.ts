import type { ResolvedEndpoint } from '../endpoint/types';
import { makePlan } from '../plan';
import type { PriceTable } from '../hardware';
import type { Plan } from '../plan/types';
import { roomOf } from './shapes';
import { MOST_AT_ONCE, type Workload } from './workload';

/** How one instance serves the workload. */
export interface Sizing {
  readonly plan: Plan;
  readonly concurrency: number;
  readonly instances: number;
}

/** Concurrencies that are tried, the largest that meets the goals being taken. */
const STEPS = [MOST_AT_ONCE, 192, 128, 96, 64, 48, 32, 24, 16, 12, 8, 6, 4, 3, 2, 1];

/**
 * The most sequences that one instance may run at once within memory and latency goals, and how many instances the workload then needs.
 *
 * @param base the plan of the endpoint, whatever its workload
 * @returns a sentence where even one sequence misses a goal
 */
export function sizeFor(
  resolved: ResolvedEndpoint,
  base: Plan,
  workload: Workload,
  prices: PriceTable | undefined,
): Sizing | string {
  const limit = Math.max(
    1,
    Math.min(sequencesThatFit(resolved, base, workload), resolved.options.maxNumSeqs ?? Infinity),
  );
  const tried = STEPS.filter((step) => step <= limit);
  let last: Plan | undefined;
  for (const concurrency of useful(tried, workload)) {
    const plan = makePlan(withConcurrency(resolved, workload, concurrency), { prices });
    last = plan;
    if (meetsGoals(plan, workload)) return { plan, concurrency, instances: instancesFor(plan, concurrency, workload) };
  }
  return last === undefined ? 'not even one request fits' : missedGoal(last, workload);
}

/** No more concurrency than the workload has, where it says; else whatever the latency goals allow. */
function useful(steps: readonly number[], workload: Workload): readonly number[] {
  if (workload.requestsPerSecond !== undefined) return steps;
  const enough = steps.filter((step) => step <= workload.concurrency);
  return workload.concurrency <= STEPS[0] && !enough.includes(workload.concurrency) && steps[0] >= workload.concurrency
    ? [workload.concurrency, ...enough]
    : enough;
}

function sequencesThatFit(resolved: ResolvedEndpoint, { kvCacheTokens }: Plan, workload: Workload): number {
  const limit =
    resolved.container?.engine === 'llama.cpp' ? (resolved.options.slots ?? 1) : (roomOf(resolved.spec) ?? Infinity);
  if (kvCacheTokens === null) return Math.min(limit, 1);
  return Math.min(limit, Math.floor(kvCacheTokens / (workload.inputTokens + workload.outputTokens)));
}

function withConcurrency(resolved: ResolvedEndpoint, workload: Workload, concurrency: number): ResolvedEndpoint {
  return { ...resolved, spec: { ...resolved.spec, workload: { ...workload, concurrency } } };
}

function meetsGoals({ estimate }: Plan, workload: Workload): boolean {
  return (
    within(estimate.timeToFirstTokenMs, workload.maxTimeToFirstTokenMs) &&
    within(estimate.interTokenMs, workload.maxInterTokenMs)
  );
}

/** A figure that is not known does not meet a goal. */
function within(value: number | null, most: number | undefined): boolean {
  return most === undefined || (value !== null && value <= most);
}

function missedGoal({ estimate }: Plan, workload: Workload): string {
  const { maxTimeToFirstTokenMs, maxInterTokenMs } = workload;
  if (!within(estimate.timeToFirstTokenMs, maxTimeToFirstTokenMs))
    return missed('time to first token', estimate.timeToFirstTokenMs, maxTimeToFirstTokenMs);
  return missed('time between tokens', estimate.interTokenMs, maxInterTokenMs);
}

function missed(what: string, value: number | null, most: number | undefined): string {
  if (value === null) return `its ${what} is not known, and at most ${most} ms are asked for`;
  return `${what} is about ${value.toFixed(value < 10 ? 1 : 0)} ms with one request at a time, and at most ${most} ms are asked for`;
}

function instancesFor({ estimate }: Plan, concurrency: number, workload: Workload): number {
  const bySequences = Math.ceil(workload.concurrency / concurrency);
  if (workload.requestsPerSecond === undefined || estimate.requestsPerSecond === null) return bySequences;
  return Math.max(bySequences, Math.ceil(workload.requestsPerSecond / estimate.requestsPerSecond));
}
