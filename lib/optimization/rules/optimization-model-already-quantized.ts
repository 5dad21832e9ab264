import { AWQ, job, LLAMA_8B, SHARD } from './samples';
import type { OptimizationRule } from './types';

const QUANTIZED = { config: { ...LLAMA_8B, quantization_config: { quant_method: 'gptq', bits: 4 } } };

export const optimizationModelAlreadyQuantized: OptimizationRule = {
  id: 'OPTIMIZATION_MODEL_ALREADY_QUANTIZED',
  severity: 'error',
  summary: 'the weights are quantized once',
  explanation:
    'AutoAWQ, llm-compressor and TensorRT-LLM’s conversion read 16-bit weights. Packed integers or FP8 with scales are not what they expect, and the job fails after it has loaded them.',
  source: 'AutoAWQ and llm-compressor read 16-bit weights; TensorRT-LLM’s checkpoint conversion likewise',
  examples: { passes: [job(AWQ), job(SHARD, { model: QUANTIZED })], fails: [job(AWQ, { model: QUANTIZED })] },
  evaluate({ spec: { technique, model } }) {
    const { quant_method: method } = (model.config?.quantization_config ?? {}) as { quant_method?: unknown };
    const quantizes = technique.kind === 'awq' || technique.kind === 'fp8' || technique.kind === 'tensorrt-llm';
    if (method === undefined || !quantizes) return [];
    return [
      {
        message: 'the checkpoint is quantized already, and the job starts from 16-bit weights',
        got: String(method),
        allowed: 'a checkpoint in bfloat16 or float16',
        fix: 'serve it as it is, without a job, or start from the original checkpoint',
        path: '/model/config',
      },
    ];
  },
};
