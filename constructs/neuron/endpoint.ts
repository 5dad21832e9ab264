import { propertyInjectable } from 'aws-cdk-lib/core/lib/prop-injectable';
import type { Construct } from 'constructs';
import type { Instance } from '../../lib/hardware/types';
import type { ServingOptions } from '../../lib/spec/types';
import { RealTimeEndpoint } from '../endpoint/real-time-endpoint';
import type { EndpointRecipe } from '../endpoint/recipe';
import { known, withoutUndefined } from '../shared/known';
import { MODEL_DIRECTORY } from '../shared/model-source/s3';
import { QuantizationScheme } from '../shared/quantization-scheme';
import { ServingContainer } from '../shared/serving-container';
import { NeuronCompilation, NeuronQuantization } from './options';
import type { NeuronEndpointProps } from './props';
import { completeNeuron } from './shape';
import { neuronFindings } from './validation';

/**
 * Compiling a model of 8 B parameters for the first time; source: optimum-neuron documentation, "30 to 60 minutes" for
 * large models.
 */
const COMPILATION_SECONDS = 1800;

/** LMI ends a worker that loads longer than 240 s otherwise; source: djl-serving docs, `model_loading_timeout`. */
const LMI_LOADING_SECONDS = 3600;

/**
 * A real-time SageMaker endpoint that serves a language model on AWS Inferentia2 or Trainium.
 *
 * Two images of AWS still do: Hugging Face's with vLLM, for 16-bit weights, and LMI 0.29 of 2024 for INT8. Of the
 * latter's software AWS maintains nothing any more, and has deleted the code; Neuron SDKs from 2.29 on bring their
 * libraries of language models to Trainium2 and newer only, which SageMaker's images do not serve. A new endpoint should
 * be compared with one on a GPU, in FP8 or INT8, first.
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
    const { compilation = NeuronCompilation.AT_START, quantization = NeuronQuantization.NONE } = props;
    const isInt8 = quantization === NeuronQuantization.INT8;
    const model = props.model._bind(this);
    const compiles = compilation._kind === 'at-start';
    return {
      model,
      container: ServingContainer._of(isInt8 ? 'lmi-neuron' : 'hf-vllm-neuron', props.image)._bind(this, instance),
      quantization: isInt8 ? QuantizationScheme.of(quantization) : undefined,
      options: shapeOptions(props, compilation),
      variables: isInt8 ? lmiVariables(compilation) : compiles ? { SM_ON_ALLOW_NON_CACHED_MODEL: '' } : {},
      findings: neuronFindings(props, model),
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

/** Source: djl-serving 0.29 docs, "tnx_user_guide". */
function lmiVariables({ _kind: kind, _shape: shape }: NeuronCompilation): Record<string, string> {
  return {
    OPTION_ENTRYPOINT: 'djl_python.transformers_neuronx',
    OPTION_ROLLING_BATCH: 'auto',
    OPTION_QUANTIZE: 'static_int8',
    OPTION_MODEL_LOADING_TIMEOUT: String(LMI_LOADING_SECONDS),
    ...(kind === 'precompiled'
      ? { OPTION_COMPILED_GRAPH_PATH: [MODEL_DIRECTORY, shape?.graphsPath].filter(Boolean).join('/') }
      : {}),
  };
}
