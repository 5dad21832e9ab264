import type { Construct } from 'constructs';
import { findInstance } from '../../lib/hardware';
import type { Instance } from '../../lib/hardware/types';
import { known } from '../shared/known';
import type { ModelSource } from '../shared/model-source';
import type { QuantizationScheme } from '../shared/quantization-scheme';
import { ServingContainer } from '../shared/serving-container';
import type { ServingProps } from '../shared/serving-options';
import type { SpeculativeDecoding } from '../shared/speculative-decoding';
import { servingOptions } from './options';
import type { FallbackPool } from './fallback-pool';
import type { EndpointRecipe } from './recipe';

/** A model in a container: the props that a recipe is made of. */
export interface ModelRecipeProps extends ServingProps {
  readonly model: ModelSource;
  readonly quantization?: QuantizationScheme;
  readonly container?: ServingContainer;
  readonly speculativeDecoding?: SpeculativeDecoding;
}

/** A model of any format in any container, on an endpoint of its own or in a fleet. */
export function modelRecipe(scope: Construct, props: ModelRecipeProps, instance: Instance | undefined): EndpointRecipe {
  const container = (props.container ?? ServingContainer.lmi())._bind(scope, instance);
  return {
    model: props.model._bind(scope),
    container,
    quantization: props.quantization,
    options: servingOptions(props, container.spec.family),
    speculative: props.speculativeDecoding,
  };
}

/** What a fallback pool serves: weights of its own where it has any, everything else as on the endpoint. */
export function poolRecipe(
  scope: Construct,
  props: ModelRecipeProps,
  { instanceType, model, quantization, tensorParallelSize }: FallbackPool,
  preferred: EndpointRecipe,
): EndpointRecipe {
  const instance = findInstance(known(instanceType.instanceTypeName) ?? '');
  const container = (props.container ?? ServingContainer.lmi())._bind(scope, instance);
  return {
    model: model?._bind(scope) ?? preferred.model,
    container,
    quantization: quantization ?? (model === undefined ? props.quantization : undefined),
    options: servingOptions({ ...props, tensorParallelSize }, container.spec.family),
    speculative: props.speculativeDecoding,
  };
}
