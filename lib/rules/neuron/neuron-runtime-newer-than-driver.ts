import { found } from '../helpers/finding';
import { vllmNeuronSdk } from '../helpers/neuron-sdk';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule } from '../types';

const example = (version?: string) => ({
  model: { config: LLAMA_8B },
  container: { family: 'vllm-neuron', ...(version === undefined ? {} : { version }) },
  instanceType: 'ml.inf2.8xlarge',
  options: { tensorParallelSize: 2, sequenceLength: 4096, batchSize: 1 },
  endpoint: { inferenceAmiVersion: 'al2-ami-sagemaker-inference-neuron-2' },
});

const custom = (sdk: string) => ({
  ...example(),
  container: {
    family: 'custom',
    image: `123456789012.dkr.ecr.us-east-1.amazonaws.com/pytorch-inference-vllm-neuronx:0.16.0-neuronx-py312-sdk${sdk}-ubuntu24.04`,
  },
});

const hugging = { ...example(), container: { family: 'hf-vllm-neuron' } };

/** From this SDK on the runtime refuses drivers up to 2.26. */
const FIRST_REFUSING_SDK = 30;

export const neuronRuntimeNewerThanDriver: Rule = {
  id: 'NEURON_RUNTIME_NEWER_THAN_DRIVER',
  severity: 'error',
  summary: 'the image’s Neuron runtime runs on the driver of SageMaker’s hosts',
  explanation:
    'SageMaker’s newest hosts for Neuron have driver 2.19. The runtime of Neuron SDK 2.30 and later says itself that it is not compatible with driver 2.26 and earlier, so such an image finds no device. Whether SDK 2.28, the last for Inferentia2 and Trainium 1, runs on driver 2.19 is documented nowhere: it is not said to be incompatible, and nobody has reported that it works.',
  source:
    'AWS Neuron documentation, release notes of the runtime: "Neuron Runtime Library 2.32 is not backward-compatible with Neuron Driver 2.26 or earlier"; botocore 1.44.5, ProductionVariantInferenceAmiVersion',
  examples: { passes: [hugging, custom('2.29.0')], fails: [example(), example('0.16.0-sdk2.31.0'), custom('2.31.0')] },
  evaluate(context) {
    const { container, instance } = context;
    if (instance?.kind !== 'neuron') return [];
    const isRefused = (vllmNeuronSdk(context) ?? 0) >= FIRST_REFUSING_SDK;
    if (container?.family !== 'vllm-neuron' && !isRefused) return [];
    const isOwn = container?.family === 'custom';
    return [
      found({
        what: isRefused
          ? 'the runtime of this Neuron SDK is not compatible with driver 2.19, the newest of SageMaker’s hosts'
          : 'whether this Neuron SDK runs on driver 2.19, the newest of SageMaker’s hosts, is documented nowhere',
        got: (isOwn ? container.repository : container?.version) ?? 'no version',
        allowed: isRefused ? 'up to SDK 2.29' : 'an image that somebody has seen running there',
        fix: isRefused
          ? 'use the hf-vllm-neuron container, or try version 0.13.0-sdk2.28.0'
          : 'try one endpoint first and acknowledge this, or use the hf-vllm-neuron container',
        path: isOwn ? '/container/image' : '/container/version',
        severity: isRefused ? 'error' : 'warning',
      }),
    ];
  },
};
