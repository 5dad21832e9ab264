import { gpuOf } from '../helpers/accelerator';
import { serverName } from '../helpers/engine';
import { expertWeights } from '../helpers/experts';
import { found } from '../helpers/finding';
import { FP8_BLOCK, LLAMA_8B, QWEN3_MOE, quantized, type Json } from '../helpers/samples';
import { asServed } from '../helpers/served';
import type { Rule } from '../types';

const example = (config: Json, version: string, enableLora = true, instanceType = 'ml.p5.4xlarge') => ({
  model: { config: quantized(config, FP8_BLOCK) },
  container: { family: 'vllm', version },
  instanceType,
  options: { maxModelLen: 4096, enableLora },
});

/** The first compute capability × 10 on which Triton computes with FP8; an older GPU takes the weights alone, and no quantized activations. */
const LEAST_SM = 89;

export const loraWithFp8Experts: Rule = {
  id: 'LORA_WITH_FP8_EXPERTS',
  severity: 'error',
  summary: 'LoRA adapters on experts in FP8 meet a version that hands them the activations as they were',
  explanation:
    'From vLLM 0.20 to 0.23 the kernels of LoRA for experts get the activations that the FP8 experts before them quantized, without their scales: the engine stops in its first run ("AssertionError: Unsupported lhs dtype fp8e4nv"), or the adapters answer gibberish. The same model without LoRA works, as do experts in 16 bit.',
  source: 'vllm/model_executor/layers/fused_moe, `apply_w13_lora` by version; vllm-project/vllm#45101, #42007',
  holdsFor: 'vLLM 0.20 to 0.23, from compute capability 8.9 on',
  server: { engine: 'vllm', since: '0.20.0', before: '0.24.0' },
  examples: {
    passes: [
      example(QWEN3_MOE, '0.22.1', false),
      example(QWEN3_MOE, '0.19.0'),
      example(QWEN3_MOE, '0.24.0'),
      example(LLAMA_8B, '0.22.1'),
      example(QWEN3_MOE, '0.22.1', true, 'ml.g5.12xlarge'),
    ],
    fails: [
      example(QWEN3_MOE, '0.22.1'),
      example(QWEN3_MOE, '0.20.0', true, 'ml.g7e.2xlarge'),
      {
        ...{ ...example(QWEN3_MOE, '0.22.1'), model: { config: QWEN3_MOE } },
        environment: { SM_VLLM_QUANTIZATION: 'fp8' },
      },
    ],
  },
  evaluate(context) {
    const gpu = gpuOf(context);
    if (!context.options.enableLora || (gpu !== undefined && gpu.sm < LEAST_SM)) return [];
    const served = asServed(context);
    if (expertWeights(served) !== 'fp8') return [];
    return [
      found({
        what: `${serverName(context)} hands LoRA adapters the quantized activations of experts in FP8, and stops or answers gibberish`,
        got: `enableLora with experts in ${served.scheme.name}`,
        allowed: 'LoRA on experts that are not in FP8, or vLLM 0.24 or newer',
        fix: 'use an image with vLLM 0.24 or newer',
        path: '/options/enableLora',
      }),
    ];
  },
};
