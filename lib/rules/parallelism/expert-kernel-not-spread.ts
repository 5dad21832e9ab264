import { gpuOf } from '../helpers/accelerator';
import { isVllm, serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { quantizesExperts } from '../helpers/layers';
import { AWQ, INT4_GROUPS, MIXTRAL, QWEN3_MOE, compressedTensors, quantized, type Json } from '../helpers/samples';
import { argumentOf } from '../helpers/switches';
import { KERNELS_NOT_SPREAD } from '../helpers/vllm-limits';
import type { Rule } from '../types';

const INT4 = compressedTensors(INT4_GROUPS);

const example = (config: Json, version: string, options: object = {}, rest: object = {}) => ({
  model: { config },
  container: { family: 'vllm', version },
  options: { maxModelLen: 4096, tensorParallelSize: 8, expertParallel: true, ...options },
  ...rest,
});

export const expertKernelNotSpread: Rule = {
  id: 'EXPERT_KERNEL_NOT_SPREAD',
  severity: 'error',
  summary: 'the kernel for INT4 experts works on a rank that holds some of them only',
  explanation:
    'With expert parallelism each rank holds some of the experts. The Marlin kernel that vLLM 0.8 takes for INT4 experts did not know that: "NotImplementedError: Expert Parallelism is not supported for fused Marlin MoE method." AWQ checkpoints meet it where a rank holds 32 experts or fewer, as DeepSeek-V3 over eight GPUs does; with more of them another kernel is taken.',
  source:
    'vllm/model_executor/layers/quantization/awq_marlin.py, `AWQMoEMethod`, and compressed_tensors/compressed_tensors_moe.py of 0.7.3 to 0.9.0; vllm-project/vllm#15760',
  holdsFor: 'vLLM 0.8.0 to 0.8.4, compressed-tensors 0.8.0 to 0.8.3',
  needs: ['experts'],
  examples: {
    passes: [
      example(quantized(MIXTRAL, AWQ), '0.8.5'),
      example(quantized(MIXTRAL, AWQ), '0.8.4', { expertParallel: false }),
      example(quantized(MIXTRAL, AWQ), '0.8.4', { tensorParallelSize: 1 }),
      example(quantized(QWEN3_MOE, AWQ), '0.8.4', { tensorParallelSize: 2 }),
      example(quantized(MIXTRAL, AWQ), '0.8.4', {}, { environment: { SM_VLLM_QUANTIZATION: 'moe_wna16' } }),
      example(quantized(MIXTRAL, INT4), '0.8.4'),
      example(MIXTRAL, '0.8.4'),
    ],
    fails: [
      example(quantized(MIXTRAL, AWQ), '0.8.2'),
      example(quantized(QWEN3_MOE, AWQ), '0.8.4'),
      example(quantized(QWEN3_MOE, INT4), '0.8.3', { tensorParallelSize: 2 }),
    ],
  },
  evaluate(context) {
    const { container, model, options, scheme } = context;
    const { expertParallel, tensorParallelSize, dataParallelSize = 1 } = options;
    // vLLM spreads the experts only where it cuts layers as well.
    if (!expertParallel || tensorParallelSize <= 1 || model?.moe === undefined || !quantizesExperts(context)) return [];
    if (container?.engineVersion === undefined || argumentOf(context, 'QUANTIZATION') !== undefined) return [];
    const ranks = tensorParallelSize * dataParallelSize;
    const experts = Math.ceil(model.moe.experts / ranks);
    const sm = gpuOf(context)?.sm ?? Infinity;
    const weights = scheme.experts ?? scheme;
    const row = KERNELS_NOT_SPREAD.find(
      (one) =>
        weights.layout === one.layout &&
        weights.weightBits === 4 &&
        weights.weightType === 'int' &&
        sm >= one.fromSm &&
        experts <= (one.mostExperts ?? Infinity) &&
        isVllm(context, one),
    );
    if (row === undefined) return [];
    return [
      found({
        what: `the kernel that ${serverName(context)} takes for INT4 experts does not support expert parallelism`,
        got: `${model.moe.experts} experts over ${ranks} ranks`,
        allowed: `expertParallel false, or vLLM ${row.before} or newer`,
        fix: `set expertParallel to false, or use an image with vLLM ${row.before} or newer`,
        path: '/options/expertParallel',
      }),
    ];
  },
};
