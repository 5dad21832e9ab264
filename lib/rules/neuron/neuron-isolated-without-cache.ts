import { found } from '../helpers/finding';
import { modelFrom } from '../helpers/model-source';
import { picksCachedShape } from '../helpers/neuron';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule } from '../types';

const example = (networkIsolation: boolean, environment?: Record<string, string>, id = 's3://bucket/model/') => ({
  model: { id, config: LLAMA_8B },
  container: { family: 'hf-vllm-neuron' },
  instanceType: 'ml.inf2.8xlarge',
  options: { tensorParallelSize: 2, sequenceLength: 4096, batchSize: 1 },
  endpoint: { networkIsolation, inferenceAmiVersion: 'al2-ami-sagemaker-inference-neuron-2' },
  ...(environment === undefined ? {} : { environment }),
});

export const neuronIsolatedWithoutCache: Rule = {
  id: 'NEURON_ISOLATED_WITHOUT_CACHE',
  severity: 'warning',
  summary: 'an isolated container does not depend on the hub’s cache of compiled models',
  explanation:
    'The Hugging Face image serves a checkpoint by the compiled graphs that it finds in the cache on the hub, aws-neuron/optimum-neuron-cache, wherever the weights themselves come from. Without a network it finds none and stops: "No cached version found". What was exported before (`optimum-cli export neuron`) has its graphs beside the weights and needs no cache; whether the files in S3 are of that kind cannot be seen from the spec.',
  source: 'huggingface/optimum-neuron#535; optimum-neuron optimum/commands/neuron/serve.py',
  examples: {
    passes: [example(false), example(true, { SM_ON_ALLOW_NON_CACHED_MODEL: '' })],
    fails: [example(true)],
  },
  evaluate(context) {
    const { spec } = context;
    // A model of the hub cannot be fetched at all: that is another rule's.
    if (spec.endpoint?.networkIsolation !== true || !picksCachedShape(context) || modelFrom(spec) === 'hub') return [];
    return [
      found({
        what: 'without a network the image cannot look into the hub’s cache of compiled models, and serves only what was exported (compiled) before',
        got: 'networkIsolation true',
        allowed: 'a model exported for this batch, length and number of cores',
        fix: 'export it with optimum-cli export neuron and deploy that folder, or turn networkIsolation off',
        path: '/endpoint/networkIsolation',
      }),
    ];
  },
};
