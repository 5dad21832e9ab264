import { llamaCppHas, llamaCppName } from '../../container';
import { found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule } from '../types';

const example = (options: object, config: object = LLAMA_8B, version?: string) => ({
  model: { config },
  quantization: 'gguf:Q4_K_M',
  container: { family: 'llama-cpp', ...(version === undefined ? {} : { version }) },
  options: { maxModelLen: 4096, ...options },
});

const GROK = { ...LLAMA_8B, architectures: ['Grok1ForCausalLM'], model_type: 'grok-1' };

/** For these llama.cpp switches flash attention off, whatever is asked for. */
const WITHOUT_FLASH_ATTENTION = /^Grok/;

const UNQUANTIZED = /^(f32|f16|bf16)$/i;

export const quantizedValuesNeedFlashAttention: Rule = {
  id: 'QUANTIZED_VALUES_NEED_FLASH_ATTENTION',
  severity: 'error',
  summary: 'a quantized V cache is not combined with flash attention off',
  explanation:
    'Only the flash-attention kernels of llama.cpp read quantized values. With --flash-attn off the context cannot be made: "V cache quantization requires flash_attn". With auto it is switched on by itself, but for Grok, with which flash attention "is not compatible": it is then forced off. Builds up to b6303 have no auto, and leave it off unless they are told.',
  source: 'llama.cpp src/llama-context.cpp, llama_init_from_model; ollama/ollama#15043, ggml-org/llama.cpp#10378',
  examples: {
    passes: [example({ kvTypeV: 'q8_0' }), example({ kvTypeK: 'q8_0', flashAttention: 'off' })],
    fails: [
      example({ kvTypeV: 'q8_0', flashAttention: 'off' }),
      example({ kvTypeV: 'q8_0' }, GROK),
      example({ kvTypeV: 'q8_0' }, LLAMA_8B, 'b4234'),
    ],
  },
  evaluate({ container, model, options }) {
    if (container?.engine !== 'llama.cpp' || UNQUANTIZED.test(options.kvTypeV)) return [];
    if (model !== undefined && WITHOUT_FLASH_ATTENTION.test(model.architecture))
      return [
        found({
          what: `llama-server reads a quantized V cache with flash attention only, which it forces off for ${model.architecture}`,
          got: `kvTypeV ${options.kvTypeV}`,
          allowed: 'kvTypeV f16',
          fix: 'set kvTypeV to f16',
          path: '/options/kvTypeV',
        }),
      ];
    if (options.flashAttention === 'auto' && llamaCppHas(container, 'flashAttentionAuto') === false)
      return [
        found({
          what: `llama-server reads a quantized V cache with flash attention only, which ${llamaCppName(container)} leaves off unless it is asked for`,
          got: `kvTypeV ${options.kvTypeV} without flashAttention`,
          allowed: 'flashAttention on, or kvTypeV f16',
          fix: 'set flashAttention to on',
          path: '/options/flashAttention',
        }),
      ];
    if (!/^(off|0|false|disabled)$/i.test(options.flashAttention)) return [];
    return [
      found({
        what: 'llama-server reads a quantized V cache with flash attention only',
        got: `kvTypeV ${options.kvTypeV} with flashAttention ${options.flashAttention}`,
        allowed: 'flashAttention on or auto, or kvTypeV f16',
        fix: 'set flashAttention to auto',
        path: '/options/flashAttention',
      }),
    ];
  },
};
