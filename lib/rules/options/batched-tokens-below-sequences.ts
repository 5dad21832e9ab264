import { serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule } from '../types';

const example = (maxNumBatchedTokens: number, maxNumSeqs: number) => ({
  model: { config: LLAMA_8B },
  container: { family: 'vllm' },
  options: { maxModelLen: 4096, maxNumBatchedTokens, maxNumSeqs },
});

export const batchedTokensBelowSequences: Rule = {
  id: 'BATCHED_TOKENS_BELOW_SEQUENCES',
  severity: 'error',
  summary: 'one step takes a token of every sequence',
  explanation:
    'Each running sequence needs one token a step: "max_num_batched_tokens (128) must be greater than or equal to max_num_seqs (256)."',
  source: 'vllm/config/scheduler.py, `verify_max_model_len`',
  holdsFor: 'vLLM >= 0.2',
  server: { engine: 'vllm', since: '0.2.0' },
  examples: { passes: [example(2048, 256)], fails: [example(128, 256)] },
  evaluate(context) {
    const { maxNumBatchedTokens: batched, maxNumSeqs: sequences } = context.options;
    if (batched === undefined || sequences === undefined || batched >= sequences) return [];
    return [
      found({
        what: `maxNumBatchedTokens must be at least maxNumSeqs in ${serverName(context)}`,
        got: `maxNumBatchedTokens ${batched} with maxNumSeqs ${sequences}`,
        allowed: `at least ${sequences}`,
        fix: `set maxNumBatchedTokens to ${Math.max(2048, sequences)}`,
        path: '/options/maxNumBatchedTokens',
      }),
    ];
  },
};
