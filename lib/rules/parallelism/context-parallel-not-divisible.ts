import { serverName } from '../helpers/engine';
import { shown } from '../helpers/environment';
import { found } from '../helpers/finding';
import { DEEPSEEK_V3, LLAMA_8B, type Json } from '../helpers/samples';
import { argumentOf } from '../helpers/switches';
import type { Rule, RuleContext } from '../types';

const FEW_KV_HEADS: Json = { ...LLAMA_8B, num_key_value_heads: 2 };

const example = (config: Json, size: string, tensorParallelSize: number, rest: object = {}) => ({
  model: { config },
  container: { family: 'vllm' },
  options: { maxModelLen: 4096, tensorParallelSize },
  environment: { SM_VLLM_DECODE_CONTEXT_PARALLEL_SIZE: size, ...rest },
});

/** Why the ranks of a group cannot share the context so, and what they could; undefined where they can. */
function refusal({ model, options }: RuleContext, size: number): { what: string; allowed: string } | undefined {
  const ranks = options.tensorParallelSize;
  if (ranks % size !== 0)
    return { what: `does not divide tensorParallelSize ${ranks}`, allowed: `a divisor of ${ranks}` };
  if (model === undefined || model.mla !== undefined) return undefined;
  const { numAttentionHeads: heads, numKvHeads: kvHeads } = model;
  if (ranks <= kvHeads)
    return { what: `needs more ranks than the ${kvHeads} KV heads`, allowed: `1 with tensorParallelSize ${ranks}` };
  const most = Math.floor(ranks / kvHeads);
  if (size > most) return { what: `is more than the ${most} copies of each KV head`, allowed: `at most ${most}` };
  const queries = Math.floor(heads / kvHeads);
  if (queries % size === 0) return undefined;
  return { what: `does not divide the ${queries} query heads of each KV head`, allowed: `a divisor of ${queries}` };
}

export const contextParallelNotDivisible: Rule = {
  id: 'CONTEXT_PARALLEL_NOT_DIVISIBLE',
  severity: 'error',
  summary: 'ranks that share the context of a request hold copies of the same KV heads',
  explanation:
    'Decode context parallelism spreads the KV cache of a request over tensor-parallel ranks that would hold the same KV heads. It needs such ranks: the degree divides tensorParallelSize, and, but for latent attention, tensorParallelSize is above the number of KV heads, the degree at most the number of copies of each, and a divisor of the query heads that share one: "Decode context parallelism for GQA/MQA requires --tensor-parallel-size to be greater than the model\'s total number of KV heads".',
  source:
    'vllm/config/model.py, `verify_with_parallel_config`; vllm/config/parallel.py, `_validate_parallel_config`; vllm-project/vllm#49777',
  holdsFor: 'vLLM 0.12 and later',
  server: { engine: 'vllm', since: '0.12.0' },
  needs: ['environment'],
  examples: {
    passes: [
      example(FEW_KV_HEADS, '2', 4),
      example(LLAMA_8B, '1', 4),
      example(DEEPSEEK_V3, '8', 8),
      example(DEEPSEEK_V3, '3', 8, { SM_VLLM_PREFILL_CONTEXT_PARALLEL_SIZE: '3' }),
    ],
    fails: [
      example(LLAMA_8B, '2', 2),
      example(FEW_KV_HEADS, '4', 4),
      example({ ...FEW_KV_HEADS, num_attention_heads: 30, hidden_size: 3840 }, '2', 4),
      example(DEEPSEEK_V3, '3', 8),
    ],
  },
  evaluate(context) {
    const set = argumentOf(context, 'DECODE_CONTEXT_PARALLEL_SIZE');
    const size = Number(set?.value);
    if (set === undefined || !Number.isInteger(size) || size <= 1) return [];
    // Together with context parallelism in prefill other degrees are allowed.
    if (argumentOf(context, 'PREFILL_CONTEXT_PARALLEL_SIZE') !== undefined) return [];
    const reason = refusal(context, size);
    if (reason === undefined) return [];
    return [
      found({
        what: `decode context parallelism of ${size} in ${serverName(context)} ${reason.what}`,
        got: shown(set.name, set.value),
        allowed: reason.allowed,
        fix: `leave ${set.name} out`,
        path: `/environment/${set.name}`,
      }),
    ];
  },
};
