import { serverName } from '../helpers/engine';
import { count, found } from '../helpers/finding';
import { LLAMA_8B, QWEN3_SMALL } from '../helpers/samples';
import type { Rule } from '../types';

const example = (config: object, options: object, version?: string) => ({
  model: { config },
  container: { family: 'vllm', ...(version === undefined ? {} : { version }) },
  options,
});

export const batchedTokensBelowContext: Rule = {
  id: 'BATCHED_TOKENS_BELOW_CONTEXT',
  severity: 'error',
  summary: 'without chunked prefill, one step takes the longest prompt',
  explanation:
    'Without chunked prefill a prompt is computed in one step, so a step must take as many tokens as the context is long: "max_num_batched_tokens (2048) is smaller than max_model_len (40960). This effectively limits the maximum sequence length to max_num_batched_tokens and makes vLLM reject longer sequences." The V0 engine (before 0.8) has chunked prefill off for contexts up to 32 K; the V1 engine has it on.',
  source: 'vllm/config/scheduler.py; issue vllm-project/vllm#28981',
  holdsFor: 'vLLM >= 0.2',
  server: { engine: 'vllm', since: '0.2.0' },
  examples: {
    passes: [
      example(QWEN3_SMALL, { maxModelLen: 40960, maxNumBatchedTokens: 2048 }),
      example(LLAMA_8B, { maxModelLen: 8192, maxNumBatchedTokens: 8192 }, '0.6.3'),
    ],
    fails: [
      example(QWEN3_SMALL, { maxModelLen: 40960, maxNumBatchedTokens: 2048, enableChunkedPrefill: false }),
      example(LLAMA_8B, { maxModelLen: 8192, maxNumBatchedTokens: 4096 }, '0.6.3'),
    ],
  },
  evaluate(context) {
    const { model, options } = context;
    const { maxNumBatchedTokens: batched, maxModelLen: wanted } = options;
    if (options.enableChunkedPrefill !== false || batched === undefined || wanted === undefined || batched >= wanted)
      return [];
    if (model?.kind === 'encoder') return [];
    return [
      found({
        what: `without chunked prefill, maxNumBatchedTokens must be at least maxModelLen in ${serverName(context)}`,
        got: `maxNumBatchedTokens ${count(batched)} with maxModelLen ${count(wanted)}`,
        allowed: `at least ${count(wanted)}`,
        fix: `set maxNumBatchedTokens to ${wanted}, or enableChunkedPrefill to true`,
        path: '/options/maxNumBatchedTokens',
      }),
    ];
  },
};
