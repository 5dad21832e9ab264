import { serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { FP8_BLOCK, LLAMA_8B, QWEN3_MOE, quantized } from '../helpers/samples';
import type { Rule } from '../types';

const example = (config: Readonly<Record<string, unknown>>, version: string) => ({
  model: { config: quantized(config, FP8_BLOCK) },
  container: { family: 'vllm', version },
  options: { maxModelLen: 4096 },
});

const FIRST = '0.8.5';

export const fp8BlocksNeedNewerServer: Rule = {
  id: 'FP8_BLOCKS_NEED_NEWER_SERVER',
  severity: 'error',
  summary: 'queries, keys and values with block scales meet a vLLM that loads them as one matrix',
  explanation:
    'FP8 with a scale for each block came to vLLM for DeepSeek, whose attention has no joined query, key and value matrix. Until 0.8.5 the loader of that matrix did not know block scales: "IndexError: start out of range" for Qwen3 in FP8.',
  source: 'model card of Qwen/Qwen3-32B-FP8: vllm >= 0.8.5; vllm-project/vllm#17327',
  holdsFor: 'vLLM < 0.8.5',
  server: { engine: 'vllm', before: FIRST },
  examples: {
    passes: [example(LLAMA_8B, '0.8.5'), example(QWEN3_MOE, '0.10.2')],
    fails: [example(LLAMA_8B, '0.8.4'), example(QWEN3_MOE, '0.8.4')],
  },
  evaluate(context) {
    const { model, scheme } = context;
    const isBlocked = scheme.layout === 'fp8' && scheme.blockSize !== undefined && scheme.origin === 'checkpoint';
    if (model === undefined || model.mla !== undefined || !isBlocked) return [];
    return [
      found({
        what: `${serverName(context)} does not load the block scales of queries, keys and values`,
        got: `${model.architecture} in ${scheme.name}`,
        allowed: `vLLM ${FIRST} or newer, or FP8 with one scale a tensor or channel`,
        fix: `use an image with vLLM ${FIRST} or newer`,
        path: '/container/version',
      }),
    ];
  },
};
