import { parseVersion } from '../../text/version';
import { inRange, serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { lookedUpArchitecture } from '../helpers/mistral-format';
import { firstWith, VLLM_SOURCE, vllmHas } from '../helpers/vllm-models';
import { usesBitsandbytes } from '../helpers/flag';
import { BITSANDBYTES, LLAMA_8B, MISTRAL_7B, QWEN25_7B, QWEN3_MOE, quantized } from '../helpers/samples';
import type { Rule } from '../types';

const example = (config: Readonly<Record<string, unknown>>, version: string) => ({
  model: { config: quantized(config, BITSANDBYTES) },
  container: { family: 'vllm', version },
  options: { maxModelLen: 4096, loadFormat: 'bitsandbytes' },
});

/** mistral-community/pixtral-12b, as vLLM makes it out of params.json */
const PIXTRAL = {
  architectures: ['PixtralForConditionalGeneration'],
  model_type: 'pixtral',
  text_config: { ...MISTRAL_7B, hidden_size: 5120, num_hidden_layers: 40 },
  vision_config: {
    hidden_size: 1024,
    intermediate_size: 4096,
    num_hidden_layers: 24,
    num_attention_heads: 16,
    image_size: 1024,
    patch_size: 16,
  },
};

/** The releases that have the loader; another rule says when it left. */
const LOADER = { since: '0.5.0', before: '0.28.0' };

export const bitsandbytesNotInArchitecture: Rule = {
  id: 'BITSANDBYTES_NOT_IN_ARCHITECTURE',
  severity: 'error',
  summary: 'this version loads bitsandbytes weights for the architecture',
  explanation:
    'Each architecture has to say how its fused matrices are made of bitsandbytes ones, if only that none is. Those that do not stop with "AttributeError: Model Mamba2ForCausalLM does not support BitsAndBytes quantization yet. No \'packed_modules_mapping\' found."',
  source: `${VLLM_SOURCE}, bitsandbytes_stacked_params_mapping and packed_modules_mapping by version; issues vllm-project/vllm#9901, #15396, #41874`,
  holdsFor: 'vLLM 0.5 to 0.27, each architecture from its own version on',
  server: { engine: 'vllm', ...LOADER },
  examples: {
    passes: [
      example(LLAMA_8B, '0.6.3'),
      example(QWEN25_7B, '0.6.4'),
      example(QWEN25_7B, '0.8.0'),
      example({ ...QWEN25_7B, architectures: ['Qwen3ForCausalLM'] }, '0.6.3'),
      example({ ...QWEN3_MOE, architectures: ['OlmoeForCausalLM'] }, '0.10.0'),
      example(PIXTRAL, '0.14.0'),
    ],
    fails: [
      example(QWEN25_7B, '0.6.3'),
      example(QWEN25_7B, '0.5.0'),
      example({ ...QWEN3_MOE, architectures: ['OlmoeForCausalLM'] }, '0.9.2'),
      example(PIXTRAL, '0.8.1'),
      example({ ...QWEN25_7B, architectures: ['StableLmForCausalLM'], model_type: 'stablelm' }, '0.20.1'),
    ],
  },
  evaluate(context) {
    const { container, model } = context;
    if (!usesBitsandbytes(context) || model === undefined || container?.engineVersion === undefined) return [];
    const architecture = lookedUpArchitecture(context, model);
    // Those that the version does not serve at all have a finding of their own.
    if (vllmHas(architecture, 'served', container.engineVersion) !== 'yes') return [];
    if (vllmHas(architecture, 'bitsandbytes', container.engineVersion) === 'yes') return [];
    const first = firstWith(architecture, 'bitsandbytes');
    const since = inRange(parseVersion(first ?? '') ?? [], LOADER) ? first : undefined;
    return [
      found({
        what: `${serverName(context)} does not support bitsandbytes weights for ${architecture}`,
        got: `bitsandbytes on ${architecture}`,
        allowed: since === undefined ? 'another quantization' : `vLLM ${since} to 0.27`,
        fix: `use ${since === undefined ? '' : `an image with vLLM ${since} or newer, or `}an AWQ or GPTQ checkpoint`,
        path: '/container/version',
      }),
    ];
  },
};
