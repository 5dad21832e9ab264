import { propertyInjectable } from 'aws-cdk-lib/core/lib/prop-injectable';
import type { Construct } from 'constructs';
import type { Instance } from '../../lib/hardware/types';
import { chooseGguf, withGguf } from '../../lib/recommend/gguf-file';
import { planAnswer } from '../../lib/rules';
import type { EndpointSpec } from '../../lib/spec/types';
import { RealTimeEndpoint } from '../endpoint/real-time-endpoint';
import type { EndpointRecipe } from '../endpoint/recipe';
import { known } from '../shared/known';
import { QuantizationScheme } from '../shared/quantization-scheme';
import { ServingContainer } from '../shared/serving-container';
import { offeredFiles, preferredType, type OfferedFile } from './offered';
import { withPromptCache } from './prompt-cache';
import type { GgufEndpointProps } from './props';
import { fileVariables, llamaCppOptions, llamaCppVariables, servedFiles } from './server';
import { ggufFindings } from './validation';

/**
 * A real-time SageMaker endpoint that serves a GGUF model with llama.cpp, on NVIDIA GPUs, x86 or Graviton: the image
 * follows from the instance type.
 *
 * Of several GGUFs the one is served that fits: `Q4_K_M` for most uses, `Q8_0` where quality matters more. Each request
 * has a context of its own, of `maxModelLen` tokens.
 *
 * The image has one route: a request is a chat in OpenAI's form (`messages`), whole or as a stream. Plain completions
 * and embeddings of llama-server cannot be reached through SageMaker.
 *
 * @example
 * new GgufEndpoint(this, 'Chat', {
 *   model: ModelSource.s3Prefix(bucket, 'qwen2.5-7b-instruct-gguf/', { configPath: 'config.json' }),
 *   files: [{ path: 'qwen2.5-7b-instruct-q4_k_m.gguf' }, { path: 'qwen2.5-7b-instruct-q8_0.gguf' }],
 *   instanceType: InstanceType.of('ml.c7g.4xlarge'),
 *   maxModelLen: 8_192,
 * });
 */
@propertyInjectable
export class GgufEndpoint extends RealTimeEndpoint {
  /** Uniquely identifies this class for property injection. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-quantized-endpoints.GgufEndpoint';

  constructor(scope: Construct, id: string, props: GgufEndpointProps) {
    super(scope, id, props);
  }

  /** @internal */
  protected _recipe(props: GgufEndpointProps, instance: Instance | undefined): EndpointRecipe {
    const container = ServingContainer.llamaCpp(props.llamaCpp)._bind(this, instance);
    const options = llamaCppOptions(props);
    const variables = llamaCppVariables(props, instance?.kind);
    const sketch: EndpointSpec = {
      model: {},
      container: container.spec,
      instanceType: known(props.instanceType.instanceTypeName),
      options,
      environment: variables,
    };
    let chosen: OfferedFile | undefined;
    const model = props.model._bind(this, (spec, from) => {
      chosen = chooseFile({ ...sketch, model: spec }, props, offeredFiles(props, from === 'hub'));
      return servedFiles(chosen, props.projector);
    });
    return {
      model: chosen === undefined ? model : { ...model, spec: withGguf({ model: model.spec }, chosen).model },
      container,
      quantization: QuantizationScheme.gguf(chosen?.fileType ?? preferredType(props)),
      options,
      variables: { ...variables, ...fileVariables(model, chosen, props.projector) },
      findings: ggufFindings(props, model, chosen),
      complete: (spec) =>
        withPromptCache(
          spec,
          planAnswer(spec),
          instance?.memoryBytes,
          instance !== undefined && instance.kind === 'cpu',
        ),
    };
  }
}

function chooseFile(
  sketch: EndpointSpec,
  props: GgufEndpointProps,
  offered: readonly OfferedFile[],
): OfferedFile | undefined {
  return offered.length === 0 ? undefined : chooseGguf(sketch, preferredType(props), offered, planAnswer).chosen;
}
