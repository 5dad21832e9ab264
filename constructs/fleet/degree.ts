import type { Construct } from 'constructs';
import type { Instance } from '../../lib/hardware/types';
import type { ContainerFamily } from '../../lib/spec/types';
import type { RealTimeEndpointProps } from '../endpoint/props';
import type { EndpointRecipe } from '../endpoint/recipe';
import { planServing, type Serving, type ServingContext } from '../endpoint/serving';

/** Containers that take as many GPUs as they are told to. */
const SPLIT_BY_OPTION: readonly ContainerFamily[] = ['lmi', 'lmi-trtllm', 'vllm', 'sglang'];

/**
 * Plans a model on the fewest accelerators on which it runs: the others are for other models. A degree that the user
 * asked for is kept.
 *
 * llama.cpp deals its layers out to all devices that it sees, and Neuron models are compiled for a number of cores: for
 * them nothing is chosen.
 */
export function planOnFewest(
  scope: Construct,
  props: RealTimeEndpointProps,
  recipe: EndpointRecipe,
  context: ServingContext,
  instance: Instance | undefined,
): Serving {
  const degrees = isChosen(recipe, instance) ? divisorsOf(instance!.acceleratorCount) : [];
  let best: Serving | undefined;
  for (const tensorParallelSize of degrees) {
    const options = { ...recipe.options, tensorParallelSize };
    const serving = planServing(scope, props, { ...recipe, options }, context);
    if (best === undefined || errorsOf(serving) < errorsOf(best)) best = serving;
    if (errorsOf(best) === 0) break;
  }
  return best ?? planServing(scope, props, recipe, context);
}

function isChosen({ options, container }: EndpointRecipe, instance: Instance | undefined): boolean {
  return (
    instance?.kind === 'gpu' &&
    options.tensorParallelSize === undefined &&
    (options.pipelineParallelSize ?? 1) === 1 &&
    SPLIT_BY_OPTION.includes(container.spec.family)
  );
}

function divisorsOf(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1).filter((degree) => count % degree === 0);
}

function errorsOf({ answer }: Serving): number {
  return answer.findings.filter(({ severity }) => severity === 'error').length;
}
