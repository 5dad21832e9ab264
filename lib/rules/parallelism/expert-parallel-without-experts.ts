import { serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { LLAMA_8B, QWEN3_MOE } from '../helpers/samples';
import type { Rule } from '../types';

const example = (config: object, tensorParallelSize = 2) => ({
  model: { config },
  container: { family: 'vllm' },
  options: { maxModelLen: 4096, tensorParallelSize, expertParallel: true },
});

export const expertParallelWithoutExperts: Rule = {
  id: 'EXPERT_PARALLEL_WITHOUT_EXPERTS',
  severity: 'error',
  summary: 'expert parallelism is asked for on a mixture of experts, with no more ranks than experts',
  explanation:
    'Expert parallelism puts whole experts on ranks. On a dense model vLLM stops: "Number of experts in the model must be greater than 0 when expert parallelism is enabled." With more ranks than experts some ranks would have none.',
  source: 'vllm/config/model.py, `_verify_with_expert_parallelism`',
  holdsFor: 'vLLM >= 0.8',
  server: { engine: 'vllm', since: '0.8.0' },
  examples: { passes: [example(QWEN3_MOE)], fails: [example(LLAMA_8B), example({ ...QWEN3_MOE, num_experts: 4 }, 8)] },
  evaluate(context) {
    const { model, options } = context;
    if (!options.expertParallel || model === undefined) return [];
    const experts = model.moe?.experts ?? 0;
    if (experts >= options.tensorParallelSize && experts > 0) return [];
    return [
      found({
        what:
          experts === 0
            ? `${serverName(context)} refuses expert parallelism for a model without experts`
            : 'there are more ranks than experts',
        got: `expertParallel with ${experts} experts on ${options.tensorParallelSize} ranks`,
        allowed: 'a mixture of experts with at least one expert for each rank',
        fix: 'leave expertParallel out',
        path: '/options/expertParallel',
      }),
    ];
  },
};
