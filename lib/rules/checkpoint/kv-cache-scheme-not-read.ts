import { isVllm, serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { INT4_GROUPS, LLAMA_8B, compressedTensors, quantized } from '../helpers/samples';
import type { Rule } from '../types';

const withKv = (kv_cache_scheme: object) => ({ ...compressedTensors(INT4_GROUPS), kv_cache_scheme });
const FP8_KV = { num_bits: 8, type: 'float', strategy: 'tensor', symmetric: true, dynamic: false };

const example = (quantization: Readonly<Record<string, unknown>>, version = '0.10.2') => ({
  model: { config: quantized(LLAMA_8B, quantization) },
  container: { family: 'vllm', version },
  options: { maxModelLen: 4096 },
});

export const kvCacheSchemeNotRead: Rule = {
  id: 'KV_CACHE_SCHEME_NOT_READ',
  severity: 'error',
  summary: 'the checkpoint’s kv_cache_scheme is one that the server reads',
  explanation:
    'A compressed-tensors checkpoint may carry scales for the KV cache. vLLM reads 8-bit float, symmetric, one scale for the tensor (from 0.15 on also for each head) and stops on anything else: "Currently supported kv cache quantization is num_bits=8, type=float, however received num_bits=8, type=int".',
  source:
    'vllm/model_executor/layers/quantization/compressed_tensors/compressed_tensors.py, `validate_kv_cache_scheme`',
  holdsFor: 'vLLM >= 0.5.3',
  examples: {
    passes: [example(withKv(FP8_KV))],
    fails: [example(withKv({ ...FP8_KV, type: 'int' })), example(withKv({ ...FP8_KV, symmetric: false }))],
  },
  evaluate(context) {
    const kv = context.model?.quantization?.raw.kv_cache_scheme as Readonly<Record<string, unknown>> | null | undefined;
    if (
      typeof kv !== 'object' ||
      kv === null ||
      context.scheme.layout !== 'compressed-tensors' ||
      !isVllm(context, { since: '0.5.3' })
    )
      return [];
    const strategy = typeof kv.strategy === 'string' ? kv.strategy : 'tensor';
    const perHead = isVllm(context, { since: '0.15.0' });
    const strategies = perHead ? ['tensor', 'attn_head'] : ['tensor'];
    if (kv.num_bits === 8 && kv.type === 'float' && kv.symmetric !== false && strategies.includes(strategy)) return [];
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
