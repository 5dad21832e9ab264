import { instanceText } from '../helpers/accelerator';
import { found } from '../helpers/finding';
import { vllmNeuronSdk } from '../helpers/neuron-sdk';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule } from '../types';

const example = (instanceType: string, container: object) => ({
  model: { config: LLAMA_8B },
  container,
  instanceType,
  options: { tensorParallelSize: 8 },
});

const custom = (sdk: string) => ({
  family: 'custom',
  image: `123456789012.dkr.ecr.us-east-1.amazonaws.com/pytorch-inference-vllm-neuronx:0.16.0-neuronx-py312-sdk${sdk}-ubuntu24.04`,
});

/** Neuron SDK 2.28 is the last whose NxD Inference is made for the first generation as well. */
const LAST_FOR_ALL = 28;

/** Inferentia2 and Trainium 1: the same NeuronCore. */
const FIRST_GENERATION = /^ml\.(inf2|trn1n?)\./;

export const neuronSdkNotForChip: Rule = {
  id: 'NEURON_SDK_NOT_FOR_CHIP',
  severity: 'warning',
  summary: 'the Neuron SDK of the image still serves this chip',
  explanation:
    'AWS’s vLLM image for Neuron serves models by NxD Inference. From Neuron SDK 2.29 on its release notes say: "NxD Inference models are now only supported on Trn2 and newer hardware. Customers who require NxD Inference kernel support on Trn1 or Inf2 instances should pin to release 2.28." The image’s own page still lists Inferentia2, so this is a warning.',
  source: 'AWS Neuron documentation, NxD Inference release notes of 2.29; aws-neuron/aws-neuron-sdk#1322',
  examples: {
    passes: [
      example('ml.inf2.24xlarge', custom('2.28.0')),
      example('ml.trn2.48xlarge', custom('2.29.0')),
      example('ml.inf2.24xlarge', { family: 'hf-vllm-neuron' }),
    ],
    fails: [
      example('ml.inf2.24xlarge', custom('2.29.0')),
      example('ml.trn1.32xlarge', { family: 'vllm-neuron', version: '0.16.0-sdk2.29.0' }),
    ],
  },
  evaluate(context) {
    const { instance } = context;
    if (instance?.kind !== 'neuron' || !FIRST_GENERATION.test(instance.instanceType)) return [];
    const sdk = vllmNeuronSdk(context);
    if (sdk === undefined || sdk <= LAST_FOR_ALL) return [];
    return [
      found({
        what: `NxD Inference, by which this image serves models, supports Trainium2 and newer only from Neuron SDK 2.29 on, and the image has SDK 2.${sdk}`,
        got: instanceText(instance),
        allowed: `an image of SDK 2.${LAST_FOR_ALL}, or ml.trn2`,
        fix: `use ml.trn2.48xlarge, or build upon an image of SDK 2.${LAST_FOR_ALL}`,
        path: '/instanceType',
      }),
    ];
  },
};
