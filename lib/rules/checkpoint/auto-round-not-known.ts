import { serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { LLAMA_8B, quantized } from '../helpers/samples';
import type { Rule } from '../types';

const AUTO_ROUND = {
  quant_method: 'auto-round',
  bits: 4,
  group_size: 128,
  sym: true,
  data_type: 'int',
  packing_format: 'auto_round:auto_gptq',
};

const example = (version: string) => ({
  model: { config: quantized(LLAMA_8B, AUTO_ROUND) },
  container: { family: 'vllm', version },
  options: { maxModelLen: 4096 },
});

export const autoRoundNotKnown: Rule = {
  id: 'AUTO_ROUND_NOT_KNOWN',
  severity: 'error',
  summary: 'an AutoRound checkpoint meets a vLLM that knows the method',
  explanation:
    'AutoRound stores its result in the layout of GPTQ or AWQ, but under its own quant_method. vLLM takes that from 0.9 on (later under the name inc); earlier versions stop with "Unknown quantization method: auto-round". The same weights exported as auto_gptq or auto_awq load on any version.',
  source: 'vLLM wheels, layers/quantization/auto_round.py of 0.9.0, inc.py of 0.15',
  holdsFor: 'vLLM < 0.9',
  server: { engine: 'vllm', before: '0.9.0' },
  examples: { passes: [example('0.9.0'), example('0.28.0')], fails: [example('0.8.5')] },
  evaluate(context) {
    const method = context.model?.quantization?.method;
    if (method === undefined || !/(^|\/)auto-?_?round$/.test(method)) return [];
    return [
      found({
        what: `${serverName(context)} does not know the quantization method auto-round`,
        got: `quant_method ${method}`,
        allowed: 'vLLM 0.9 or newer; gptq or awq',
        fix: 'use an image with vLLM 0.9 or newer, or export the checkpoint as auto_gptq',
        path: '/model/config/quantization_config/quant_method',
      }),
    ];
  },
};
