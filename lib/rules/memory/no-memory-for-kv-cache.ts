import { uncertainBytes } from '../../plan';
import { instanceText } from '../helpers/accelerator';
import { fitText } from '../helpers/fit';
import { found, gib } from '../helpers/finding';
import { LLAMA2_7B, QWEN3_SMALL } from '../helpers/samples';
import type { Rule } from '../types';

const example = (config: object, options: object) => ({
  model: { config },
  container: { family: 'vllm' },
  instanceType: 'ml.g4dn.xlarge',
  options: { dtype: 'float16', maxModelLen: 2048, ...options },
});

export const noMemoryForKvCache: Rule = {
  id: 'NO_MEMORY_FOR_KV_CACHE',
  severity: 'error',
  summary: 'weights, activations and CUDA graphs leave memory for the KV cache',
  explanation:
    'After loading, the server measures one forward pass and gives what remains of its share of the memory (gpuMemoryUtilization) to the KV cache. If nothing remains it stops: "No available memory for the cache blocks. Try increasing `gpu_memory_utilization` when initializing the engine."',
  source: 'vllm/v1/core/kv_cache_utils.py, `check_enough_kv_cache_memory`; this library’s plan',
  examples: {
    passes: [example(QWEN3_SMALL, {})],
    fails: [example(LLAMA2_7B, { gpuMemoryUtilization: 0.9, maxNumSeqs: 256, maxNumBatchedTokens: 16384 })],
  },
  evaluate(context) {
    const { instance, options } = context;
    const { weights, activations, graphs, runtime, usable, kvCache } = context.plan.memory;
    if (instance === undefined || weights === null || usable === null || kvCache === null) return [];
    const rest = (activations ?? 0) + (graphs ?? 0) + (runtime ?? 0);
    // An encoder has no cache, whatever room there is for one.
    if (kvCache > 0 || weights >= usable || weights + rest < usable) return [];
    const isSure = weights + rest - uncertainBytes(context) >= usable;
    return [
      found({
        what: `weights (${gib(weights)}) and working memory (${gib(rest)}) take all of the memory and leave none for the KV cache${isSure ? '' : ', by a margin that is within the plan’s own error'}`,
        got: `${gib(weights + rest)} for ${gib(usable)} usable on ${instanceText(instance)}`,
        allowed: `less than ${gib(usable)} in all, at gpuMemoryUtilization ${options.gpuMemoryUtilization}`,
        fix: `${fitText(context) ?? 'use a larger accelerator'}, or lower maxNumBatchedTokens, set enforceEager and raise gpuMemoryUtilization to 0.95`,
        path: '/instanceType',
        severity: isSure ? undefined : 'warning',
      }),
    ];
  },
};
