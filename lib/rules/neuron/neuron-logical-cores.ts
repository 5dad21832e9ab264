import { found } from '../helpers/finding';
import { isNeuron } from '../helpers/engine';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule } from '../types';

const example = (instanceType: string, logicalNeuronCores: number) => ({
  model: { config: LLAMA_8B },
  container: { family: 'hf-vllm-neuron' },
  instanceType,
  options: { tensorParallelSize: 2, sequenceLength: 4096, batchSize: 1, logicalNeuronCores },
});

export const neuronLogicalCores: Rule = {
  id: 'NEURON_LOGICAL_CORES',
  severity: 'error',
  summary: 'logicalNeuronCores is 1 or 2, and 2 on Trainium2 only',
  explanation:
    'Trainium2 can join two physical NeuronCores to one logical core (the default, 24 GiB) or take them one by one (12 GiB each). No other number exists, and older chips know no such choice. The model must be compiled for the number it runs with.',
  source: 'AWS Neuron docs, "Logical NeuronCore configuration"',
  examples: {
    passes: [example('ml.inf2.8xlarge', 1)],
    fails: [example('ml.inf2.8xlarge', 2), example('ml.trn2.48xlarge', 4)],
  },
  evaluate(context) {
    const { instance, spec } = context;
    const cores = spec.options?.logicalNeuronCores;
    if (cores === undefined || instance?.kind !== 'neuron' || !isNeuron(context)) return [];
    const largest = instance.accelerator?.key === 'Trainium2' ? 2 : 1;
    if (cores <= largest) return [];
    return [
      found({
        what: `logicalNeuronCores is ${largest === 2 ? '1 or 2' : '1'} on ${instance.accelerator?.key}`,
        got: String(cores),
        allowed: largest === 2 ? '1 or 2' : '1',
        fix: `set logicalNeuronCores to ${largest}`,
        path: '/options/logicalNeuronCores',
      }),
    ];
  },
};
