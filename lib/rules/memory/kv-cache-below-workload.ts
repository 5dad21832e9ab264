import { count, found } from '../helpers/finding';
import { instanceText } from '../helpers/accelerator';
import { isNeuron } from '../helpers/engine';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule } from '../types';

const example = (concurrency: number) => ({
  model: { config: LLAMA_8B },
  container: { family: 'vllm' },
  instanceType: 'ml.g5.2xlarge',
  options: { maxModelLen: 8192 },
  workload: { inputTokens: 1024, outputTokens: 256, concurrency },
});

const requests = (atOnce: number) => (atOnce <= 1 ? '1 request' : `${atOnce} requests`);

export const kvCacheBelowWorkload: Rule = {
  id: 'KV_CACHE_BELOW_WORKLOAD',
  severity: 'warning',
  summary: 'the KV cache holds the requests that are to run at once',
  explanation:
    'Requests that find no room in the KV cache wait, or are preempted and computed again. With the concurrency of the workload and its prompt and answer lengths, the cache should hold concurrency × (inputTokens + outputTokens) tokens.',
  source: 'vLLM docs, "Optimization and tuning: preemption"; this library’s plan',
  examples: { passes: [example(8)], fails: [example(200)] },
  evaluate(context) {
    const { instance, plan, spec } = context;
    const { inputTokens, outputTokens, concurrency } = spec.workload ?? {};
    if (instance === undefined || inputTokens === undefined || outputTokens === undefined || concurrency === undefined)
      return [];
    const tokens = plan.kvCacheTokens;
    const wanted = concurrency * (inputTokens + outputTokens);
    if (tokens === null || tokens <= 0 || wanted <= tokens) return [];
    const atOnce = Math.floor(tokens / (inputTokens + outputTokens));
    return [
      found({
        what: `${concurrency} requests of ${count(inputTokens + outputTokens)} tokens do not fit into the KV cache at once: some wait or are computed twice`,
        got: `${count(wanted)} tokens for a cache of ${count(tokens)} on ${instanceText(instance)}`,
        allowed: `up to ${atOnce} at once`,
        fix: `plan for ${requests(atOnce)} a copy and more copies, or ${isNeuron(context) ? 'compile for a larger batch' : 'use kvCacheDtype fp8 or a larger accelerator'}`,
        path: '/workload/concurrency',
      }),
    ];
  },
};
