import { supportOf } from '../helpers/accelerator';
import { isNeuron } from '../helpers/engine';
import { found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule } from '../types';

const example = (instanceType: string) => ({
  model: { config: LLAMA_8B },
  container: { family: 'hf-vllm-neuron' },
  instanceType,
  options: { tensorParallelSize: 2, sequenceLength: 4096, batchSize: 1 },
});

export const neuronImageNotForChip: Rule = {
  id: 'NEURON_IMAGE_NOT_FOR_CHIP',
  severity: 'error',
  summary: 'the Neuron image serves language models on this chip',
  explanation:
    'The Hugging Face image (optimum-neuron) serves Inferentia2 and Trainium 1: its documentation says that Trainium2 is not supported yet. LMI’s image (transformers-neuronx) knows the same two. Inferentia 1 has no support for language models at all.',
  source: 'huggingface/optimum-neuron docs, guides/vllm_plugin: "Trn2 instances are not supported"; optimum-neuron#737',
  examples: {
    passes: [example('ml.inf2.8xlarge'), example('ml.trn1.2xlarge')],
    fails: [example('ml.trn2.48xlarge'), example('ml.inf1.6xlarge')],
  },
  evaluate(context) {
    const { instance, container } = context;
    if (instance?.kind !== 'neuron' || !isNeuron(context)) return [];
    const isFirst = instance.family.includes('inf1');
    const reason = supportOf(context).reason ?? '';
    if (!isFirst && !reason.includes('runs on')) return [];
    return [
      found({
        what: isFirst ? 'Inferentia 1 has no support for language models' : reason,
        got: `${instance.instanceType} (${instance.accelerator?.key}) with ${container?.family}`,
        allowed: 'ml.inf2 or ml.trn1',
        fix: 'use ml.inf2.8xlarge or larger',
        path: '/instanceType',
      }),
    ];
  },
};
