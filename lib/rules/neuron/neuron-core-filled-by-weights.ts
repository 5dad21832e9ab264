import { instanceText } from '../helpers/accelerator';
import { isNeuron } from '../helpers/engine';
import { anyOf, found, gib } from '../helpers/finding';
import { LLAMA_8B, QWEN3_SMALL } from '../helpers/samples';
import type { Rule } from '../types';

const example = (config: object, tensorParallelSize: number) => ({
  model: { config },
  container: { family: 'lmi-neuron' },
  instanceType: 'ml.inf2.24xlarge',
  options: { tensorParallelSize, sequenceLength: 2048, batchSize: 1 },
});

/** Share of a core’s memory beyond which weights leave no room for graphs, scratch memory and the KV cache. */
const HIGHEST = 0.9;

export const neuronCoreFilledByWeights: Rule = {
  id: 'NEURON_CORE_FILLED_BY_WEIGHTS',
  severity: 'error',
  summary: 'a NeuronCore holds more than its share of the weights',
  explanation:
    'Beside its share of the weights a NeuronCore keeps the compiled graphs (one a bucket), their scratch memory and the KV cache. Weights that leave less than a tenth of it end in "Estimated peak HBM usage (19.0) exceeds 16GB. Neff won\'t be able to load" while compiling, or "nrt_tensor_allocate status=4" while loading: Llama-3.1-8B in 16 bits does not run on one core of 16 GiB.',
  source:
    'aws-neuron/aws-neuron-sdk#1222, #884; philschmid/huggingface-inferentia2-samples#12; transformers-neuronx developer guide: weights and KV cache below 16 GiB × tp',
  examples: {
    passes: [example(LLAMA_8B, 2), example(QWEN3_SMALL, 1)],
    fails: [example(LLAMA_8B, 1)],
  },
  evaluate(context) {
    const { instance, options, plan } = context;
    if (instance?.kind !== 'neuron' || !isNeuron(context)) return [];
    const { weights, total } = plan.memory;
    // Weights beyond the whole memory are another rule's.
    if (weights === null || total === null || weights <= total * HIGHEST || weights >= total) return [];
    const cores = (instance.accelerator?.neuronCores ?? 0) * instance.acceleratorCount;
    const degree = options.tensorParallelSize;
    const larger = [2, 4, 8, 16, 24, 32].filter((other) => other > degree && other <= cores);
    return [
      found({
        what: `${gib(weights)} of weights fill the ${gib(total)} of a NeuronCore, and graphs, scratch memory and KV cache do not fit beside them`,
        got: `tensorParallelSize ${degree} on ${instanceText(instance)}`,
        allowed: `at most ${gib(total * HIGHEST)} of weights for each core`,
        fix:
          larger.length === 0
            ? 'use a larger instance, and a higher degree'
            : `set tensorParallelSize to ${anyOf(larger.slice(0, 1))}`,
        path: '/options/tensorParallelSize',
      }),
    ];
  },
};
