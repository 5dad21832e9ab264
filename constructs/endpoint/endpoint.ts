import { Stack } from 'aws-cdk-lib';
import { propertyInjectable } from 'aws-cdk-lib/core/lib/prop-injectable';
import { Construct } from 'constructs';
import type { Instance } from '../../lib/hardware/types';
import { QuantizedEndpointBase, type IQuantizedEndpoint } from './endpoint-base';
import { modelRecipe, poolRecipe } from './model-recipe';
import type { QuantizedEndpointProps } from './props';
import { RealTimeEndpoint, VARIANT_NAME } from './real-time-endpoint';
import type { EndpointRecipe } from './recipe';

/** An endpoint that exists already. */
export interface QuantizedEndpointAttributes {
  /** Name of the endpoint. */
  readonly endpointName: string;

  /**
   * Name of its production variant.
   *
   * @default 'AllTraffic'
   */
  readonly variantName?: string;

  /**
   * Name of the inference component that holds the model.
   *
   * @default - none, the endpoint holds the model itself
   */
  readonly inferenceComponentName?: string;
}

/**
 * A real-time SageMaker endpoint that serves a quantized language model.
 *
 * Whatever would fail after half an hour of creating is refused at synth, with its reason and the nearest thing that
 * works: weights that do not fit, a scheme the GPU cannot compute, a container too old for the architecture, a driver
 * too old for the container, a variable that nothing reads. What is left open is worked out from the plan, which lies
 * as `<construct>.plan.json` in the cloud assembly.
 *
 * An error stops synth, with all findings at once. A warning is acknowledged with its reason:
 * `Validations.of(endpoint).acknowledge({ id: 'MODEL_REVISION_NOT_PINNED', reason: '…' })`.
 *
 * @example
 * new QuantizedEndpoint(this, 'Chat', {
 *   model: ModelSource.huggingFace('Qwen/Qwen2.5-7B-Instruct-AWQ'),
 *   instanceType: InstanceType.G6_2XLARGE,
 *   maxModelLen: 16_384,
 * });
 */
@propertyInjectable
export class QuantizedEndpoint extends RealTimeEndpoint {
  /** Uniquely identifies this class for property injection. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-quantized-endpoints.QuantizedEndpoint';

  /** An endpoint that exists already, with its variant under the name that is used here. */
  public static fromEndpointName(scope: Construct, id: string, endpointName: string): IQuantizedEndpoint {
    return QuantizedEndpoint.fromEndpointAttributes(scope, id, { endpointName });
  }

  /** An endpoint that exists already. */
  public static fromEndpointAttributes(
    scope: Construct,
    id: string,
    attributes: QuantizedEndpointAttributes,
  ): IQuantizedEndpoint {
    const { endpointName, variantName = VARIANT_NAME, inferenceComponentName } = attributes;
    class Import extends QuantizedEndpointBase {
      public readonly endpointName = endpointName;
      public readonly variantName = variantName;
      public readonly inferenceComponentName = inferenceComponentName;
      public readonly endpointArn = Stack.of(scope).formatArn({
        service: 'sagemaker',
        resource: 'endpoint',
        resourceName: endpointName,
      });
    }
    return new Import(scope, id);
  }

  constructor(scope: Construct, id: string, props: QuantizedEndpointProps) {
    super(scope, id, props);
  }

  /** @internal */
  protected _recipe(props: QuantizedEndpointProps, instance: Instance | undefined): EndpointRecipe {
    const recipe = modelRecipe(this, props, instance);
    return {
      ...recipe,
      fallbackPools: props.fallbackPools?.map((pool, index) => ({
        instanceType: pool.instanceType,
        recipe: poolRecipe(new Construct(this, `Pool${index + 2}`), props, pool, recipe),
      })),
    };
  }
}
