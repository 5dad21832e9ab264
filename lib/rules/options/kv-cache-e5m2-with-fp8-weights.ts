import { serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { FP8_BLOCK, LLAMA_8B, quantized } from '../helpers/samples';
import type { Rule } from '../types';

const example = (kvCacheDtype: string) => ({
  model: { config: quantized(LLAMA_8B, FP8_BLOCK) },
  container: { family: 'vllm' },
  options: { maxModelLen: 4096, kvCacheDtype },
});

export const kvCacheE5m2WithFp8Weights: Rule = {
  id: 'KV_CACHE_E5M2_WITH_FP8_WEIGHTS',
  severity: 'error',
  summary: 'an FP8 checkpoint has its KV cache in E4M3, not E5M2',
  explanation:
    'An FP8 checkpoint may bring scales for its KV cache, and those are for E4M3. vLLM refuses the other format: "fp8_e5m2 kv-cache is not supported with fp8 checkpoints."',
  source: 'vllm/attention/layer.py, Attention.__init__',
  holdsFor: 'vLLM >= 0.4.3',
  server: { engine: 'vllm', since: '0.4.3' },
  examples: { passes: [example('fp8_e4m3')], fails: [example('fp8_e5m2')] },
  evaluate(context) {
    const { options, scheme } = context;
    if (options.kvCacheDtype !== 'fp8_e5m2' || scheme.weightType !== 'fp8' || scheme.origin !== 'checkpoint') return [];
    return [
      found({
        what: `${serverName(context)} does not support a KV cache in fp8_e5m2 with an FP8 checkpoint`,
        got: 'kvCacheDtype fp8_e5m2',
        allowed: 'auto, fp8 or fp8_e4m3',
        fix: 'set kvCacheDtype to fp8_e4m3',
        path: '/options/kvCacheDtype',
      }),
    ];
  },
};
