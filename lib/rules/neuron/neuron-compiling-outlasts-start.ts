import { found } from '../helpers/finding';
import { isNamedNeuron } from '../helpers/engine';
import { modelFrom } from '../helpers/model-source';
import { picksCachedShape } from '../helpers/neuron';
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

/** From S3 comes what AWS's samples have compiled or split before; of the hub, only what was never compiled. */
function mayBeCompiled(context: RuleContext): boolean {
  const from = modelFrom(context.spec);
  return picksCachedShape(context) || from === 's3-prefix' || from === 's3-tarball' || from === 'jumpstart';
}

export const neuronCompilingOutlastsStart: Rule = {
  id: 'NEURON_COMPILING_OUTLASTS_START',
  severity: 'warning',
  summary: 'a large model comes to Neuron compiled',
  explanation:
    'Compiling Llama-2-70B takes about 70 minutes, and the start-up health check of an endpoint waits 60 at most. A model of that size must come compiled: as an artifact in S3, or found in the Neuron cache. The Hugging Face image compiles only where it is told to (SM_ON_ALLOW_NON_CACHED_MODEL), and else takes a shape that the cache has or stops at once. Of files in S3 it cannot be seen whether they are such an artifact.',
  source:
    'optimum-neuron notebooks/sagemaker/deploy-llama-3-3-70b.ipynb; djl-serving docs, Neuron tutorial for Llama-2-70B; SageMaker API, ContainerStartupHealthCheckTimeoutInSeconds',
  examples: {
    passes: [
      example(LLAMA_8B, 8),
      {
        model: { id: 'meta-llama/Llama-3.3-70B-Instruct', config: LLAMA_70B },
        container: { family: 'hf-vllm-neuron' },
        instanceType: 'ml.inf2.48xlarge',
        options: { tensorParallelSize: 24, batchSize: 8, sequenceLength: 4096 },
      },
      { ...example(LLAMA_70B, 32), model: { id: 's3://bucket/llama-70b-split/', config: LLAMA_70B } },
    ],
    fails: [
      example(LLAMA_70B, 32),
      {
        ...example(LLAMA_70B, 32),
        container: { family: 'hf-vllm-neuron' },
        environment: { SM_ON_ALLOW_NON_CACHED_MODEL: '' },
      },
    ],
  },
  evaluate(context) {
    const { instance, model, spec } = context;
    if (
      instance?.kind !== 'neuron' ||
      model === undefined ||
      !isNamedNeuron(context) ||
      model.parameterCount <= LARGEST_PARAMETERS
    )
      return [];
    const names = Object.keys(spec.environment ?? {}).filter((name) => !name.includes('NON_CACHED'));
    if (names.some((name) => /COMPILED|NEFF|CACHE/.test(name)) || mayBeCompiled(context)) return [];
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
