import type { Plan } from '../plan/types';
import type { ContainerFamily, EndpointSpec } from '../spec/types';

/** What a candidate is made of. */
export interface Combination {
  readonly instanceType: string;
  readonly quantization: string;
  readonly container: ContainerFamily;
  readonly tensorParallelSize: number;
}

/** One way to serve the workload. */
export interface Candidate extends Combination {
  /** Place in the ranking, from 1. */
  readonly rank: number;
  /** Instances that the workload needs. */
  readonly instances: number;
  /** Sequences that one instance runs at once within the goals. */
  readonly concurrency: number;
  /** Requests a second that one instance serves at that concurrency; `null` where its speed is not known. */
  readonly requestsPerSecond: number | null;
  readonly usdPerHour: number | null;
  readonly usdPerMonth: number | null;
  readonly usdPerMillionOutputTokens: number | null;
  readonly timeToFirstTokenMs: number | null;
  readonly interTokenMs: number | null;
  /** The whole plan of one instance. */
  readonly plan: Plan;
  /** Warnings of the rules, one sentence each. */
  readonly warnings: readonly string[];
  /** The spec to deploy. Its workload's concurrency is what one of the instances takes, as wherever something is planned. */
  readonly spec: EndpointSpec;
}

/** A combination that was not taken, and why. */
export interface Rejection extends Combination {
  /** A rule's id, or `NOT_OFFERED`, `TOO_SLOW`, `OVER_BUDGET`… */
  readonly reason: string;
  readonly message: string;
}

/** From which load on an option costs no more than the next cheaper one. */
export interface BreakEven {
  readonly cheaper: Combination & { readonly usdPerHour: number };
  /** Requests a second; `null`: at no load. */
  readonly requestsPerSecond: number | null;
  /** In one sentence. */
  readonly message: string;
}

export interface Recommendation {
  readonly model: string | null;
  readonly region: string;
  readonly priceDates: readonly string[];
  /** The guide's words for this kind of model. */
  readonly guidance: string;
  /** Scheme that the guide would try first among those that meet the goals. */
  readonly startWith: Combination | null;
  readonly candidates: readonly Candidate[];
  readonly rejected: readonly Rejection[];
  /** Of `startWith`. */
  readonly breakEven: BreakEven | null;
}
