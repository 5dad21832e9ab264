import type { SpeedEstimate } from '../../lib/plan/types';
import { planAnswer, type PlanAnswer } from '../../lib/rules';
import type { EndpointSpec } from '../../lib/spec/types';
import { sequenceLength, tryResolve } from './defaults';

/** Main figures of an endpoint's plan. A figure that cannot be known at synth is left out. */
export interface EndpointPlan {
  /** Longest sequence, prompt and answer together, in tokens. */
  readonly maxModelLen?: number;

  /** Sequences that one instance works on at once. */
  readonly maxConcurrency?: number;

  /** Tokens that the KV cache of one instance holds. */
  readonly kvCacheTokens?: number;

  /** Planned time to the first token, milliseconds. */
  readonly timeToFirstTokenMs?: number;

  /** Planned time between two tokens of an answer, milliseconds. */
  readonly interTokenMs?: number;

  /** Planned tokens a second of one instance. */
  readonly outputTokensPerSecond?: number;

  /** Planned tokens a second of one instance that works on `maxConcurrency` sequences. */
  readonly fullOutputTokensPerSecond?: number;

  /** Price of one instance, USD an hour. */
  readonly usdPerHour?: number;

  /**
   * Seconds from the first byte of the model to the first answer, on an instance that has its image: what time-outs and
   * cooldowns are made of. Estimated high.
   */
  readonly startSeconds?: number;
}

export function mainFigures(spec: EndpointSpec, plan: PlanAnswer): EndpointPlan {
  const options = tryResolve(spec)?.options;
  const maxConcurrency = options?.maxNumSeqs ?? options?.slots ?? options?.batchSize;
  return {
    maxModelLen: sequenceLength(spec),
    maxConcurrency,
    kvCacheTokens: plan.kvCacheTokens ?? undefined,
    timeToFirstTokenMs: plan.estimate.timeToFirstTokenMs ?? undefined,
    interTokenMs: plan.estimate.interTokenMs ?? undefined,
    outputTokensPerSecond: plan.estimate.outputTokensPerSecond ?? undefined,
    fullOutputTokensPerSecond: estimateFullBatch(spec, maxConcurrency).outputTokensPerSecond ?? undefined,
    usdPerHour: plan.cost.usdPerHour ?? undefined,
  };
}

/** The speed with as many requests at once as one instance is planned to hold. */
export function estimateFullBatch(spec: EndpointSpec, concurrency: number | undefined): SpeedEstimate {
  return planAnswer(concurrency === undefined ? spec : { ...spec, workload: { ...spec.workload, concurrency } })
    .estimate;
}

/** Share of the planned concurrency at which more capacity is started: the rest takes what comes meanwhile. */
const SCALING_SHARE = 0.7;

/** Concurrency to scale and warn by where nothing is known of the model: LMI's own batch. */
export const UNPLANNED_CONCURRENCY = 32;

/** Requests that an instance or copy should have on average when it scales. */
export function scalingTarget(asked: number | undefined, maxConcurrency: number): number {
  return asked ?? Math.max(1, Math.floor(maxConcurrency * SCALING_SHARE));
}
