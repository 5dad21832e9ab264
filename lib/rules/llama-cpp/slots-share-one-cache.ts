import { found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import { slotsFix } from '../helpers/slots';
import type { Rule } from '../types';

const example = (rest: object) => ({
  model: { config: LLAMA_8B },
  quantization: 'gguf:Q4_K_M',
  container: { family: 'llama-cpp' },
  workload: { inputTokens: 1024, outputTokens: 256, concurrency: 4 },
  ...rest,
});

export const slotsShareOneCache: Rule = {
  id: 'SLOTS_SHARE_ONE_CACHE',
  severity: 'warning',
  summary: 'slots are given where requests come together',
  explanation:
    'Without --parallel llama-server takes four slots that share one KV cache of the whole context. When together they need more than it holds, "Context size has been exceeded" ends every running answer, not only the longest. With the number of slots given, each has its own part.',
  source: 'llama.cpp tools/server/README.md, --parallel -1 = auto; ggml-org/llama.cpp#23652',
  examples: {
    passes: [example({ options: { maxModelLen: 4096, slots: 4 } })],
    fails: [example({ options: { maxModelLen: 4096 } })],
  },
  evaluate(context) {
    const { container, spec } = context;
    const concurrency = spec.workload?.concurrency ?? 1;
    if (container?.engine !== 'llama.cpp' || concurrency <= 1 || spec.options?.slots !== undefined) return [];
    if (Object.keys(spec.environment ?? {}).some((name) => /PARALLEL$|_NP$/.test(name))) return [];
    return [
      found({
        what: 'four slots share one KV cache, and a request that does not fit ends the answers of all',
        got: `concurrency ${concurrency} and no slots`,
        allowed: 'slots for the requests that run together',
        fix: slotsFix(context, concurrency),
        path: '/options/slots',
      }),
    ];
  },
};
