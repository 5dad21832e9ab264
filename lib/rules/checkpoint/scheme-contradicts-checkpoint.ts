import { found } from '../helpers/finding';
import { AWQ, FP8_BLOCK, GPTQ, LLAMA_8B, quantized } from '../helpers/samples';
import type { Rule } from '../types';

const example = (config: object, quantization: string) => ({
  model: { config },
  quantization,
  container: { family: 'vllm' },
  options: { maxModelLen: 4096 },
});

export const schemeContradictsCheckpoint: Rule = {
  id: 'SCHEME_CONTRADICTS_CHECKPOINT',
  severity: 'error',
  summary: 'the scheme asked for is the one the checkpoint is stored in',
  explanation:
    'A checkpoint with a quantization_config is already quantized, and the server loads it as that says. Asking for another scheme either stops the server (the methods do not match) or is not what comes to run. To have another scheme, quantize the full-precision checkpoint, or take one that is stored so. A GGUF is such a file of its own, made from that checkpoint and without a config.json, so in llama.cpp there is nothing to contradict.',
  source:
    'vllm/config/model.py, `_verify_quantization`; endpoint spec: a scheme that contradicts the quantization_config is an error',
  examples: {
    passes: [
      example(quantized(LLAMA_8B, AWQ), 'awq'),
      example(LLAMA_8B, 'gptq'),
      { ...example(quantized(LLAMA_8B, FP8_BLOCK), 'gguf:Q4_K_M'), container: { family: 'llama-cpp' } },
    ],
    fails: [example(quantized(LLAMA_8B, AWQ), 'gptq'), example(quantized(LLAMA_8B, GPTQ), 'none')],
  },
  evaluate({ container, model, scheme, spec }) {
    const stored = model?.quantization;
    if (container?.engine === 'llama.cpp' && scheme.layout === 'gguf') return [];
    // A scheme that agrees with the checkpoint keeps the checkpoint's own details, and so its origin.
    if (stored === undefined || spec.quantization === undefined || scheme.origin !== 'spec') return [];
    const bits = stored.bits === undefined ? '' : `, ${stored.bits} bits`;
    return [
      found({
        what: `quantization ${spec.quantization} contradicts the checkpoint, whose quantization_config says quant_method ${stored.method}${bits}`,
        got: spec.quantization,
        allowed: `what the checkpoint is stored in (${stored.method})`,
        fix: `leave quantization out to serve the checkpoint as it is, or use ${
          scheme.layout === 'plain'
            ? 'the checkpoint that was not quantized'
            : `a checkpoint stored in ${spec.quantization}`
        }`,
        path: '/quantization',
      }),
    ];
  },
};
