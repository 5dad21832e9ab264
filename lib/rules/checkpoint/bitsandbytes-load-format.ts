import { isVllm, serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { BITSANDBYTES, LLAMA_8B, quantized } from '../helpers/samples';
import type { Rule } from '../types';

const example = (loadFormat: string, version: string) => ({
  model: { config: quantized(LLAMA_8B, BITSANDBYTES) },
  container: { family: 'vllm', version },
  options: { maxModelLen: 4096, loadFormat },
});

export const bitsandbytesLoadFormat: Rule = {
  id: 'BITSANDBYTES_LOAD_FORMAT',
  severity: 'warning',
  summary: 'bitsandbytes weights are loaded with the bitsandbytes loader on old versions',
  explanation:
    'Up to vLLM 0.8.1 the loader must be named: "BitsAndBytes quantization and QLoRA adapter only support \'bitsandbytes\' load format, but got auto". Later versions choose it themselves.',
  source: 'vllm/engine/arg_utils.py of 0.5.0 to 0.8.1',
  holdsFor: 'vLLM 0.5.0 to 0.8.1',
  examples: { passes: [example('bitsandbytes', '0.7.3'), example('auto', '0.8.5')], fails: [example('auto', '0.7.3')] },
  evaluate(context) {
    const { options, scheme } = context;
    if (
      scheme.layout !== 'bitsandbytes' ||
      options.loadFormat === 'bitsandbytes' ||
      !isVllm(context, { since: '0.5.0', before: '0.8.2' })
    )
      return [];
    return [
      found({
        what: `${serverName(context)} loads bitsandbytes weights with the bitsandbytes load format only`,
        got: `loadFormat ${options.loadFormat}`,
        allowed: 'bitsandbytes',
        fix: 'set loadFormat to bitsandbytes',
        path: '/options/loadFormat',
      }),
    ];
  },
};
