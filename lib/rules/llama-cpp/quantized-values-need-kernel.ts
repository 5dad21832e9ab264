import { found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule } from '../types';

const example = (options: object, instanceType = 'ml.g6.xlarge') => ({
  model: { config: LLAMA_8B },
  quantization: 'gguf:Q4_K_M',
  container: { family: 'llama-cpp' },
  instanceType,
  options: { maxModelLen: 4096, slots: 1, ...options },
});

const UNQUANTIZED = /^(f32|f16|bf16)$/;

/** Pairs of keys and values for which a build without GGML_CUDA_FA_ALL_QUANTS has flash-attention kernels. */
const PAIRS = new Set(['q4_0 q4_0', 'q8_0 q8_0']);

export const quantizedValuesNeedKernel: Rule = {
  id: 'QUANTIZED_VALUES_NEED_KERNEL',
  severity: 'error',
  summary: 'keys and values of the cache are of a pair of types that CUDA kernels read',
  explanation:
    'llama.cpp reads quantized values in flash attention only, and its CUDA build has those kernels for keys and values both in q8_0 or both in q4_0, unless it was compiled with GGML_CUDA_FA_ALL_QUANTS. For other pairs flashAttention auto is switched off, and the context cannot be made: "quantized V cache was requested, but this requires Flash Attention". With flashAttention on, attention runs on the CPU, many times slower.',
  source:
    'llama.cpp ggml/src/ggml-cuda/fattn.cu, GGML_CUDA_FA_ALL_QUANTS; ggml-org/llama.cpp#28524: "By default on CUDA only symmetric q4_0 and q8_0 kv quantizations are supported"',
  examples: {
    passes: [
      example({ kvTypeK: 'q8_0', kvTypeV: 'q8_0' }),
      example({ kvTypeK: 'q8_0' }),
      example({ kvTypeV: 'q4_0' }, 'ml.c7i.4xlarge'),
    ],
    fails: [
      example({ kvTypeV: 'q4_0' }),
      example({ kvTypeK: 'q8_0', kvTypeV: 'q4_0' }),
      example({ kvTypeV: 'q8_0', flashAttention: 'on' }),
    ],
  },
  evaluate({ container, instance, options }) {
    if (container?.engine !== 'llama.cpp' || instance?.kind !== 'gpu') return [];
    const values = options.kvTypeV.toLowerCase();
    const keys = options.kvTypeK.toLowerCase();
    // Flash attention that is switched off is another rule's.
    const isForced = options.flashAttention === 'on';
    if (UNQUANTIZED.test(values) || PAIRS.has(`${keys} ${values}`) || (!isForced && options.flashAttention !== 'auto'))
      return [];
    return [
      found({
        what: isForced
          ? 'no CUDA kernel of a usual build reads this pair of KV types, and attention runs on the CPU'
          : 'no CUDA kernel of a usual build reads this pair of KV types, so that flash attention is switched off and the values cannot be read',
        got: `kvTypeK ${options.kvTypeK}, kvTypeV ${options.kvTypeV}`,
        allowed: 'both q8_0, both q4_0, or kvTypeV f16',
        fix: 'set kvTypeV to f16, or set kvTypeK to q8_0 and kvTypeV to q8_0',
        path: '/options/kvTypeV',
        severity: isForced ? 'warning' : 'error',
      }),
    ];
  },
};
