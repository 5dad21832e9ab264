import { found } from '../helpers/finding';
import { AWQ, LLAMA_8B, quantized } from '../helpers/samples';
import type { Rule } from '../types';

const example = (config: object, instanceType = 'ml.inf2.24xlarge') => ({
  model: { config },
  instanceType,
  options: { tensorParallelSize: 4 },
});

/** Packed for kernels that only GPUs, or llama.cpp, have. */
const PACKED: ReadonlySet<string> = new Set(['awq', 'gptq', 'bitsandbytes', 'gguf']);

export const neuronQuantizationNotServed: Rule = {
  id: 'NEURON_QUANTIZATION_NOT_SERVED',
  severity: 'error',
  summary: 'a checkpoint on Neuron is not packed for GPU kernels',
  explanation:
    'No server of Neuron’s reads AWQ, GPTQ, bitsandbytes or GGUF: optimum-neuron and TGI on Neuron serve 16 bits only, transformers-neuronx quantizes 16-bit weights itself (static_int8), NxD Inference has formats of its own. This is said where no container is named; of a named one its own limits are.',
  source:
    'optimum-neuron optimum/neuron/models/inference (NxDNeuronConfig has no such field); djl-serving docs, tnx_user_guide: option.quantize; AWS Neuron docs, NxD Inference features guide, quantization',
  examples: {
    passes: [
      example(LLAMA_8B),
      example(quantized(LLAMA_8B, AWQ), 'ml.g6.12xlarge'),
      {
        ...example(quantized(LLAMA_8B, AWQ)),
        container: { family: 'custom', image: '123456789012.dkr.ecr.us-east-1.amazonaws.com/server:1' },
      },
    ],
    fails: [example(quantized(LLAMA_8B, AWQ))],
  },
  evaluate({ container, instance, scheme }) {
    if (container !== undefined || instance?.kind !== 'neuron' || !PACKED.has(scheme.layout)) return [];
    return [
      found({
        what: `no server on Neuron reads weights in ${scheme.name}`,
        got: `${scheme.name} on ${instance.instanceType}`,
        allowed: '16-bit weights, or neuron-int8',
        fix: 'take the 16-bit checkpoint, or a GPU instance such as ml.g6.2xlarge',
        path: scheme.origin === 'checkpoint' ? '/model/config/quantization_config' : '/quantization',
      }),
    ];
  },
};
