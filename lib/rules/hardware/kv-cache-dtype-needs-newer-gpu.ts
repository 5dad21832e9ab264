import { capability } from '../../scheme';
import { gpuOf, type Gpu } from '../helpers/accelerator';
import { isVllm, serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { newerGpu } from '../helpers/newer-gpu';
import { QWEN25_7B, QWEN3_SMALL } from '../helpers/samples';
import type { Rule, RuleContext, RuleFinding } from '../types';

const example = (kvCacheDtype: string, instanceType: string, version?: string, options: object = {}) => ({
  model: { config: version === undefined ? QWEN3_SMALL : QWEN25_7B },
  container: { family: 'vllm', ...(version === undefined ? {} : { version }) },
  instanceType,
  options: { kvCacheDtype, maxModelLen: 4096, dtype: 'float16', ...options },
});

/** FlashInfer takes an FP8 cache from 8.0 on, the Triton and FlashAttention backends from 8.9 and 9.0; nothing does below 8.0. */
const ANY_BACKEND_SM = 80;
const EVERY_BACKEND_SM = 89;
const NVFP4_SM = 100;

/** Without the V0 engine, and before FlashInfer was tried first, an FP8 cache meant the Triton backend. Source: vllm-project/vllm#26431. */
const CHOOSES_TRITON = { since: '0.11.0', before: '0.12.0' };

/** The V0 engine reads a cached prefix in a Triton kernel, and Triton knows E4M3 from 8.9 on only. */
function readsInTriton(context: RuleContext, { sm }: Gpu): boolean {
  const { options } = context;
  const isE4m3 = /^fp8(_e4m3)?$/.test(options.kvCacheDtype);
  const readsPrefix = options.enableChunkedPrefill === true || options.enablePrefixCaching === true;
  return isE4m3 && readsPrefix && sm < EVERY_BACKEND_SM && isVllm(context, { since: '0.4.1', before: '0.8.0' });
}

function refuseTriton(context: RuleContext, { text }: Gpu): RuleFinding {
  return found({
    what: `${serverName(context)} reads a KV cache in fp8 (E4M3) in a Triton kernel when prefill is chunked or prefixes are cached, which needs compute capability ${capability(EVERY_BACKEND_SM)}`,
    got: text,
    allowed: 'kvCacheDtype auto or fp8_e5m2 on this GPU',
    fix: 'set kvCacheDtype to fp8_e5m2, or switch chunked prefill and prefix caching off',
    path: '/options/kvCacheDtype',
  });
}

export const kvCacheDtypeNeedsNewerGpu: Rule = {
  id: 'KV_CACHE_DTYPE_NEEDS_NEWER_GPU',
  severity: 'error',
  summary: 'an attention backend of this vLLM reads the KV-cache dtype on this GPU',
  explanation:
    'A quantized KV cache must be read inside the attention kernel, so the backend decides. With the V0 engine gone (vLLM 0.11), no backend reads FP8 on a T4 or V100: FlashInfer begins with 8.0, Triton with 8.9, FlashAttention with 9.0. On A10G and A100 only FlashInfer can do it, without FP8 arithmetic, and vLLM 0.11 does not choose it there. The V0 engine could on any GPU, but not together with chunked prefill or prefix caching below 8.9: "fp8e4nv data type is not supported on CUDA arch < 89".',
  source:
    'vllm/v1/attention/backends/{flashinfer,triton_attn,flash_attn}.py, supported KV-cache dtypes by capability; issues vllm-project/vllm#7714, #26431',
  holdsFor: 'vLLM >= 0.11; with chunked prefill or prefix caching also vLLM 0.4.1 to 0.7',
  server: { engine: 'vllm' },
  examples: {
    passes: [
      example('auto', 'ml.g4dn.xlarge'),
      example('fp8', 'ml.g6.xlarge'),
      example('fp8_e5m2', 'ml.g5.2xlarge', '0.6.3', { enableChunkedPrefill: true }),
      example('fp8', 'ml.g5.2xlarge', '0.6.3'),
      example('fp8', 'ml.g6.2xlarge', '0.6.3', { enableChunkedPrefill: true }),
      example('fp8', 'ml.g5.2xlarge', '0.4.0', { enableChunkedPrefill: true }),
      example('fp8', 'ml.g5.2xlarge', '0.8.0', { enableChunkedPrefill: true }),
      example('fp8', 'ml.g4dn.xlarge', '0.10.2'),
      example('bfloat16', 'ml.g4dn.xlarge'),
      example('nvfp4', 'ml.p6-b200.48xlarge'),
    ],
    fails: [
      example('fp8', 'ml.g4dn.xlarge'),
      example('fp8', 'ml.g5.xlarge'),
      example('fp8', 'ml.g5.2xlarge', '0.6.3', { enableChunkedPrefill: true }),
      example('fp8_e4m3', 'ml.g5.2xlarge', '0.7.3', { enablePrefixCaching: true }),
      example('fp8', 'ml.g4dn.2xlarge', '0.4.1', { enablePrefixCaching: true }),
      example('fp8_e5m2', 'ml.g5.2xlarge', '0.11.0'),
      example('nvfp4', 'ml.p5.48xlarge'),
    ],
  },
  evaluate(context) {
    const gpu = gpuOf(context);
    if (gpu === undefined) return [];
    if (readsInTriton(context, gpu)) return [refuseTriton(context, gpu)];
    if (!isVllm(context, { since: '0.11.0' })) return [];
    // Latent attention has backends of its own, which LATENT_ATTENTION_WITHOUT_BACKEND knows.
    if (context.model?.mla !== undefined && isVllm(context, { since: '0.11.1' })) return [];
    const dtype = context.options.kvCacheDtype.toLowerCase();
    const isNvfp4 = dtype.startsWith('nvfp4');
    if (!isNvfp4 && !dtype.startsWith('fp8')) return [];
    const wanted = isNvfp4 ? NVFP4_SM : EVERY_BACKEND_SM;
    if (gpu.sm >= wanted) return [];
    const least = isNvfp4 ? NVFP4_SM : ANY_BACKEND_SM;
    const refused = gpu.sm < least || (!isNvfp4 && isVllm(context, CHOOSES_TRITON));
    return [
      found({
        what: refused
          ? `no attention backend that ${serverName(context)} chooses reads a KV cache in ${dtype} below compute capability ${capability(gpu.sm < least ? least : wanted)}`
          : `a KV cache in ${dtype} is read by the FlashInfer backend only, without FP8 compute, below compute capability ${capability(wanted)}`,
        got: gpu.text,
        allowed: `kvCacheDtype auto, or compute capability ${capability(wanted)} or higher`,
        fix: `leave kvCacheDtype at auto, or use ${newerGpu(context, wanted)}`,
        path: '/options/kvCacheDtype',
        severity: refused ? 'error' : 'warning',
      }),
    ];
  },
};
