import { describeModelOnce } from '../../lib/endpoint/describe-once';
import { QuantizedEndpointsError } from '../../lib/errors';
import type { ModelSpec } from '../../lib/spec/types';
import type { BoundModel } from '../shared/model-source/bound-model';
import { MODEL_DIRECTORY } from '../shared/model-source/s3';
import { QuantizationScheme } from '../shared/quantization-scheme';
import { ServingContainer } from '../shared/serving-container';
import { CACHE_VARIABLE, cacheUrl } from './graph-cache';
import { NeuronCompilation, NeuronQuantization } from './options';
import type { NeuronEndpointProps } from './props';

/** LMI ends a worker that loads longer than 240 s otherwise; source: djl-serving docs, `model_loading_timeout`. */
const LMI_LOADING_SECONDS = 3600;

/** Attention of every architecture that NxD Inference has graphs for. */
const ATTENTION = 'self_attn';

/**
 * Where a job leaves the graphs in its result, and how LMI is told to serve them.
 * Source: djl-serving serving/docker/partition/sm_neo_neuron_partition.py, `option.model_id=./optimized_model`.
 */
const JOB_VARIABLES: Readonly<Record<string, string>> = {
  HF_MODEL_ID: `${MODEL_DIRECTORY}/optimized_model`,
  OPTION_ENTRYPOINT: 'djl_python.transformers_neuronx',
  OPTION_ROLLING_BATCH: 'auto',
  OPTION_MODEL_LOADING_TIMEOUT: String(LMI_LOADING_SECONDS),
};

/** Which image serves, and what it must be told. */
export interface NeuronServer {
  readonly container: ServingContainer;
  readonly quantization?: QuantizationScheme;
  readonly variables: Readonly<Record<string, string>>;
  /** The model as the server will hold it. */
  readonly model: BoundModel;
}

/** The image that was built in the account where there is one, else the one of AWS that knows the quantization. */
export function neuronServer(props: NeuronEndpointProps, model: BoundModel): NeuronServer {
  const { compilation = NeuronCompilation.AT_START, quantization = NeuronQuantization.NONE } = props;
  const scheme = quantization === NeuronQuantization.NONE ? undefined : QuantizationScheme.of(quantization);
  if (props.vllmImage !== undefined) return vllmServer(props, model, compilation, scheme);
  if (compilation._kind === 'optimization-job')
    return { container: ServingContainer._of('lmi-neuron', props.image), variables: JOB_VARIABLES, model };
  if (quantization === NeuronQuantization.NONE)
    return {
      container: ServingContainer._of('hf-vllm-neuron', props.image),
      variables: {
        ...(compilation._kind === 'at-start' ? { SM_ON_ALLOW_NON_CACHED_MODEL: '' } : {}),
        ...cacheVariables(compilation),
      },
      model,
    };
  return {
    container: ServingContainer._of('lmi-neuron', props.image),
    quantization: scheme,
    variables: lmiVariables(compilation),
    model,
  };
}

function vllmServer(
  { vllmImage, unquantizedModules }: NeuronEndpointProps,
  model: BoundModel,
  compilation: NeuronCompilation,
  quantization: QuantizationScheme | undefined,
): NeuronServer {
  const { _kind: kind, _shape: shape } = compilation;
  const excluded = quantization === undefined ? [] : (unquantizedModules ?? biasedModules(model.spec));
  return {
    container: ServingContainer._of('vllm-neuron', { version: vllmImage!.version, image: vllmImage!.containerImage }),
    quantization,
    variables: {
      ...(excluded.length === 0 ? {} : { SM_NEURON_EXCLUDE: excluded.join(',') }),
      ...(kind === 'precompiled' ? { SM_NEURON_COMPILED: shape?.graphsPath ?? '.' } : {}),
      ...cacheVariables(compilation),
    },
    model: excluded.length === 0 ? model : { ...model, spec: withExclusions(model.spec, excluded) },
  };
}

function cacheVariables({ _cache: cache }: NeuronCompilation): Record<string, string> {
  return cache === undefined ? {} : { [CACHE_VARIABLE]: cacheUrl(cache) };
}

/** What NxD Inference cannot quantize. Source: aws-neuron/neuronx-distributed#60. */
function biasedModules({ config }: ModelSpec): readonly string[] {
  if (config === undefined) return [];
  try {
    const { weights } = describeModelOnce(config);
    const isBiased = weights.some(({ role, name }) => role === 'bias' && name.includes(`.${ATTENTION}.`));
    return isBiased ? [ATTENTION] : [];
  } catch (error) {
    if (error instanceof QuantizedEndpointsError) return [];
    throw error;
  }
}

/** The 16-bit checkpoint as it is planned: with what stays in 16 bits, as a checkpoint would say it. */
function withExclusions(spec: ModelSpec, excluded: readonly string[]): ModelSpec {
  if (spec.config === undefined || spec.config.quantization_config !== undefined) return spec;
  const quantization_config = { quant_method: 'neuron_quant', modules_to_not_convert: excluded };
  return { ...spec, config: { ...spec.config, quantization_config } };
}

/** Source: djl-serving 0.29 docs, "tnx_user_guide". */
function lmiVariables({ _kind: kind, _shape: shape, _cache: cache }: NeuronCompilation): Record<string, string> {
  return {
    OPTION_ENTRYPOINT: 'djl_python.transformers_neuronx',
    OPTION_ROLLING_BATCH: 'auto',
    OPTION_QUANTIZE: 'static_int8',
    OPTION_MODEL_LOADING_TIMEOUT: String(LMI_LOADING_SECONDS),
    ...(kind === 'precompiled'
      ? { OPTION_COMPILED_GRAPH_PATH: [MODEL_DIRECTORY, shape?.graphsPath].filter(Boolean).join('/') }
      : {}),
    ...(cache === undefined ? {} : { OPTION_COMPILED_GRAPH_PATH: cacheUrl(cache) }),
  };
}
