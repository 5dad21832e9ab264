import { gpuOf } from '../helpers/accelerator';
import { servedDtype, typeName } from '../helpers/dtype';
import { isVllm, serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { newerGpu } from '../helpers/newer-gpu';
import { GEMMA2_2B, LLAMA2_7B } from '../helpers/samples';
import { attentionBackend } from '../helpers/switches';
import type { Rule, RuleContext } from '../types';

const example = (instanceType: string, version: string, rest: object = {}, config: object = GEMMA2_2B) => ({
  model: { config },
  container: { family: 'vllm', version },
  instanceType,
  options: { dtype: 'float16', maxModelLen: 4096 },
  ...rest,
});

const FLASHINFER = { VLLM_ATTENTION_BACKEND: 'FLASHINFER' };
const LEAST_SM = 80;
/** FlashInfer alone caps scores, and nobody picks it by itself. */
const FLASHINFER_ONLY = { since: '0.5.1', before: '0.5.4' };
/** FlashAttention caps too; xFormers stops, and from 0.6.5 on only warns. */
const NOT_BY_XFORMERS = { since: '0.5.4', before: '0.6.5' };

/** Why vLLM takes xFormers in place of FlashAttention, in words; undefined where it does not. */
function xformersBecause(context: RuleContext, sm: number): string | undefined {
  const asked = attentionBackend(context)?.value.toUpperCase();
  if (asked === 'XFORMERS') return 'the XFORMERS backend that is named';
  if (asked !== undefined && asked !== 'FLASH_ATTN') return undefined;
  if (sm < LEAST_SM) return 'a GPU of compute capability below 8.0';
  if (context.options.kvCacheDtype.startsWith('fp8')) return `kvCacheDtype ${context.options.kvCacheDtype}`;
  return servedDtype(context) === 'float32' ? 'dtype float32' : undefined;
}

export const attentionSoftCapNotSupported: Rule = {
  id: 'ATTENTION_SOFT_CAP_NOT_SUPPORTED',
  severity: 'error',
  summary: 'the attention backend of this version caps scores, where the model was trained so',
  explanation:
    'Gemma 2 was trained with attention scores capped (attn_logit_softcapping), and vLLM stops where the backend has no cap: from 0.5.1 to 0.5.3 every backend but FlashInfer, "Please use Flashinfer backend for models with logits_soft_cap"; from 0.5.4 to 0.6.4 xFormers, which a T4 or V100, an FP8 KV cache or float32 leaves it with: "XFormers does not support attention logits soft capping". From 0.6.5 on xFormers leaves the cap out, with a warning.',
  source:
    'vllm/attention/backends/{flash_attn,xformers,utils}.py and selector.py by version; vllm-project/vllm#7060, #9922',
  holdsFor: 'vLLM 0.5.1 to 0.6.4',
  examples: {
    passes: [
      example('ml.g5.2xlarge', '0.5.3', { environment: FLASHINFER }),
      example('ml.g5.2xlarge', '0.6.3'),
      example('ml.g4dn.xlarge', '0.6.5'),
      example('ml.g4dn.xlarge', '0.6.3', {}, { ...GEMMA2_2B, attn_logit_softcapping: null }),
      example('ml.g4dn.xlarge', '0.6.3', {}, LLAMA2_7B),
    ],
    fails: [
      example('ml.g5.2xlarge', '0.5.3'),
      example('ml.g4dn.xlarge', '0.5.1'),
      example('ml.g4dn.xlarge', '0.6.3'),
      example('ml.g5.2xlarge', '0.6.3', { environment: { VLLM_ATTENTION_BACKEND: 'XFORMERS' } }),
      example('ml.g6.2xlarge', '0.6.2', { options: { maxModelLen: 4096, kvCacheDtype: 'fp8' } }),
    ],
  },
  evaluate(context) {
    const gpu = gpuOf(context);
    if (gpu === undefined || typeName(context) !== 'gemma2' || context.model?.config.attn_logit_softcapping === null)
      return [];
    const what = `${serverName(context)} cannot cap attention scores here, as Gemma 2 needs`;
    if (isVllm(context, FLASHINFER_ONLY)) {
      const asked = attentionBackend(context);
      if (asked?.value.toUpperCase() === 'FLASHINFER') return [];
      return [
        found({
          what,
          got: asked === undefined ? 'VLLM_ATTENTION_BACKEND not set' : `${asked.name}=${asked.value}`,
          allowed: 'the FLASHINFER backend, or vLLM 0.5.4 or newer',
          fix: 'use an image with vLLM 0.6.5 or newer, or set VLLM_ATTENTION_BACKEND to FLASHINFER on a GPU of compute capability 8.0 or higher',
          path: '/container/version',
        }),
      ];
    }
    const because = isVllm(context, NOT_BY_XFORMERS) ? xformersBecause(context, gpu.sm) : undefined;
    if (because === undefined) return [];
    return [
      found({
        what: `${what}: ${because} leaves it with xFormers, which has no soft cap`,
        got: gpu.text,
        allowed: 'FlashAttention or FlashInfer, or vLLM 0.6.5 or newer',
        fix: `use an image with vLLM 0.6.5 or newer${gpu.sm < LEAST_SM ? `, or ${newerGpu(context, LEAST_SM)}` : ''}`,
        path: '/container/version',
      }),
    ];
  },
};
