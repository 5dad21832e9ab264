import { isVllm, serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { firstWith, VLLM_SOURCE, vllmHas } from '../helpers/vllm-models';
import { usesBitsandbytes } from '../helpers/flag';
import { BITSANDBYTES, LLAMA_8B, QWEN25_7B, quantized } from '../helpers/samples';
import type { Rule } from '../types';

const example = (config: Readonly<Record<string, unknown>>, version: string) => ({
  model: { config: quantized(config, BITSANDBYTES) },
  container: { family: 'vllm', version },
  options: { maxModelLen: 4096, loadFormat: 'bitsandbytes' },
});

export const bitsandbytesNotInArchitecture: Rule = {
  id: 'BITSANDBYTES_NOT_IN_ARCHITECTURE',
  severity: 'error',
  summary: 'this version loads bitsandbytes weights for the architecture',
  explanation:
    'Up to vLLM 0.7 each architecture had to say how its fused matrices are made of bitsandbytes ones. Those that did not stop with "AttributeError: Model Qwen2ForCausalLM does not support BitsAndBytes quantization yet."',
  source: `${VLLM_SOURCE}, bitsandbytes_stacked_params_mapping and packed_modules_mapping by version; issue vllm-project/vllm#9901`,
  holdsFor: 'vLLM 0.5 to 0.7, each architecture from its own version on',
  examples: {
    passes: [
      example(LLAMA_8B, '0.6.3'),
      example(QWEN25_7B, '0.6.4'),
      example(QWEN25_7B, '0.8.0'),
      example({ ...QWEN25_7B, architectures: ['Qwen3ForCausalLM'] }, '0.6.3'),
    ],
    fails: [example(QWEN25_7B, '0.6.3'), example(QWEN25_7B, '0.5.0')],
  },
  evaluate(context) {
    const { container, model } = context;
    if (!usesBitsandbytes(context) || model === undefined || container?.engineVersion === undefined) return [];
    if (!isVllm(context, { since: '0.5.0', before: '0.8.0' })) return [];
    // Those that the version does not serve at all have a finding of their own.
    if (vllmHas(model.architecture, 'served', container.engineVersion) !== 'yes') return [];
    if (vllmHas(model.architecture, 'bitsandbytes', container.engineVersion) === 'yes') return [];
    const since = firstWith(model.architecture, 'bitsandbytes') ?? '0.8.0';
    return [
      found({
        what: `${serverName(context)} does not support bitsandbytes weights for ${model.architecture} yet`,
        got: `bitsandbytes on ${model.architecture}`,
        allowed: `vLLM ${since} to 0.27`,
        fix: `use an image with vLLM ${since} or newer, or an AWQ or GPTQ checkpoint`,
        path: '/container/version',
      }),
    ];
  },
};
