import { found } from '../helpers/finding';
import { LLAMA_70B, LLAMA_8B } from '../helpers/samples';
import type { Rule } from '../types';

const example = (
  config: object,
  instanceType: string,
  tensorParallelSize: number,
  quantization: string | undefined = 'neuron-int8',
) => ({
  model: { config },
  quantization,
  container: { family: 'lmi-neuron' },
  instanceType,
  options: { tensorParallelSize, sequenceLength: 2048, batchSize: 1 },
});

const LARGE_PARAMETERS = 60e9;
const FEW_CORES = 12;

export const neuronLargeInt8KnownFailure: Rule = {
  id: 'NEURON_LARGE_INT8_KNOWN_FAILURE',
  severity: 'warning',
  summary: 'a 70 B model is not squeezed onto 12 cores',
  explanation:
    'Llama-3-70B in static_int8 compiles for ml.inf2.24xlarge with LMI 0.29 and then fails to load: "failed to init dma queue batch ... exceeded queue descriptor limits". In bfloat16 it failed there too, with "Failed to allocate io queues", though weights and cache are smaller than the memory; on ml.inf2.48xlarge it works.',
  source: 'aws-neuron/aws-neuron-sdk#980; aws-neuron/transformers-neuronx#92',
  examples: {
    passes: [example(LLAMA_8B, 'ml.inf2.24xlarge', 8), example(LLAMA_70B, 'ml.inf2.48xlarge', 16)],
    fails: [example(LLAMA_70B, 'ml.inf2.24xlarge', 8), example(LLAMA_70B, 'ml.inf2.24xlarge', 12, 'none')],
  },
  evaluate({ container, instance, model, scheme }) {
    if (container?.family !== 'lmi-neuron' || model === undefined || model.parameterCount < LARGE_PARAMETERS) return [];
    const cores = (instance?.accelerator?.neuronCores ?? 0) * (instance?.acceleratorCount ?? 0);
    if (instance === undefined || cores > FEW_CORES) return [];
    return [
      found({
        what: `a model of this size${scheme.name === 'neuron-int8' ? ' in INT8' : ''} is reported to compile and then fail to load on 12 NeuronCores`,
        got: `${(model.parameterCount / 1e9).toFixed(0)} B parameters on ${instance.instanceType}`,
        allowed: 'ml.inf2.48xlarge',
        fix: 'use ml.inf2.48xlarge',
        path: '/instanceType',
      }),
    ];
  },
};
