import type { Boundary } from './classify/weights';
import type { BreakerOptions } from './guard/breaker';
import type { BudgetOptions } from './guard/budget';
import type { RequestLimits } from './openai/limits';

/** Where a tier's answers come from. */
export type Backend =
  | { readonly kind: 'sagemaker'; readonly endpointName: string; readonly inferenceComponentName?: string }
  | { readonly kind: 'bedrock'; readonly modelId: string };

/** One tier as the router knows it. */
export interface TierConfig {
  readonly name: string;
  readonly backend: Backend;
  /** Longest sequence, prompt and answer together, in tokens. */
  readonly contextTokens?: number;
  /** What the tier's own server calls its model; without it, requests name none. */
  readonly servedModelName?: string;
  /** USD for a million tokens. */
  readonly inputUsdPerMillionTokens?: number;
  readonly outputUsdPerMillionTokens?: number;
  readonly firstTokenTimeoutMs: number;
  /** Longest silence within an answer. */
  readonly idleTimeoutMs: number;
  /** Mean log-probability below which an answer counts as unsure. */
  readonly minMeanLogprob?: number;
}

/** What lets a request be handed to a larger tier than was chosen. */
export const ESCALATION_REASONS = [
  'refusal',
  'malformed-json',
  'low-confidence',
  'throttled',
  'timeout',
  'error',
] as const;
export type EscalationReason = (typeof ESCALATION_REASONS)[number];

/** Everything that a router is told at deployment. */
export interface RouterConfig {
  /** What clients call it: the `model` of their requests. */
  readonly modelName: string;
  /** Smallest first. */
  readonly tiers: readonly TierConfig[];
  readonly boundaries: readonly Boundary[];
  /** The user's own classifier, with the boundaries for when it does not answer. */
  readonly classifier?: { readonly functionName: string; readonly timeoutMs: number };
  /** A client may name a tier as its `model`. */
  readonly callerMayChoose: boolean;
  /** A conversation does not go back to a smaller tier. */
  readonly sticky: boolean;
  /** Where all environments remember which conversations were handed up, and for how long. */
  readonly conversations?: { readonly tableName: string; readonly lifetimeSeconds: number };
  readonly escalation: {
    readonly on: readonly EscalationReason[];
    /** For answers that were judged wanting. */
    readonly judged: BudgetOptions;
    /** For tiers that failed or were full. */
    readonly failed: BudgetOptions;
    /** Tokens that confidence is judged by. */
    readonly confidenceTokens: number;
  };
  readonly breaker: BreakerOptions;
  readonly limits: RequestLimits;
  readonly metricsNamespace: string;
  /** A dimension of the metrics. */
  readonly routerName: string;
}
