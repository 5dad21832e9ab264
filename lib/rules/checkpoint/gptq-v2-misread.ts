import { serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { GPTQ, LLAMA_8B, quantized } from '../helpers/samples';
import type { Rule } from '../types';

const example = (quantization: object, version: string) => ({
  model: { config: quantized(LLAMA_8B, { ...GPTQ, ...quantization }) },
  container: { family: 'vllm', version },
  options: { maxModelLen: 4096 },
});

export const gptqV2Misread: Rule = {
  id: 'GPTQ_V2_MISREAD',
  severity: 'warning',
  summary: 'a GPTQ v2 checkpoint meets a vLLM that knows the format',
  explanation:
    'GPTQModel can store zero points as they are (checkpoint_format gptq_v2) instead of less one, as AutoGPTQ always did. vLLM before 0.11.1 does not look at the field: an asymmetric v2 checkpoint loads without a complaint and answers nonsense.',
  source: 'vllm/model_executor/layers/quantization/gptq.py of 0.11.1, `use_v2_format`',
  holdsFor: 'vLLM < 0.11.1',
  server: { engine: 'vllm', before: '0.11.1' },
  examples: {
    passes: [example({ checkpoint_format: 'gptq' }, '0.10.2'), example({ checkpoint_format: 'gptq_v2' }, '0.15.1')],
    fails: [example({ checkpoint_format: 'gptq_v2', sym: false }, '0.10.2')],
  },
  evaluate(context) {
    const stored = context.model?.quantization;
    if (stored?.raw.checkpoint_format !== 'gptq_v2') return [];
    return [
      found({
        what: `${serverName(context)} reads the zero points of a gptq_v2 checkpoint as those of version 1, and answers nonsense where they are not symmetric`,
        got: 'checkpoint_format gptq_v2',
        allowed: 'checkpoint_format gptq, or vLLM 0.11.1 and newer',
        fix: 'use an image with vLLM 0.11.1 or newer, or store the checkpoint as gptq',
        path: '/model/config/quantization_config/checkpoint_format',
      }),
    ];
  },
};
