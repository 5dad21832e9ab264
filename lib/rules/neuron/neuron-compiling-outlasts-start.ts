import { found } from '../helpers/finding';
import { isNeuron } from '../helpers/engine';
import { LLAMA_70B, LLAMA_8B } from '../helpers/samples';
import type { Rule, RuleContext } from '../types';

const example = (config: object, tensorParallelSize: number) => ({
  model: { config },
  container: { family: 'lmi-neuron' },
  instanceType: 'ml.trn1.32xlarge',
  options: { tensorParallelSize, sequenceLength: 4096, batchSize: 1 },
});

/** Llama-2-70B took about 70 minutes; half of it is below the limit. */
const LARGEST_PARAMETERS = 40e9;

/** A model of the hub, with no shape asked for, in the image that looks into the hub's cache of compiled models first. */
function takesCached({ container, spec }: RuleContext): boolean {
  const { id } = spec.model;
  if (container?.family !== 'hf-vllm-neuron' || id === undefined || /^(?:s3:|[./])/.test(id)) return false;
  if (spec.endpoint?.networkIsolation === true) return false;
  const { batchSize, maxNumSeqs, maxModelLen, sequenceLength, tensorParallelSize } = spec.options ?? {};
  return [batchSize, maxNumSeqs, maxModelLen, sequenceLength, tensorParallelSize].every((shape) => shape === undefined);
}

export const neuronCompilingOutlastsStart: Rule = {
  id: 'NEURON_COMPILING_OUTLASTS_START',
  severity: 'warning',
  summary: 'a large model comes to Neuron compiled',
  explanation:
    'Compiling Llama-2-70B takes about 70 minutes, and the start-up health check of an endpoint waits 60 at most. A model of that size must come compiled: as an artifact in S3, or found in the Neuron cache. The Hugging Face image takes a cached configuration of a model of the hub where no batch size, length or number of cores is asked for.',
  source:
    'optimum-neuron notebooks/sagemaker/deploy-llama-3-3-70b.ipynb; djl-serving docs, Neuron tutorial for Llama-2-70B; SageMaker API, ContainerStartupHealthCheckTimeoutInSeconds',
  examples: {
    passes: [
      example(LLAMA_8B, 8),
      {
        model: { id: 'meta-llama/Llama-3.3-70B-Instruct', config: LLAMA_70B },
        container: { family: 'hf-vllm-neuron' },
        instanceType: 'ml.inf2.48xlarge',
      },
    ],
    fails: [example(LLAMA_70B, 32)],
  },
  evaluate(context) {
    const { instance, model, spec } = context;
    if (
      instance?.kind !== 'neuron' ||
      model === undefined ||
      !isNeuron(context) ||
      model.parameterCount <= LARGEST_PARAMETERS
    )
      return [];
    const names = Object.keys(spec.environment ?? {}).filter((name) => !name.includes('NON_CACHED'));
    if (names.some((name) => /COMPILED|NEFF|CACHE/.test(name)) || takesCached(context)) return [];
    return [
      found({
        what: 'compiling a model of this size outlasts the 3600 s that an endpoint may take to start',
        got: `${(model.parameterCount / 1e9).toFixed(0)} B parameters`,
        allowed: 'a compiled artifact, or a hit in the Neuron cache',
        fix: 'compile ahead, and deploy from the S3 prefix of the artifact',
        path: '/model',
      }),
    ];
  },
};
