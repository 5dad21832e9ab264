import { found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule } from '../types';

const example = (flashAttention: string) => ({
  model: { config: LLAMA_8B },
  quantization: 'gguf:Q4_K_M',
  container: { family: 'llama-cpp' },
  options: { maxModelLen: 4096, flashAttention },
});

export const flashAttentionValue: Rule = {
  id: 'FLASH_ATTENTION_VALUE',
  severity: 'error',
  summary: 'flashAttention is on, off or auto',
  explanation:
    'llama-server’s --flash-attn takes a value of three, and stops on others: "unknown value for --flash-attn".',
  source: 'llama.cpp tools/server/README.md, --flash-attn [on|off|auto]',
  examples: { passes: [example('on')], fails: [example('true'), example('yes')] },
  evaluate({ container, spec }) {
    const value = spec.options?.flashAttention;
    if (value === undefined || container?.engine !== 'llama.cpp' || /^(on|off|auto)$/.test(value)) return [];
    return [
      found({
        what: 'llama-server knows no such value of --flash-attn',
        got: value,
        allowed: 'on, off or auto',
        fix: `write ${/^(false|no|0|none|disabled)$/i.test(value) ? 'off' : 'on'}`,
        path: '/options/flashAttention',
      }),
    ];
  },
};
