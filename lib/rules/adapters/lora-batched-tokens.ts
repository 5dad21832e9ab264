import { serverName } from '../helpers/engine';
import { count, found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule } from '../types';

const example = (version: string, maxNumBatchedTokens: number) => ({
  model: { config: LLAMA_8B },
  container: { family: 'vllm', version },
  options: { maxModelLen: 4096, enableLora: true, maxNumBatchedTokens },
});

const LARGE = example('0.5.4', 131072);

/** The CUDA grid of the Punica kernels. */
const LIMIT = 65_528;

export const loraBatchedTokens: Rule = {
  id: 'LORA_BATCHED_TOKENS',
  severity: 'error',
  summary: 'with LoRA on old versions, a step has at most 65,528 tokens',
  explanation:
    'Up to vLLM 0.5.4: "Due to limitations of the custom LoRA CUDA kernel, max_num_batched_tokens must be <= 65528 when LoRA is enabled." Without chunked prefill that limits the context, too.',
  source: 'vllm/config.py of 0.3.0 to 0.5.4',
  holdsFor: 'vLLM 0.3 to 0.5.4',
  server: { engine: 'vllm', since: '0.3.0', before: '0.5.5' },
  examples: {
    passes: [
      example('0.5.4', 65528),
      example('0.5.5', 131072),
      example('0.2.7', 131072),
      { ...LARGE, options: { maxNumBatchedTokens: 131072 } },
    ],
    fails: [LARGE, example('0.3.0', 65529)],
  },
  evaluate(context) {
    const { enableLora, maxNumBatchedTokens: batched } = context.options;
    if (!enableLora || batched === undefined || batched <= LIMIT) return [];
    return [
      found({
        what: `LoRA in ${serverName(context)} limits the tokens of a step`,
        got: `maxNumBatchedTokens ${count(batched)}`,
        allowed: `up to ${count(LIMIT)}`,
        fix: `set maxNumBatchedTokens (and without chunked prefill maxModelLen) to ${LIMIT} or less`,
        path: '/options/maxNumBatchedTokens',
      }),
    ];
  },
};
