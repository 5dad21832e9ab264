import { capability } from '../../scheme';
import { instanceText, smOf } from '../helpers/accelerator';
import { isVllm, serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { cheapestInstance } from '../helpers/instances';
import { QWEN3_SMALL } from '../helpers/samples';
import type { Rule } from '../types';

const example = (kvCacheDtype: string, instanceType: string) => ({
  model: { config: QWEN3_SMALL },
  container: { family: 'vllm' },
  instanceType,
  options: { kvCacheDtype, maxModelLen: 4096, dtype: 'float16' },
});

/** FlashInfer takes an FP8 cache from 8.0 on, the Triton and FlashAttention backends from 8.9 and 9.0; nothing does below 8.0. */
const ANY_BACKEND_SM = 80;
const EVERY_BACKEND_SM = 89;
const NVFP4_SM = 100;

export const kvCacheDtypeNeedsNewerGpu: Rule = {
  id: 'KV_CACHE_DTYPE_NEEDS_NEWER_GPU',
  severity: 'error',
  summary: 'an attention backend of this vLLM reads the KV-cache dtype on this GPU',
  explanation:
    'A quantized KV cache must be read inside the attention kernel, so the backend decides. With the V0 engine gone (vLLM 0.11), no backend reads FP8 on a T4 or V100: FlashInfer begins with 8.0, Triton with 8.9, FlashAttention with 9.0. On A10G and A100 only FlashInfer can do it, without FP8 arithmetic.',
  source: 'vllm/v1/attention/backends/{flashinfer,triton_attn,flash_attn}.py, supported KV-cache dtypes by capability',
  holdsFor: 'vLLM >= 0.11',
  examples: {
    passes: [example('auto', 'ml.g4dn.xlarge'), example('fp8', 'ml.g6.xlarge')],
    fails: [example('fp8', 'ml.g4dn.xlarge'), example('fp8', 'ml.g5.xlarge')],
  },
  evaluate(context) {
    const { instance, options, spec } = context;
    const dtype = options.kvCacheDtype.toLowerCase();
    const sm = smOf(context);
    if (instance === undefined || sm === undefined || !isVllm(context, { since: '0.11.0' })) return [];
    const isNvfp4 = dtype.startsWith('nvfp4');
    if (!isNvfp4 && !dtype.startsWith('fp8')) return [];
    const least = isNvfp4 ? NVFP4_SM : ANY_BACKEND_SM;
    if (sm >= (isNvfp4 ? NVFP4_SM : EVERY_BACKEND_SM)) return [];
    const wanted = isNvfp4 ? NVFP4_SM : EVERY_BACKEND_SM;
    const better = cheapestInstance(spec, (other) => (other.accelerator?.sm ?? 0) >= wanted);
    const refused = sm < least;
    return [
      found({
        what: refused
          ? `no attention backend of ${serverName(context)} reads a KV cache in ${dtype} below compute capability ${capability(least)}`
          : `a KV cache in ${dtype} is read by the FlashInfer backend only, without FP8 compute, below compute capability ${capability(wanted)}`,
        got: instanceText(instance),
        allowed: `kvCacheDtype auto, or compute capability ${capability(wanted)} or higher`,
        fix: `leave kvCacheDtype at auto, or use ${better?.instanceType ?? 'a newer GPU'}`,
        path: '/options/kvCacheDtype',
        severity: refused ? 'error' : 'warning',
      }),
    ];
  },
};
