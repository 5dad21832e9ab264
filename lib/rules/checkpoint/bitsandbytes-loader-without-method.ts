import { serverName } from '../helpers/engine';
import { usesBitsandbytes } from '../helpers/flag';
import { found } from '../helpers/finding';
import { BITSANDBYTES, LLAMA_8B, quantized } from '../helpers/samples';
import type { Rule } from '../types';

const example = (version: string, options: object, rest: object = {}) => ({
  model: { config: LLAMA_8B },
  container: { family: 'vllm', version },
  options: { maxModelLen: 4096, ...options },
  ...rest,
});

export const bitsandbytesLoaderWithoutMethod: Rule = {
  id: 'BITSANDBYTES_LOADER_WITHOUT_METHOD',
  severity: 'error',
  summary: 'the bitsandbytes loader comes with bitsandbytes quantization',
  explanation:
    'The bitsandbytes loader of vLLM quantizes what it loads, so it wants the method named as well. Up to 0.8.1: "BitsAndBytes load format and QLoRA adapter only support \'bitsandbytes\' quantization, but got None".',
  source: 'vllm/engine/arg_utils.py of 0.5.0 to 0.8.1; runpod-workers/worker-vllm#99',
  holdsFor: 'vLLM 0.5.0 to 0.8.1',
  server: { engine: 'vllm', since: '0.5.0', before: '0.8.2' },
  examples: {
    passes: [
      example('0.6.6', { loadFormat: 'bitsandbytes' }, { environment: { SM_VLLM_QUANTIZATION: 'bitsandbytes' } }),
      example('0.6.6', { loadFormat: 'bitsandbytes' }, { model: { config: quantized(LLAMA_8B, BITSANDBYTES) } }),
      example('0.8.2', { loadFormat: 'bitsandbytes' }),
    ],
    fails: [example('0.6.6', { loadFormat: 'bitsandbytes' }), example('0.5.0', { loadFormat: 'bitsandbytes' })],
  },
  evaluate(context) {
    const { options } = context;
    if (options.loadFormat !== 'bitsandbytes' || usesBitsandbytes(context)) return [];
    return [
      found({
        what: `the bitsandbytes load format of ${serverName(context)} supports bitsandbytes quantization only`,
        got: 'loadFormat bitsandbytes without bitsandbytes quantization',
        allowed: 'loadFormat auto, or quantization bitsandbytes',
        fix: 'set loadFormat to auto, or ask for quantization bitsandbytes',
        path: '/options/loadFormat',
      }),
    ];
  },
};
