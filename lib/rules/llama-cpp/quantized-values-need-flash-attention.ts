import { found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule } from '../types';

const example = (options: object) => ({
  model: { config: LLAMA_8B },
  quantization: 'gguf:Q4_K_M',
  container: { family: 'llama-cpp' },
  options: { maxModelLen: 4096, ...options },
});

const UNQUANTIZED = /^(f32|f16|bf16)$/i;

export const quantizedValuesNeedFlashAttention: Rule = {
  id: 'QUANTIZED_VALUES_NEED_FLASH_ATTENTION',
  severity: 'error',
  summary: 'a quantized V cache is not combined with flash attention off',
  explanation:
    'Only the flash-attention kernels of llama.cpp read quantized values. With --flash-attn off the context cannot be made: "V cache quantization requires flash_attn". With auto it is switched on by itself.',
  source: 'llama.cpp src/llama-context.cpp, llama_init_from_model',
  examples: {
    passes: [example({ kvTypeV: 'q8_0' }), example({ kvTypeK: 'q8_0', flashAttention: 'off' })],
    fails: [example({ kvTypeV: 'q8_0', flashAttention: 'off' })],
  },
  evaluate({ container, options }) {
    if (
      container?.engine !== 'llama.cpp' ||
      UNQUANTIZED.test(options.kvTypeV) ||
      !/^(off|0|false|disabled)$/i.test(options.flashAttention)
    )
      return [];
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
