import { kvDtype } from '../../plan/subject';
import { gpuOf } from '../helpers/accelerator';
import { serverName } from '../helpers/engine';
import { shown } from '../helpers/environment';
import { found } from '../helpers/finding';
import { QWEN3_SMALL } from '../helpers/samples';
import type { Rule } from '../types';

const example = (instanceType: string, kvCacheDtype: string, environment: object) => ({
  model: { config: QWEN3_SMALL },
  container: { family: 'sglang', version: '0.5.20' },
  instanceType,
  options: { maxModelLen: 4096, kvCacheDtype },
  environment,
});

const NAMED = { SM_SGLANG_ATTENTION_BACKEND: 'trtllm_mha' };
/** What sets prefill’s backend; the kernels for decoding do read an FP8 cache. */
const VARIABLES = ['SM_SGLANG_PREFILL_ATTENTION_BACKEND', 'SM_SGLANG_ATTENTION_BACKEND'];

export const attentionBackendWithoutCacheDtype: Rule = {
  id: 'ATTENTION_BACKEND_WITHOUT_CACHE_DTYPE',
  severity: 'error',
  summary: 'the attention backend that is named reads the KV cache in its dtype on these GPUs',
  explanation:
    'From 0.5.19 on SGLang has TensorRT-LLM’s attention for the RTX PRO 6000 of ml.g7e (12.0) as well, but its prefill reads no FP8 cache there: "TRTLLM FMHAv2 prefill on SM120 does not support fp8_e4m3 KV cache or skip-softmax." A checkpoint that brings scales for its cache asks for one by itself.',
  source: 'sglang/srt/arg_groups/attention_hook.py of 0.5.19 and 0.5.20; sgl-project/sglang#39807',
  holdsFor: 'SGLang 0.5.19 and later',
  server: { engine: 'sglang', since: '0.5.19' },
  needs: ['environment'],
  examples: {
    passes: [
      example('ml.g7e.2xlarge', 'auto', NAMED),
      example('ml.p6-b200.48xlarge', 'fp8_e4m3', NAMED),
      example('ml.g7e.2xlarge', 'fp8_e4m3', { SM_SGLANG_ATTENTION_BACKEND: 'flashinfer' }),
    ],
    fails: [example('ml.g7e.2xlarge', 'fp8_e4m3', NAMED)],
  },
  evaluate(context) {
    const { model, options, spec } = context;
    const gpu = gpuOf(context);
    if (model === undefined || gpu === undefined || gpu.sm < 120) return [];
    const name = VARIABLES.find((one) => spec.environment?.[one] !== undefined);
    const value = spec.environment?.[name ?? ''];
    if (name === undefined || value !== 'trtllm_mha') return [];
    const kv = kvDtype(options.kvCacheDtype, model);
    if (kv !== 'fp8_e4m3' && kv !== 'fp8') return [];
    return [
      found({
        what: `the attention backend ${value} of ${serverName(context)} reads no KV cache in FP8 on this GPU`,
        got: `${shown(name, value)} with kvCacheDtype ${options.kvCacheDtype} on ${gpu.text}`,
        allowed: 'flashinfer or triton',
        fix: `set ${name} to flashinfer, or leave it out`,
        path: `/environment/${name}`,
      }),
    ];
  },
};
