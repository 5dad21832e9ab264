import { serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { usesBitsandbytes } from '../helpers/flag';
import { BITSANDBYTES, LLAMA_8B, quantized } from '../helpers/samples';
import type { Rule } from '../types';

const example = (loadFormat: string, version: string) => ({
  model: { config: quantized(LLAMA_8B, BITSANDBYTES) },
  container: { family: 'vllm', version },
  options: { maxModelLen: 4096, loadFormat },
});

const onLoading = (environment: Readonly<Record<string, string>>) => ({
  model: { config: LLAMA_8B },
  container: { family: 'vllm', version: '0.7.3' },
  options: { maxModelLen: 4096 },
  environment,
});

export const bitsandbytesLoadFormat: Rule = {
  id: 'BITSANDBYTES_LOAD_FORMAT',
  severity: 'error',
  summary: 'bitsandbytes weights are loaded with the bitsandbytes loader on old versions',
  explanation:
    'Up to vLLM 0.8.1 the loader must be named. With --quantization bitsandbytes the server says so: "BitsAndBytes quantization and QLoRA adapter only support \'bitsandbytes\' load format, but got auto". Without it the checkpoint is recognized, and the ordinary loader meets tensors it has no place for: "KeyError: \'layers.0.mlp.down_proj.weight.absmax\'". Later versions choose the loader themselves.',
  source:
    'vllm/engine/arg_utils.py and model_executor/model_loader/loader.py of 0.5.0 to 0.8.1; vllm-project/vllm#11010, unslothai/unsloth#688, #1205',
  holdsFor: 'vLLM 0.5.0 to 0.8.1',
  server: { engine: 'vllm', since: '0.5.0', before: '0.8.2' },
  examples: {
    passes: [
      example('bitsandbytes', '0.7.3'),
      example('auto', '0.8.5'),
      onLoading({ SM_VLLM_QUANTIZATION: 'bitsandbytes', SM_VLLM_LOAD_FORMAT: 'bitsandbytes' }),
      onLoading({ SM_VLLM_QUANTIZATION: 'fp8' }),
    ],
    fails: [example('auto', '0.7.3'), onLoading({ SM_VLLM_QUANTIZATION: 'bitsandbytes' })],
  },
  evaluate(context) {
    const { options } = context;
    if (!usesBitsandbytes(context) || options.loadFormat === 'bitsandbytes') return [];
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
