import { isVllm, serverName } from '../helpers/engine';
import { shown } from '../helpers/environment';
import { found } from '../helpers/finding';
import { INT4_GROUPS, LLAMA_8B, compressedTensors, quantized } from '../helpers/samples';
import { attentionBackend } from '../helpers/switches';
import type { Rule, RuleContext, RuleFinding } from '../types';

const withKv = (kv_cache_scheme: object) => ({ ...compressedTensors(INT4_GROUPS), kv_cache_scheme });
const FP8_KV = { num_bits: 8, type: 'float', strategy: 'tensor', symmetric: true, dynamic: false };

const example = (quantization: Readonly<Record<string, unknown>>, version = '0.10.2', rest: object = {}) => ({
  model: { config: quantized(LLAMA_8B, quantization) },
  container: { family: 'vllm', version },
  options: { maxModelLen: 4096 },
  ...rest,
});

const FLASHINFER = {
  options: { maxModelLen: 4096, kvCacheDtype: 'fp8' },
  environment: { VLLM_ATTENTION_BACKEND: 'FLASHINFER' },
};

/** FlashInfer takes scales from 0.6.4 on: "key/v_scale is not supported in FlashInfer." */
function withoutScales(context: RuleContext): readonly RuleFinding[] {
  if (!isVllm(context, { since: '0.5.3', before: '0.6.4' }) || !context.options.kvCacheDtype.startsWith('fp8'))
    return [];
  const asked = attentionBackend(context);
  if (asked?.value.toUpperCase() !== 'FLASHINFER') return [];
  return [
    found({
      what: `the attention backend FLASHINFER of ${serverName(context)} takes no scales for an FP8 KV cache, and the checkpoint has them`,
      got: `${shown(asked.name, asked.value)} with kvCacheDtype ${context.options.kvCacheDtype}`,
      allowed: 'another backend, or vLLM 0.6.4 or newer',
      fix: `leave ${asked.name} out`,
      path: `/environment/${asked.name}`,
    }),
  ];
}

export const kvCacheSchemeNotRead: Rule = {
  id: 'KV_CACHE_SCHEME_NOT_READ',
  severity: 'error',
  summary: 'the checkpoint’s kv_cache_scheme is one that the server reads',
  explanation:
    'A compressed-tensors checkpoint may carry scales for the KV cache. vLLM reads 8-bit float, symmetric, one scale for the tensor (from 0.15 on also for each head) and stops on anything else: "Currently supported kv cache quantization is num_bits=8, type=float, however received num_bits=8, type=int". FlashInfer, where it is named, takes no scales before 0.6.4.',
  source:
    'vllm/model_executor/layers/quantization/compressed_tensors/compressed_tensors.py, `validate_kv_cache_scheme`; vllm/attention/backends/flashinfer.py of 0.5.3 to 0.6.3; vllm-project/vllm#8641',
  holdsFor: 'vLLM >= 0.5.3',
  server: { engine: 'vllm', since: '0.5.3' },
  examples: {
    passes: [
      example(withKv(FP8_KV)),
      example(withKv(FP8_KV), '0.6.4', FLASHINFER),
      example(withKv(FP8_KV), '0.6.1', { ...FLASHINFER, environment: {} }),
    ],
    fails: [
      example(withKv(FP8_KV), '0.6.1', FLASHINFER),
      example(withKv({ ...FP8_KV, type: 'int' })),
      example(withKv({ ...FP8_KV, symmetric: false })),
    ],
  },
  evaluate(context) {
    const kv = context.model?.quantization?.raw.kv_cache_scheme as Readonly<Record<string, unknown>> | null | undefined;
    if (typeof kv !== 'object' || kv === null || context.scheme.layout !== 'compressed-tensors') return [];
    const strategy = typeof kv.strategy === 'string' ? kv.strategy : 'tensor';
    const perHead = isVllm(context, { since: '0.15.0' });
    const strategies = perHead ? ['tensor', 'attn_head'] : ['tensor'];
    if (kv.num_bits === 8 && kv.type === 'float' && kv.symmetric !== false && strategies.includes(strategy))
      return withoutScales(context);
    return [
      found({
        what: `${serverName(context)} reads no such kv_cache_scheme from a checkpoint`,
        got: `num_bits ${String(kv.num_bits)}, type ${String(kv.type)}, symmetric ${String(kv.symmetric)}, strategy ${strategy}`,
        allowed: `num_bits 8, type float, symmetric, strategy ${strategies.join(' or ')}`,
        fix: 'quantize again without kv_cache_scheme, or with FP8 per tensor',
        path: '/model/config/quantization_config/kv_cache_scheme',
      }),
    ];
  },
};
