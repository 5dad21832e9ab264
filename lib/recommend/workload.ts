import { DEFAULT_WORKLOAD } from '../plan';
import type { WorkloadSpec } from '../spec/types';

/** A workload with nothing left open. Tokens a request; requests at once, or a second. */
export interface Workload {
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Requests in flight at once; at least 1. */
  readonly concurrency: number;
  readonly requestsPerSecond?: number;
  readonly maxTimeToFirstTokenMs?: number;
  readonly maxInterTokenMs?: number;
  readonly maxUsdPerHour?: number;
  readonly maxUsdPerMonth?: number;
}

/** Requests that one instance is tried with at most. */
export const MOST_AT_ONCE = 256;

export function workloadOf(spec: WorkloadSpec | undefined): Workload {
  return {
    ...spec,
    inputTokens: spec?.inputTokens ?? DEFAULT_WORKLOAD.inputTokens,
    outputTokens: Math.max(1, spec?.outputTokens ?? DEFAULT_WORKLOAD.outputTokens),
    concurrency: Math.max(1, spec?.concurrency ?? DEFAULT_WORKLOAD.concurrency),
  };
}

/** Context a server needs for this: prompt and answer, in whole thousands, and no more than the model can. */
export function contextFor({ inputTokens, outputTokens }: Workload, longest: number | undefined): number {
  const needed = Math.ceil((inputTokens + outputTokens) / 1024) * 1024;
  return Math.min(Math.max(2048, needed), longest ?? Infinity);
}
