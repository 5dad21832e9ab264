import { found } from '../helpers/finding';
import { LLAMA_8B, QWEN25_7B } from '../helpers/samples';
import type { Rule } from '../types';

const example = (config: object, environment?: Record<string, string>, quantization = 'neuron-int8') => ({
  model: { config },
  quantization,
  container: { family: 'vllm-neuron' },
  instanceType: 'ml.inf2.8xlarge',
  options: { tensorParallelSize: 2, sequenceLength: 2048, batchSize: 1 },
  ...(environment === undefined ? {} : { environment }),
});

/** `model.layers.{layer}.self_attn.q_proj.bias`, whatever the module before it is called. */
const ATTENTION_BIAS = /(^|\.)([qkv]_proj|qkv_proj|c_attn)\.bias$/;

export const neuronQuantizedAttentionBias: Rule = {
  id: 'NEURON_QUANTIZED_ATTENTION_BIAS',
  severity: 'error',
  summary: 'attention with biases is left out of the quantization',
  explanation:
    'NxD Inference quantizes linear layers, but where query, key and value have a bias, as in Qwen2 and Qwen2.5, the quantized layer cannot take it: loading ends with NotImplementedError. Leaving the attention in 16 bits costs little memory; the feed-forward layers are most of the weights.',
  source:
    'aws-neuron/neuronx-distributed#60; neuronx_distributed/quantization, QuantizedParallelLinearLayerStateDictAdaptor.set_bias_to_state_dict',
  examples: {
    passes: [
      example(LLAMA_8B),
      example(QWEN25_7B, { SM_NEURON_EXCLUDE: 'self_attn' }),
      example(QWEN25_7B, undefined, 'none'),
    ],
    fails: [example(QWEN25_7B), example(QWEN25_7B, { SM_NEURON_EXCLUDE: 'lm_head' })],
  },
  evaluate({ container, model, scheme, spec }) {
    if (container?.family !== 'vllm-neuron' || scheme.layout !== 'neuron' || model === undefined) return [];
    const excluded = (spec.environment?.SM_NEURON_EXCLUDE ?? '').split(',').map((part) => part.trim());
    const biased = model.weights.find(
      ({ role, name }) =>
        role === 'bias' && ATTENTION_BIAS.test(name) && !excluded.some((part) => part !== '' && name.includes(part)),
    );
    if (biased === undefined) return [];
    return [
      found({
        what: 'NxD Inference cannot quantize an attention layer that has a bias',
        got: biased.name,
        allowed: 'attention left as it is',
        fix: 'set SM_NEURON_EXCLUDE to self_attn in environment',
        path: '/environment/SM_NEURON_EXCLUDE',
      }),
    ];
  },
};
