import { llamaCppHas, llamaCppName } from '../../container';
import { found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule } from '../types';

const example = (slots: number, version?: string) => ({
  model: { config: LLAMA_8B },
  quantization: 'gguf:Q4_K_M',
  container: { family: 'llama-cpp', ...(version === undefined ? {} : { version }) },
  options: { maxModelLen: 65_536, slots },
});

/** `LLAMA_MAX_SEQ`, and what it was before. */
const MOST = 256;
const FORMER_MOST = 64;

export const slotsExceedSequences: Rule = {
  id: 'SLOTS_EXCEED_SEQUENCES',
  severity: 'error',
  summary: 'llama-server has no more slots than a context may have sequences',
  explanation:
    'Each slot of llama-server is a sequence of one context, of which there may be 256, up to b6122 64. With more, --parallel ends at start: "n_seq_max must be <= 256".',
  source: 'llama.cpp src/llama-cparams.h, LLAMA_MAX_SEQ; src/llama-context.cpp, "n_seq_max must be <= "',
  examples: { passes: [example(256), example(64, 'b6122')], fails: [example(300), example(128, 'b6122')] },
  evaluate({ container, options }) {
    if (container?.engine !== 'llama.cpp' || options.slots === undefined) return [];
    const most = llamaCppHas(container, 'moreSequences') === false ? FORMER_MOST : MOST;
    if (options.slots <= most) return [];
    return [
      found({
        what: `${llamaCppName(container)} keeps up to ${most} sequences in one context, and stops at more slots`,
        got: `${options.slots} slots`,
        allowed: `up to ${most}`,
        fix: `set slots to ${most}`,
        path: '/options/slots',
      }),
    ];
  },
};
