import { serverName } from '../helpers/engine';
import { shown } from '../helpers/environment';
import { found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import { argumentOf } from '../helpers/switches';
import type { Rule } from '../types';

const example = (slots: string, options: object = {}) => ({
  model: { config: LLAMA_8B },
  container: { family: 'vllm' },
  options: { maxModelLen: 4096, enableLora: true, maxLoras: 4, ...options },
  environment: { SM_VLLM_MAX_CPU_LORAS: slots },
});

export const loraHostSlotsTooFew: Rule = {
  id: 'LORA_HOST_SLOTS_TOO_FEW',
  severity: 'error',
  summary: 'the host keeps at least as many adapters as the GPU serves at once',
  explanation:
    'Adapters on the GPU are among those that the host keeps, so that vLLM refuses fewer of them: "max_cpu_loras (2) must be >= max_loras (4)."',
  source: 'vllm/config/lora.py, `_validate_lora_config`; vllm/config.py of 0.6.3',
  holdsFor: 'vLLM with LoRA, all versions',
  server: { engine: 'vllm' },
  examples: {
    passes: [example('4'), example('16'), example('2', { enableLora: false }), example('2', { maxLoras: 1 })],
    fails: [example('2'), example('3')],
  },
  evaluate(context) {
    const { options } = context;
    if (options.enableLora !== true) return [];
    const set = argumentOf(context, 'MAX_CPU_LORAS');
    const slots = Number(set?.value);
    const atOnce = options.maxLoras ?? 1;
    if (set === undefined || !Number.isInteger(slots) || slots < 1 || slots >= atOnce) return [];
    return [
      found({
        what: `${serverName(context)} keeps fewer adapters on the host (max_cpu_loras) than it serves at once (max_loras ${atOnce})`,
        got: shown(set.name, set.value),
        allowed: `${atOnce} or more`,
        fix: `leave ${set.name} out`,
        path: `/environment/${set.name}`,
      }),
    ];
  },
};
