import type { ModelDescription } from '../../model';

/** What the layers with experts compute, beside their weights. */
export interface MixtureShape {
  readonly experts: number;
  /** Experts that each token passes. */
  readonly perToken: number;
  /** Features of each expert's gate and up. */
  readonly intermediate: number;
  /** Of the expert that every token passes, whose output a gate of its own weighs; 0: there is none. */
  readonly sharedIntermediate: number;
  /** Whether the chosen experts' shares are made to add up to 1. */
  readonly normalizes: boolean;
  /** For each layer: has it experts, or the one feed-forward? */
  readonly sparse: readonly boolean[];
}

/** Undefined for a model without experts. */
export function mixtureShape(model: ModelDescription): MixtureShape | undefined {
  if (model.moe === undefined) return undefined;
  const { experts, expertsPerToken, expertIntermediateSize, sharedExperts } = model.moe;
  const text = model.textConfig;
  const shared = text.shared_expert_intermediate_size;
  const sparse = new Set(model.weights.filter(({ role }) => role === 'router').flatMap(({ layers }) => layers));
  return {
    experts,
    perToken: expertsPerToken,
    intermediate: expertIntermediateSize,
    sharedIntermediate: sharedExperts > 0 && typeof shared === 'number' ? shared : 0,
    // Mixtral's router has no switch for it. The others' is off where the config does not say.
    normalizes: model.architecture === 'MixtralForCausalLM' || text.norm_topk_prob === true,
    sparse: Array.from({ length: model.numLayers }, (_, layer) => sparse.has(layer)),
  };
}

/** How many feed-forwards a layer with experts has. */
export function mixtureParts({ experts, sharedIntermediate }: MixtureShape): number {
  return experts + (sharedIntermediate > 0 ? 1 : 0);
}
