import { serverName } from '../helpers/engine';
import { variablesOf } from '../helpers/environment';
import { flagPath, usesBitsandbytes } from '../helpers/flag';
import { found } from '../helpers/finding';
import { BITSANDBYTES, LLAMA_8B, quantized } from '../helpers/samples';
import type { Rule, RuleContext } from '../types';

const example = (version: string, options: object, rest: object = {}) => ({
  model: { config: LLAMA_8B },
  container: { family: 'vllm', version },
  options: { maxModelLen: 4096, ...options },
  ...rest,
});

/** Is the method named by a variable that this image does not read, as LMI did not read OPTION_QUANTIZATION? */
function isUnread(context: RuleContext): boolean {
  const { container, scheme } = context;
  const path = flagPath(context);
  if (scheme.layout !== 'plain' || container === undefined || !path.startsWith('/environment/')) return false;
  return variablesOf(container).find(path.slice('/environment/'.length)) === undefined;
}

export const bitsandbytesLoaderWithoutMethod: Rule = {
  id: 'BITSANDBYTES_LOADER_WITHOUT_METHOD',
  severity: 'error',
  summary: 'the bitsandbytes loader comes with bitsandbytes quantization',
  explanation:
    'The bitsandbytes loader of vLLM quantizes what it loads, so it wants the method named as well. Up to 0.8.1: "BitsAndBytes load format and QLoRA adapter only support \'bitsandbytes\' quantization, but got None". LMI reads it from OPTION_QUANTIZE, and drops OPTION_QUANTIZATION.',
  source: 'vllm/engine/arg_utils.py of 0.5.0 to 0.8.1; runpod-workers/worker-vllm#99, deepjavalibrary/djl#3545',
  holdsFor: 'vLLM 0.5.0 to 0.8.1',
  server: { engine: 'vllm', since: '0.5.0', before: '0.8.2' },
  examples: {
    passes: [
      example('0.6.6', { loadFormat: 'bitsandbytes' }, { environment: { SM_VLLM_QUANTIZATION: 'bitsandbytes' } }),
      example('0.6.6', { loadFormat: 'bitsandbytes' }, { model: { config: quantized(LLAMA_8B, BITSANDBYTES) } }),
      example('0.8.2', { loadFormat: 'bitsandbytes' }),
    ],
    fails: [
      example('0.6.6', { loadFormat: 'bitsandbytes' }),
      example('0.5.0', { loadFormat: 'bitsandbytes' }),
      example(
        '0.30.0',
        { loadFormat: 'bitsandbytes' },
        {
          container: { family: 'lmi', version: '0.30.0-lmi12.0.0-cu124' },
          environment: { OPTION_QUANTIZATION: 'bitsandbytes' },
        },
      ),
    ],
  },
  evaluate(context) {
    const { options } = context;
    if (options.loadFormat !== 'bitsandbytes' || (usesBitsandbytes(context) && !isUnread(context))) return [];
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
