import { gpuOf } from '../helpers/accelerator';
import { isVllm, serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { quantizesExperts } from '../helpers/layers';
import { QWEN3_MOE, compressedTensors, quantized, type Json } from '../helpers/samples';
import { EXPERTS_WITHOUT_KERNEL } from '../helpers/vllm-limits';
import type { Rule } from '../types';

const FP4: Json = { num_bits: 4, type: 'float', symmetric: true, strategy: 'tensor_group', group_size: 16 };
const FP8: Json = { num_bits: 8, type: 'float', symmetric: true, strategy: 'channel' };
const FP8_TOKEN: Json = { num_bits: 8, type: 'float', symmetric: true, strategy: 'token', dynamic: true };
const NVFP4 = compressedTensors(FP4, FP4, 'nvfp4-pack-quantized');
const FP8_CHANNEL = compressedTensors(FP8, FP8_TOKEN, 'float-quantized');

const example = (config: Json, instanceType: string, version: string) => ({
  model: { config: quantized(QWEN3_MOE, config) },
  container: { family: 'vllm', version },
  instanceType,
  options: { maxModelLen: 4096 },
});

export const expertKernelNotOnGpu: Rule = {
  id: 'EXPERT_KERNEL_NOT_ON_GPU',
  severity: 'error',
  summary: 'the kernel that this version takes for quantized experts is compiled for the GPU',
  explanation:
    'The RTX PRO 6000 of ml.g7e is Blackwell of compute capability 12.0, and not 10.0 as a B200 is. Some versions of vLLM choose for its experts a CUTLASS kernel that they have for 9.0 and 10.0 only, and stop while loading or in the first run: "No compiled get_cutlass_moe_mm_data: no cutlass_scaled_mm kernel for CUDA device capability: 120", "No compiled cutlass_scaled_mm for CUDA device capability: 120. Required capability: 90 or 100". NVFP4 experts have a kernel from 0.12 on, and lost it in 0.15.0; FP8 experts of compressed-tensors met it in 0.14 and 0.15.0. Models without experts are not concerned.',
  source:
    'vllm/model_executor/layers/fused_moe/{cutlass_moe,flashinfer_cutlass_moe}.py, `_supports_current_device`; vllm/_custom_ops.py, `cutlass_group_gemm_supported`; vllm-project/vllm#24921, #29242, #32109, #33417',
  holdsFor: 'NVFP4: vLLM < 0.12 and 0.15.0; FP8 of compressed-tensors: 0.14.0 to 0.15.0',
  needs: ['experts'],
  examples: {
    passes: [
      example(NVFP4, 'ml.g7e.2xlarge', '0.15.1'),
      example(NVFP4, 'ml.g7e.2xlarge', '0.13.0'),
      example(NVFP4, 'ml.p6-b200.48xlarge', '0.10.2'),
      example(FP8_CHANNEL, 'ml.g7e.2xlarge', '0.13.0'),
    ],
    fails: [
      example(NVFP4, 'ml.g7e.2xlarge', '0.10.2'),
      example(NVFP4, 'ml.g7e.2xlarge', '0.15.0'),
      example(FP8_CHANNEL, 'ml.g7e.2xlarge', '0.14.1'),
    ],
  },
  evaluate(context) {
    const { scheme } = context;
    const gpu = gpuOf(context);
    if (gpu === undefined || context.model?.moe === undefined || scheme.activationBits === 16) return [];
    const missing = EXPERTS_WITHOUT_KERNEL.find(
      ({ weights, layout, fromSm, since, before }) =>
        scheme.weightType === weights &&
        scheme.blockSize === undefined &&
        (layout === undefined || layout === scheme.layout) &&
        gpu.sm >= fromSm &&
        isVllm(context, { since, before }),
    );
    if (missing === undefined || !quantizesExperts(context)) return [];
    return [
      found({
        what: `${serverName(context)} has no kernel for ${scheme.name} experts on compute capability 12.0, though it takes one`,
        got: gpu.text,
        allowed: `vLLM ${missing.before} or newer, or GPUs of compute capability 9.0 or 10.0`,
        fix: `use an image with vLLM ${missing.before} or newer`,
        path: '/container/version',
      }),
    ];
  },
};
