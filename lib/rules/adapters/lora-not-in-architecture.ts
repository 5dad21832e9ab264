import { serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { firstWith, VLLM_SOURCE, vllmHas } from '../helpers/vllm-models';
import { LLAMA2_7B, LLAMA_8B, QWEN3_MOE } from '../helpers/samples';
import type { Rule } from '../types';

const FALCON = { ...LLAMA_8B, architectures: ['FalconForCausalLM'], model_type: 'falcon', rope_scaling: null };

const example = (config: object, version: string, enableLora = true) => ({
  model: { config },
  container: { family: 'vllm', version },
  options: { maxModelLen: 4096, enableLora },
});

export const loraNotInArchitecture: Rule = {
  id: 'LORA_NOT_IN_ARCHITECTURE',
  severity: 'error',
  summary: 'this version serves LoRA adapters for the architecture',
  explanation:
    'An architecture must be written for LoRA in vLLM: "Model <class FalconForCausalLM> is not supported for LoRA." Some got it long after they were served themselves, mixtures of experts mostly with 0.10 and 0.11.',
  source: `${VLLM_SOURCE}, SupportsLoRA by version`,
  holdsFor: 'each architecture has its own first version; none before 0.3',
  server: { engine: 'vllm' },
  examples: {
    passes: [
      example(LLAMA_8B, '0.6.3'),
      example(LLAMA2_7B, '0.3.0'),
      example(QWEN3_MOE, '0.11.0'),
      example(FALCON, '0.8.5', false),
      example({ ...LLAMA_8B, architectures: ['NobodysForCausalLM'] }, '0.8.5'),
    ],
    fails: [example(FALCON, '0.8.5'), example(LLAMA_8B, '0.2.7'), example(QWEN3_MOE, '0.8.5')],
  },
  evaluate(context) {
    const { container, model, options } = context;
    if (!options.enableLora || model === undefined || container?.engineVersion === undefined) return [];
    const support = vllmHas(model.architecture, 'lora', container.engineVersion);
    if (support === 'yes' || support === 'unknown') return [];
    const since = support === 'not-yet' ? firstWith(model.architecture, 'lora') : undefined;
    return [
      found({
        what: `${serverName(context)} does not support LoRA adapters for ${model.architecture}`,
        got: 'enableLora true',
        allowed: since === undefined ? 'enableLora false' : `vLLM ${since} or newer`,
        fix:
          since === undefined
            ? 'merge the adapter into the weights'
            : `use an image with vLLM ${since} or newer, or merge the adapter into the weights`,
        path: '/options/enableLora',
      }),
    ];
  },
};
