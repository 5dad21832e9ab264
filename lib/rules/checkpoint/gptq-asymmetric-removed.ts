import { serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { AWQ, GPTQ, LLAMA_8B, quantized } from '../helpers/samples';
import type { Rule } from '../types';

const example = (quantization: Readonly<Record<string, unknown>>, version: string) => ({
  model: { config: quantized(LLAMA_8B, quantization) },
  container: { family: 'vllm', version },
  options: { maxModelLen: 4096 },
});

export const gptqAsymmetricRemoved: Rule = {
  id: 'GPTQ_ASYMMETRIC_REMOVED',
  severity: 'error',
  summary: 'a GPTQ checkpoint with zero points meets a vLLM that has a kernel for them',
  explanation:
    'Up to 0.21 vLLM had two implementations of GPTQ, and ExLlama’s took checkpoints with zero points of their own (sym false). Since 0.22 there is Marlin’s alone, which knows symmetric weights of 4 and 8 bits: "Unsupported quantization config: bits=4, sym=False".',
  source:
    'vllm/model_executor/layers/quantization/gptq.py of 0.21, auto_gptq.py of 0.22 to 0.30; vllm-project/vllm#38288',
  holdsFor: 'vLLM >= 0.22',
  server: { engine: 'vllm', since: '0.22.0' },
  examples: {
    passes: [
      example({ ...GPTQ, sym: false }, '0.21.0'),
      example({ ...GPTQ, sym: true }, '0.30.0'),
      example(AWQ, '0.30.0'),
    ],
    fails: [example({ ...GPTQ, sym: false }, '0.22.0'), example({ ...GPTQ, sym: false }, '0.30.0')],
  },
  evaluate(context) {
    const { model, scheme, options } = context;
    // Auto-Round packs in the same layout and has a loader of its own, and a flag may choose another one.
    if (model?.quantization?.method !== 'gptq' || scheme.layout !== 'gptq' || scheme.symmetric) return [];
    if (options.quantizationFlag !== undefined && !/^gptq/.test(options.quantizationFlag)) return [];
    return [
      found({
        what: `${serverName(context)} has no kernel for GPTQ weights with zero points of their own`,
        got: 'sym false',
        allowed: 'sym true, or vLLM 0.21 or older',
        fix: 'quantize again with sym true, or use a checkpoint in awq',
        path: '/model/config/quantization_config/sym',
      }),
    ];
  },
};
