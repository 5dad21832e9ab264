import type { WeightScope } from '../weights';
import { gatedMlp } from './mlp';

/** A mixture of experts in every sparse layer. Sizes in features. */
export interface Mixture {
  readonly experts: number;
  readonly perToken: number;
  readonly intermediate: number;
  /** Layers that have experts; the others have the plain feed-forward. */
  readonly sparseLayers: readonly number[];
  /** Experts that every token passes; they are stored as one feed-forward of `sharedIntermediate`. */
  readonly sharedExperts: number;
  readonly sharedIntermediate: number;
}

export interface MixtureNames {
  readonly router: string;
  /** With `{expert}` when each expert is a tensor of its own. */
  readonly gate: string;
  readonly up: string;
  readonly down: string;
  readonly shared?: string;
}

/** Names of the Qwen and DeepSeek families, below `mlp.`. */
export const EXPERT_LIST: MixtureNames = {
  router: 'gate',
  gate: 'experts.{expert}.gate_proj.weight',
  up: 'experts.{expert}.up_proj.weight',
  down: 'experts.{expert}.down_proj.weight',
  shared: 'shared_expert.',
};

/** Names of Mixtral, below `block_sparse_moe.`. */
export const MIXTRAL_LIST: MixtureNames = {
  router: 'gate',
  gate: 'experts.{expert}.w1.weight',
  up: 'experts.{expert}.w3.weight',
  down: 'experts.{expert}.w2.weight',
};

/** Router, gated experts, and the shared expert where there is one. */
export function gatedMixture(scope: WeightScope, hidden: number, mixture: Mixture, names: MixtureNames): void {
  scope
    .router(names.router, mixture.experts, hidden)
    .expert(names.gate, mixture.experts, mixture.intermediate, hidden)
    .expert(names.up, mixture.experts, mixture.intermediate, hidden)
    .expert(names.down, mixture.experts, hidden, mixture.intermediate);
  if (names.shared !== undefined && mixture.sharedIntermediate > 0) {
    gatedMlp(scope.under(names.shared), hidden, mixture.sharedIntermediate);
  }
}

/** What a description says of it. */
export function mixtureFigures(mixture: Mixture | undefined):
  | {
      experts: number;
      expertsPerToken: number;
      expertIntermediateSize: number;
      sharedExperts: number;
    }
  | undefined {
  if (mixture === undefined) return undefined;
  return {
    experts: mixture.experts,
    expertsPerToken: Math.min(mixture.perToken, mixture.experts),
    expertIntermediateSize: mixture.intermediate,
    sharedExperts: mixture.sharedExperts,
  };
}
