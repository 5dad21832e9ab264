import type { RuleContext } from '../types';

/** Degrees that documentation or reports have on Inferentia2. Source: transformers-neuronx developer guide; aws-neuron-sdk#980 (12), awslabs/ai-on-eks#74 (16). */
const INFERENTIA2: readonly number[] = [1, 2, 4, 8, 12, 16, 24];
/** Those of Trainium, up to what one instance has. Source: huggingface/optimum-neuron#619. */
const TRAINIUM: readonly number[] = [1, 2, 8, 16, 32];

/** How many NeuronCores the runtime is known to join on a chip, the most last; undefined where nothing limits it (Trainium2). */
export function joinedCores(instance: NonNullable<RuleContext['instance']>): readonly number[] | undefined {
  if (instance.accelerator?.key === 'Trainium2') return undefined;
  return instance.family.includes('inf2') ? INFERENTIA2 : TRAINIUM;
}
