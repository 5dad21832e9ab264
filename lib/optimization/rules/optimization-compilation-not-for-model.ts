import { job, LLAMA2_7B, SMOOTHQUANT } from './samples';
import type { OptimizationRule } from './types';

/** Source: sagemaker/serve/validations/optimization.py, `llama-3[.-][1-9]`. */
const REFUSED = /llama-?3[.-][1-9]/i;

export const optimizationCompilationNotForModel: OptimizationRule = {
  id: 'OPTIMIZATION_COMPILATION_NOT_FOR_MODEL',
  severity: 'error',
  summary: 'jobs compile this model for GPUs',
  explanation:
    'The TensorRT-LLM of SageMaker’s jobs knows neither Llama 3.1’s RoPE scaling nor what came later; AWS’s own SDK refuses to compile those models.',
  source: 'sagemaker 2.257.7, serve/validations/optimization.py: compilation for GPUs is refused from Llama 3.1 on',
  examples: {
    passes: [job(SMOOTHQUANT, { model: { id: 'meta-llama/Llama-2-7b-hf', config: LLAMA2_7B } })],
    fails: [
      job(SMOOTHQUANT, { model: { id: 'meta-llama/Llama-3.1-8B-Instruct' } }),
      // The config of Llama 3.1 alone: its RoPE scaling is of its own.
      job(SMOOTHQUANT),
    ],
  },
  evaluate({ spec: { technique, model } }) {
    if (technique.kind !== 'tensorrt-llm') return [];
    const { rope_type: rope } = (model.config?.rope_scaling ?? {}) as { rope_type?: unknown };
    const isRefused = REFUSED.test(model.id ?? '') || rope === 'llama3';
    if (!isRefused) return [];
    return [
      {
        message:
          'the TensorRT-LLM of optimization jobs is older than Llama 3.1, and AWS’s own SDK refuses to compile it',
        got: model.id ?? 'a model with Llama 3.1’s RoPE scaling',
        allowed: 'Llama 2, Llama 3, Code Llama',
        fix: 'quantize with OptimizationTechnique.fp8 or awq and serve with vLLM',
        path: '/technique',
      },
    ];
  },
};
