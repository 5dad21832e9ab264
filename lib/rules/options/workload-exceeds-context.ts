import { count, found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule } from '../types';

const example = (maxModelLen: number) => ({
  model: { config: LLAMA_8B },
  container: { family: 'vllm' },
  options: { maxModelLen },
  workload: { inputTokens: 6000, outputTokens: 1000 },
});

export const workloadExceedsContext: Rule = {
  id: 'WORKLOAD_EXCEEDS_CONTEXT',
  severity: 'error',
  summary: 'prompt and answer of the workload fit into the context',
  explanation:
    'maxModelLen counts prompt and answer together. A request that is longer is rejected with status 400 ("This model’s maximum context length is 4096 tokens"), or its answer ends early.',
  source: 'vllm/entrypoints/openai/serving_engine.py, `_validate_input`',
  examples: { passes: [example(8192)], fails: [example(4096)] },
  evaluate({ options, spec }) {
    const { inputTokens, outputTokens = 0 } = spec.workload ?? {};
    const limit = options.maxModelLen;
    if (inputTokens === undefined || limit === undefined || inputTokens + outputTokens <= limit) return [];
    const wanted = inputTokens + outputTokens;
    return [
      found({
        what: 'requests of the workload are longer than the context that is served',
        got: `${count(inputTokens)} + ${count(outputTokens)} tokens for a context of ${count(limit)}`,
        allowed: `up to ${count(limit)} tokens, prompt and answer together`,
        fix: `set maxModelLen to ${wanted} or more`,
        path: '/options/maxModelLen',
      }),
    ];
  },
};
