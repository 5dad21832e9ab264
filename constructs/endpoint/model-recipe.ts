import type { Construct } from 'constructs';
import type { Instance } from '../../lib/hardware/types';
import type { ModelSource } from '../shared/model-source';
import type { QuantizationScheme } from '../shared/quantization-scheme';
import { ServingContainer } from '../shared/serving-container';
import type { ServingProps } from '../shared/serving-options';
import { servingOptions } from './options';
import type { EndpointRecipe } from './recipe';

/** A model in a container: the props that a recipe is made of. */
export interface ModelRecipeProps extends ServingProps {
  readonly model: ModelSource;
  readonly quantization?: QuantizationScheme;
  readonly container?: ServingContainer;
}

/** A model of any format in any container, on an endpoint of its own or in a fleet. */
export function modelRecipe(scope: Construct, props: ModelRecipeProps, instance: Instance | undefined): EndpointRecipe {
  const container = (props.container ?? ServingContainer.lmi())._bind(scope, instance);
  return {
    model: props.model._bind(scope),
    container,
    quantization: props.quantization,
    options: servingOptions(props, container.spec.family),
  };
}
