import { found } from '../helpers/finding';
import { isDegreeKnown } from '../helpers/neuron';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule } from '../types';

const TWELVE_HEADS = { ...LLAMA_8B, num_attention_heads: 48, hidden_size: 6144 };

const example = (config: object, tensorParallelSize: number) => ({
  model: { config },
  container: { family: 'hf-vllm-neuron' },
  instanceType: 'ml.inf2.48xlarge',
  options: { tensorParallelSize, sequenceLength: 4096, batchSize: 1 },
});

export const neuronKvHeadsExpanded: Rule = {
  id: 'NEURON_KV_HEADS_EXPANDED',
  severity: 'warning',
  summary: 'grouped KV heads stay grouped on Neuron',
  explanation:
    'Where the KV heads neither divide by the cores nor the cores by them, NxD Inference gives every query head its own keys and values ("Overriding ... CONVERT_TO_MHA"): the KV cache grows by the ratio of query to KV heads, 8 → 72 heads for Llama-70B on 12 cores. transformers-neuronx, which pads and copies heads in a way of its own, is not meant, and neither is a number of cores that the Hugging Face image picks itself.',
  source: 'neuronx-distributed-inference modules/attention/gqa.py, `determine_sharding_strategy`; aws-neuron-sdk#1222',
  examples: {
    passes: [
      example(LLAMA_8B, 8),
      example(LLAMA_8B, 16),
      { ...example(TWELVE_HEADS, 12), container: { family: 'lmi-neuron' } },
      { ...example(TWELVE_HEADS, 12), instanceType: 'ml.inf2.24xlarge', options: {} },
    ],
    fails: [example(TWELVE_HEADS, 12)],
  },
  evaluate(context) {
    const { container, instance, model, options } = context;
    if (instance?.kind !== 'neuron' || model === undefined || model.mla !== undefined) return [];
    if (container?.engine !== 'neuron-vllm' || !isDegreeKnown(context)) return [];
    const heads = model.numKvHeads;
    const degree = options.tensorParallelSize;
    if (heads <= 0 || heads >= model.numAttentionHeads || heads % degree === 0 || degree % heads === 0) return [];
    const expanded = Math.ceil(model.numAttentionHeads / degree) * degree;
    return [
      found({
        what: `${heads} KV heads do not spread over ${degree} NeuronCores, so they become ${expanded} and the KV cache grows ${(expanded / heads).toFixed(0)} times`,
        got: `num_key_value_heads ${heads}, tensorParallelSize ${degree}`,
        allowed: 'a degree that divides the KV heads, or is a multiple of them',
        fix: `set tensorParallelSize to ${[8, 4, 2].find((other) => other <= degree && (heads % other === 0 || other % heads === 0)) ?? 1}`,
        path: '/options/tensorParallelSize',
      }),
    ];
  },
};
