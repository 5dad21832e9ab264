import { gpuOf } from '../helpers/accelerator';
import { isVllm, serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { splitLayers } from '../helpers/layers';
import { LLAMA_8B, compressedTensors, quantized, type Json } from '../helpers/samples';
import type { Rule } from '../types';

const FP4: Json = { num_bits: 4, type: 'float', symmetric: true, strategy: 'tensor_group', group_size: 16 };
const NVFP4 = compressedTensors(FP4, FP4, 'nvfp4-pack-quantized');
const NVFP4_WEIGHTS = compressedTensors(FP4, undefined, 'nvfp4-pack-quantized');
const MODELOPT: Json = { quant_method: 'modelopt', quant_algo: 'NVFP4', group_size: 16, exclude_modules: ['lm_head'] };

const example = (quantization: Json, instanceType: string, version: string) => ({
  model: { config: quantized(LLAMA_8B, quantization) },
  container: { family: 'vllm', version },
  instanceType,
  options: { maxModelLen: 4096 },
});

/** Compute capability × 10 of Blackwell’s workstation GPUs. */
const WORKSTATION_SM = 120;

/** Versions with the kernel of 10.0 alone; 0.10.2 takes FlashInfer’s. Source: vllm-project/vllm#21309, later than 0.9.2; compressed_tensors_w4a4_nvfp4.py of 0.10.0 and 0.10.2. */
const WITHOUT_KERNEL = { since: '0.9.0', before: '0.10.0' };

export const nvfp4KernelNotOnGpu: Rule = {
  id: 'NVFP4_KERNEL_NOT_ON_GPU',
  severity: 'error',
  summary: 'the kernel that this version takes for NVFP4 weights and activations is compiled for the GPU',
  explanation:
    'vLLM 0.9 computes in NVFP4 with a CUTLASS kernel of the B200 (compute capability 10.0), which it takes for every later GPU, though it does not run on the RTX PRO 6000 of ml.g7e (12.0): the first run stops with "RuntimeError: Error Internal". Checkpoints with NVFP4 weights and 16-bit activations go by Marlin, and are not concerned.',
  source:
    'vllm/_custom_ops.py of 0.9.0, `cutlass_scaled_mm_supports_fp4`; issues vllm-project/vllm#21274; pull requests #21309, #29711',
  holdsFor: 'vLLM 0.9',
  server: { engine: 'vllm', since: '0.9.0', before: '0.10.0' },
  examples: {
    passes: [
      example(NVFP4, 'ml.g7e.2xlarge', '0.10.2'),
      example(NVFP4, 'ml.p6-b200.48xlarge', '0.9.2'),
      example(NVFP4, 'ml.g6e.2xlarge', '0.9.2'),
      example(NVFP4_WEIGHTS, 'ml.g7e.2xlarge', '0.9.2'),
    ],
    fails: [example(NVFP4, 'ml.g7e.2xlarge', '0.9.2'), example(MODELOPT, 'ml.g7e.2xlarge', '0.9.0')],
  },
  evaluate(context) {
    const { scheme } = context;
    const gpu = gpuOf(context);
    if (gpu === undefined || gpu.sm < WORKSTATION_SM || scheme.name !== 'nvfp4' || scheme.activationBits === 16)
      return [];
    if (!isVllm(context, WITHOUT_KERNEL)) return [];
    if (!splitLayers(context).some(({ kind, quantized: isQuantized }) => kind === 'linear' && isQuantized)) return [];
    return [
      found({
        what: `${serverName(context)} has no kernel for NVFP4 on compute capability 12.0, though it takes one`,
        got: gpu.text,
        allowed: 'vLLM 0.11 or newer, or GPUs of compute capability 10.0',
        fix: 'use an image with vLLM 0.11 or newer',
        path: '/container/version',
      }),
    ];
  },
};
