import { serverName } from '../helpers/engine';
import { count, found } from '../helpers/finding';
import { QWEN35_27B } from '../helpers/samples';
import { stateBlocks } from '../helpers/state-blocks';
import { isSwitchedOn } from '../helpers/switches';
import type { Rule, RuleContext } from '../types';

const example = (options: object, version = '0.17.0', environment?: Record<string, string>) => ({
  model: { config: QWEN35_27B },
  container: { family: 'vllm', version },
  options: { maxModelLen: 32_768, ...options },
  environment,
});

/** Hybrid models whose recurrent layers keep one state a block (`align`); others keep states within a block. */
const ALIGNED = /^Qwen3(Next|_5)/;

/** It is off for hybrid models unless somebody asks. */
function asksForPrefixCaching(context: RuleContext): boolean {
  if (context.options.enablePrefixCaching !== true) return false;
  return context.spec.options?.enablePrefixCaching === true || isSwitchedOn(context, 'ENABLE_PREFIX_CACHING');
}

export const stateBlockExceedsBatch: Rule = {
  id: 'STATE_BLOCK_EXCEEDS_BATCH',
  severity: 'error',
  summary: 'a step takes a whole block of a hybrid model that caches prefixes',
  explanation:
    'With prefix caching, a model of recurrent layers and attention (Qwen3-Next, Qwen3.5) keeps its state at the ends of cache blocks only, and a block holds as many tokens as a state is large: hundreds to thousands. A step must be able to take a whole one: "In Mamba cache align mode, block_size (2096) must be <= max_num_batched_tokens (2048)."',
  source: 'vllm/config/vllm.py, `validate_block_size` of 0.17 to 0.26; vllm-project/vllm#36734',
  holdsFor: 'vLLM 0.17 to 0.26',
  server: { engine: 'vllm', since: '0.17.0', before: '0.27.0' },
  examples: {
    passes: [
      example({ enablePrefixCaching: true, maxNumBatchedTokens: 2048 }),
      example({ maxNumBatchedTokens: 512 }),
      example({ enablePrefixCaching: true, maxNumBatchedTokens: 512 }, '0.27.1'),
    ],
    fails: [
      example({ enablePrefixCaching: true, maxNumBatchedTokens: 512 }),
      example({ maxNumBatchedTokens: 512 }, '0.20.1', { SM_VLLM_ENABLE_PREFIX_CACHING: 'true' }),
    ],
  },
  evaluate(context) {
    const { model, options } = context;
    const batch = options.maxNumBatchedTokens;
    if (model === undefined || batch === undefined || !ALIGNED.test(model.architecture)) return [];
    if (!asksForPrefixCaching(context)) return [];
    const block = stateBlocks(context);
    if (block === undefined || block.blockTokens <= batch) return [];
    return [
      found({
        what: `with prefix caching, a step of ${serverName(context)} must take a whole cache block of this model`,
        got: `maxNumBatchedTokens ${count(batch)} for a block of ${count(block.blockTokens)} tokens`,
        allowed: `at least ${count(block.blockTokens)}`,
        fix: `set maxNumBatchedTokens to ${2 ** Math.ceil(Math.log2(block.blockTokens))}, or enablePrefixCaching to false`,
        path: '/options/maxNumBatchedTokens',
      }),
    ];
  },
};
