import type { Decision } from '../classify/decide';
import type { Fault } from '../judge/gate';
import type { FailureKind } from '../router/failure';

/** How one tier's attempt at a request ended. */
export type Outcome = 'answered' | Fault | FailureKind | 'circuit-open' | 'client-left';

/** One tier's attempt. */
export interface Attempt {
  readonly tier: string;
  readonly outcome: Outcome;
  /** Seconds since 1970, and how long it took. */
  readonly startedAt: number;
  readonly milliseconds: number;
}

/** Why a tier was the first to be asked. */
export type ChosenBy = 'classifier' | 'function' | 'conversation' | 'caller' | 'context';

/** What is told of a request when it is over. Nothing in it is of the prompt or the answer. */
export interface RequestRecord {
  readonly requestId: string;
  readonly status: number;
  /** `code` of the error that the client got. */
  readonly error?: string;
  readonly chosenTier?: string;
  readonly chosenBy?: ChosenBy;
  readonly decision?: Decision;
  /** The tier whose answer the client got. */
  readonly answeredBy?: string;
  readonly attempts: readonly Attempt[];
  /** Milliseconds from the request to the first token that left for the client. */
  readonly firstTokenMs?: number;
  readonly totalMs: number;
  readonly promptTokens?: number;
  readonly completionTokens?: number;
  readonly costUsd?: number;
  readonly streamed: boolean;
}

/** Was the answer handed up to a larger tier than was chosen? */
export function escalations({ attempts }: RequestRecord, order: readonly string[]): Attempt[] {
  return attempts.filter((attempt, i) => {
    const next = attempts[i + 1];
    return next !== undefined && order.indexOf(next.tier) > order.indexOf(attempt.tier);
  });
}
