import { serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { AWQ, GPTQ, LLAMA_8B, quantized } from '../helpers/samples';
import type { Rule } from '../types';

const example = (config: object, family = 'lmi-trtllm') => ({
  model: { config },
  container: { family },
  options: { maxModelLen: 4096 },
});

/** Groups that the kernels for four-bit weights are written for. */
const SIZES: readonly number[] = [64, 128];

export const trtllmGroupSize: Rule = {
  id: 'TRTLLM_GROUP_SIZE',
  severity: 'error',
  summary: 'groups of four-bit weights have a size that TensorRT-LLM has kernels for',
  explanation:
    'The kernels of TensorRT-LLM for AWQ and GPTQ weights read scales of 64 or 128 weights each: "Only group size 64 and 128 supported for fine grained kernels", or "No valid weight only groupwise GEMM tactic" when the engine is profiled.',
  source:
    'TensorRT-LLM cpp/tensorrt_llm/kernels/cutlass_kernels/fpA_intB_gemm/fpA_intB_gemm_template.h; NVIDIA/TensorRT-LLM#988, #1547',
  server: { engine: 'tensorrt-llm' },
  examples: {
    passes: [
      example(quantized(LLAMA_8B, { ...GPTQ, group_size: 64 })),
      example(quantized(LLAMA_8B, { ...AWQ, group_size: 32 }), 'vllm'),
    ],
    fails: [
      example(quantized(LLAMA_8B, { ...GPTQ, group_size: 32 })),
      example(quantized(LLAMA_8B, { ...AWQ, group_size: 256 })),
    ],
  },
  evaluate(context) {
    const { scheme } = context;
    if (scheme.layout !== 'awq' && scheme.layout !== 'gptq') return [];
    const { groupSize } = scheme;
    if (groupSize === undefined || groupSize <= 0 || SIZES.includes(groupSize)) return [];
    return [
      found({
        what: `the kernels of ${serverName(context)} for four-bit weights take groups of 64 or 128`,
        got: `group size ${groupSize}`,
        allowed: 'group size 64 or 128',
        fix: 'quantize with groups of 128, or use the vllm container',
        path: context.spec.groupSize === undefined ? '/model/config/quantization_config/group_size' : '/groupSize',
      }),
    ];
  },
};
