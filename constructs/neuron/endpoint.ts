import { propertyInjectable } from 'aws-cdk-lib/core/lib/prop-injectable';
import type { Construct } from 'constructs';
import type { Instance } from '../../lib/hardware/types';
import type { ServingOptions } from '../../lib/spec/types';
import { RealTimeEndpoint } from '../endpoint/real-time-endpoint';
import type { EndpointRecipe } from '../endpoint/recipe';
import { known, withoutUndefined } from '../shared/known';
import { withCacheAccess } from './graph-cache';
import { NeuronCompilation } from './options';
import type { NeuronEndpointProps } from './props';
import { neuronServer } from './server';
import { completeNeuron } from './shape';
import { neuronFindings } from './validation';

/**
 * Compiling a model of 8 B parameters for the first time; source: optimum-neuron documentation, "30 to 60 minutes" for
 * large models.
 */
const COMPILATION_SECONDS = 1800;

/**
 * A real-time SageMaker endpoint that serves a language model on AWS Inferentia2 or Trainium.
 *
 * Two images of AWS still do: Hugging Face's with vLLM, for 16-bit weights, and LMI 0.29 of 2024 for INT8. Of the
 * latter's software AWS maintains nothing any more, and has deleted the code. A `VllmNeuronImage` of your own stores INT8
 * and FP8 in software that still gets critical fixes. Neuron SDKs from 2.29 on bring their libraries of language models to
 * Trainium2 and newer only, which SageMaker's images do not serve. A new endpoint should be compared with one on a GPU, in
 * FP8 or INT8, first.
 *
 * @example
 * new NeuronEndpoint(this, 'Chat', {
 *   model: ModelSource.huggingFace('meta-llama/Llama-3.1-8B-Instruct'),
 *   instanceType: InstanceType.INF2_8XLARGE,
 *   maxModelLen: 4_096,
 *   maxConcurrency: 4,
 * });
 */
@propertyInjectable
export class NeuronEndpoint extends RealTimeEndpoint {
  /** Uniquely identifies this class for property injection. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-quantized-endpoints.NeuronEndpoint';

  constructor(scope: Construct, id: string, props: NeuronEndpointProps) {
    super(scope, id, props);
  }

  /** @internal */
  protected _recipe(props: NeuronEndpointProps, instance: Instance | undefined): EndpointRecipe {
    const { compilation = NeuronCompilation.AT_START } = props;
    const bound = props.model._bind(this);
    const server = neuronServer(props, bound);
    const compiles = compilation._kind === 'at-start';
    return {
      model: withCacheAccess(server.model, compilation._cache),
      networkReason:
        compilation._cache === undefined
          ? undefined
          : 'The container takes compiled graphs from S3, and leaves there what it has compiled.',
      container: server.container._bind(this, instance),
      quantization: server.quantization,
      options: shapeOptions(props, compilation),
      variables: server.variables,
      findings: neuronFindings(props, bound),
      settled: compilation._kind === 'precompiled' ? ['NEURON_ISOLATED_WITHOUT_CACHE'] : [],
      preparationSeconds: compiles ? COMPILATION_SECONDS : 0,
      complete: (spec) => completeNeuron(spec, instance, compiles),
    };
  }
}

function shapeOptions(props: NeuronEndpointProps, { _shape: shape }: NeuronCompilation): ServingOptions {
  return withoutUndefined({
    sequenceLength: known(props.maxModelLen) ?? shape?.sequenceLength,
    batchSize: known(props.maxConcurrency) ?? shape?.batchSize,
    tensorParallelSize: known(props.tensorParallelSize) ?? shape?.tensorParallelSize,
    logicalNeuronCores: known(props.logicalNeuronCores) ?? shape?.logicalNeuronCores,
  });
}
