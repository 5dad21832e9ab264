import { slotContext } from '../../endpoint/slots';
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

const OPTIONS = {
  model: { config: LLAMA_8B },
  quantization: 'gguf:Q4_K_M',
  container: { family: 'llama-cpp' },
  options: { maxModelLen: 8192, slots: 4 },
};

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
  examples: {
    passes: [example('8192', '4', 1024), example('8192', '1', 6000)],
    fails: [example('8192', '4', 4000), { ...OPTIONS, workload: { inputTokens: 4000, outputTokens: 256 } }],
  },
  evaluate(context) {
    const { container, options, spec } = context;
    const { maxModelLen: total, slotsAsked: slots = 1 } = options;
    const wanted = requestTokens(context);
    if (container?.engine !== 'llama.cpp' || total === undefined || slots <= 1 || wanted === undefined) return [];
    const each = slotContext(total, options);
    if (options.unifiedKvCache === true || wanted <= each) return [];
    const byVariable = spec.environment?.SM_LLAMA_CPP_CTX_SIZE !== undefined;
    return [
      found({
        what: `llama-server divides its context by the slots, so that one request has ${count(each)} tokens`,
        got: `a context of ${count(total)} tokens for ${slots} slots, and requests of ${count(wanted)} tokens`,
        allowed: `requests up to ${count(each)} tokens`,
        fix: `set ${byVariable ? 'SM_LLAMA_CPP_CTX_SIZE' : 'maxModelLen'} to ${wanted * slots}, or SM_LLAMA_CPP_KV_UNIFIED to true`,
        path: byVariable ? '/environment/SM_LLAMA_CPP_CTX_SIZE' : '/options/maxModelLen',
      }),
    ];
  },
};
