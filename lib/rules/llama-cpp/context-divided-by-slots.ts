import { count, found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule, RuleContext } from '../types';

const example = (contextSize: string, parallel: string | undefined, inputTokens: number) => ({
  model: { config: LLAMA_8B },
  quantization: 'gguf:Q4_K_M',
  container: { family: 'llama-cpp' },
  environment: {
    SM_LLAMA_CPP_CTX_SIZE: contextSize,
    ...(parallel === undefined ? {} : { SM_LLAMA_CPP_PARALLEL: parallel }),
  },
  workload: { inputTokens, outputTokens: 256, concurrency: 4 },
});

const number = (text: string | undefined) => (text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined);

/** A context is padded to this many tokens in each slot. */
const PADDING = 256;

function requestTokens({ spec }: RuleContext): number | undefined {
  const { inputTokens, outputTokens = 0 } = spec.workload ?? {};
  return inputTokens === undefined ? undefined : inputTokens + outputTokens;
}

export const contextDividedBySlots: Rule = {
  id: 'CONTEXT_DIVIDED_BY_SLOTS',
  severity: 'error',
  summary: 'each slot of llama-server holds one request of the workload',
  explanation:
    '--ctx-size is the context of all slots together: with --parallel 4 each gets a quarter of it, unless --kv-unified lets them share. A request that is longer than its slot is refused or cut. Multiply the context by the slots.',
  source: 'llama.cpp src/llama-context.cpp, n_ctx_seq; ggml-org/llama.cpp#11681, #17767',
  examples: { passes: [example('8192', '4', 1024), example('8192', '1', 6000)], fails: [example('8192', '4', 4000)] },
  evaluate(context) {
    const { container, spec } = context;
    const variables = spec.environment ?? {};
    const total = number(variables.SM_LLAMA_CPP_CTX_SIZE);
    const slots = number(variables.SM_LLAMA_CPP_PARALLEL);
    const wanted = requestTokens(context);
    if (
      container?.engine !== 'llama.cpp' ||
      total === undefined ||
      total === 0 ||
      slots === undefined ||
      slots <= 1 ||
      wanted === undefined
    )
      return [];
    if (variables.SM_LLAMA_CPP_KV_UNIFIED === 'true') return [];
    const each = Math.ceil(total / slots / PADDING) * PADDING;
    if (wanted <= each) return [];
    return [
      found({
        what: `llama-server divides its context by the slots, so that one request has ${count(each)} tokens`,
        got: `--ctx-size ${total} with --parallel ${slots}, for requests of ${count(wanted)} tokens`,
        allowed: `requests up to ${count(each)} tokens`,
        fix: `set SM_LLAMA_CPP_CTX_SIZE to ${wanted * slots}, or SM_LLAMA_CPP_KV_UNIFIED to true`,
        path: '/environment/SM_LLAMA_CPP_CTX_SIZE',
      }),
    ];
  },
};
