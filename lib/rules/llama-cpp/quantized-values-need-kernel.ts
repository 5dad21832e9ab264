import { llamaCppHas } from '../../container';
import { found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule } from '../types';

const example = (options: object, instanceType = 'ml.g6.xlarge', version?: string) => ({
  model: { config: LLAMA_8B },
  quantization: 'gguf:Q4_K_M',
  container: { family: 'llama-cpp', ...(version === undefined ? {} : { version }) },
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
    'llama.cpp reads quantized values in flash attention only, and its CUDA build has those kernels for keys and values both in q8_0 or both in q4_0, unless it was compiled with GGML_CUDA_FA_ALL_QUANTS. For other pairs attention runs on the CPU, many times slower. Builds up to b10068 switch flashAttention auto off instead, and cannot make the context then: "quantized V cache was requested, but this requires Flash Attention".',
  source:
    'llama.cpp ggml/src/ggml-cuda/fattn.cu, GGML_CUDA_FA_ALL_QUANTS; src/llama-context.cpp, llama_init_from_model, of b10068 and b10361; ggml-org/llama.cpp#28524: "By default on CUDA only symmetric q4_0 and q8_0 kv quantizations are supported"',
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
      example({ kvTypeV: 'q4_0' }, 'ml.g6.xlarge', 'b9522'),
    ],
  },
  evaluate({ container, instance, options }) {
    if (container?.engine !== 'llama.cpp' || instance?.kind !== 'gpu') return [];
    const values = options.kvTypeV.toLowerCase();
    const keys = options.kvTypeK.toLowerCase();
    // Flash attention that is switched off is another rule's.
    const isAuto = options.flashAttention === 'auto' && llamaCppHas(container, 'flashAttentionAuto') !== false;
    if (UNQUANTIZED.test(values) || PAIRS.has(`${keys} ${values}`) || (!isAuto && options.flashAttention !== 'on'))
      return [];
    const isForced = !isAuto || llamaCppHas(container, 'flashAttentionForQuantizedValues') !== false;
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
