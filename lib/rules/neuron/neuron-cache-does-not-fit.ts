import { instanceText } from '../helpers/accelerator';
import { isNeuron } from '../helpers/engine';
import { count, found, gib } from '../helpers/finding';
import { isLengthKnown } from '../helpers/neuron';
import { LLAMA_8B, MISTRAL_7B } from '../helpers/samples';
import type { Rule } from '../types';

const example = (options: object, config: object = LLAMA_8B, family = 'hf-vllm-neuron', parts: object = {}) => ({
  model: { config },
  container: { family },
  instanceType: 'ml.inf2.8xlarge',
  options: { tensorParallelSize: 2, ...options },
  ...parts,
});

/** Share of a core's memory below which the plan cannot tell too little from enough. */
const NOT_SURE = 0.015;

export const neuronCacheDoesNotFit: Rule = {
  id: 'NEURON_CACHE_DOES_NOT_FIT',
  severity: 'error',
  summary: 'the KV cache of the compiled batch fits beside the weights',
  explanation:
    'On Neuron the KV cache is no pool that requests share: it is allocated whole, for every sequence of the compiled batch at its full length, and each NeuronCore holds its part of it beside its part of the weights. Compiler and runtime refuse what is larger than the core’s memory: "Estimated peak HBM usage (19.0) exceeds 16GB. Neff won’t be able to load on chip", or "nrt_tensor_allocate status=4, Allocation Failure". Nothing is said of a length that the Hugging Face image picks itself.',
  source:
    'transformers-neuronx developer guide: weights and KV cache below 16 GiB × tp; philschmid/huggingface-inferentia2-samples#12; vllm-project/vllm#6452; aws-neuron/aws-neuron-sdk#884, #741',
  examples: {
    passes: [
      example({ sequenceLength: 4096, batchSize: 4 }),
      example({ sequenceLength: 4096, batchSize: 32 }, LLAMA_8B, 'hf-vllm-neuron', {
        instanceType: 'ml.inf2.48xlarge',
        options: { tensorParallelSize: 8, sequenceLength: 4096, batchSize: 48 },
      }),
      // A batch is asked for, and the image picks a length that its cache has.
      example({ batchSize: 4 }),
      example({ sequenceLength: 131072, batchSize: 4 }, LLAMA_8B, 'vllm'),
    ],
    fails: [
      example({ sequenceLength: 131072, batchSize: 4 }),
      example({ sequenceLength: 4096, batchSize: 64 }),
      example({ tensorParallelSize: 1, sequenceLength: 4096, batchSize: 8 }, MISTRAL_7B, 'vllm-neuron'),
      example({ sequenceLength: 8192, batchSize: 32 }, LLAMA_8B, 'lmi-neuron'),
      example({ batchSize: 4 }, LLAMA_8B, 'hf-vllm-neuron', { environment: { SM_ON_SEQUENCE_LENGTH: '131072' } }),
    ],
  },
  evaluate(context) {
    const { instance, options, plan } = context;
    if (instance?.kind !== 'neuron' || !isNeuron(context) || !isLengthKnown(context)) return [];
    const { total, weights } = plan.memory;
    const perToken = plan.kvBytesPerToken;
    const length = options.sequenceLength ?? options.maxModelLen;
    // Weights beyond the whole memory are another rule's.
    if (total === null || weights === null || perToken === null || perToken === 0 || length === undefined) return [];
    const room = total - weights;
    const batch = Math.max(1, options.batchSize ?? 1);
    const needed = perToken * length * batch;
    if (room <= 0 || needed <= room) return [];
    const sequences = Math.floor(room / (perToken * length));
    const tokens = Math.floor(room / perToken / batch / 128) * 128;
    const lower = sequences > 0 ? `set batchSize to ${sequences} or less, or sequenceLength to ${tokens}` : undefined;
    return [
      found({
        what: `the KV cache of ${batch} sequence${batch === 1 ? '' : 's'} of ${count(length)} tokens is allocated whole, and its ${gib(needed)} for each NeuronCore do not fit into the memory beside ${gib(weights)} of weights${needed - room < total * NOT_SURE ? ', by a margin that is within the plan’s own error' : ''}`,
        got: `${gib(needed + weights)} for ${gib(total)} of a NeuronCore, on ${instanceText(instance)}`,
        allowed: `${gib(room)} of KV cache for each core`,
        fix: lower ?? (tokens > 0 ? `set sequenceLength to ${tokens} or less` : 'use more cores, or a smaller model'),
        path: sequences > 0 ? '/options/batchSize' : '/options/sequenceLength',
        severity: needed - room < total * NOT_SURE ? 'warning' : 'error',
      }),
    ];
  },
};
