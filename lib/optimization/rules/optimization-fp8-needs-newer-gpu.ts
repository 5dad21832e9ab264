import { job, SMOOTHQUANT } from './samples';
import type { OptimizationRule } from './types';

/** From Ada on GPUs compute in FP8; TensorRT-LLM has no kernel that only stores in it. */
const FP8_SM = 89;

export const optimizationFp8NeedsNewerGpu: OptimizationRule = {
  id: 'OPTIMIZATION_FP8_NEEDS_NEWER_GPU',
  severity: 'error',
  summary: 'the GPU computes the FP8 engine that TensorRT-LLM builds',
  explanation:
    'An FP8 engine of TensorRT-LLM uses FP8 tensor cores, which GPUs have from Ada on. vLLM can run FP8 weights on older ones, TensorRT-LLM cannot.',
  source: 'TensorRT-LLM docs, "Numerical Precision", support matrix: FP8 from compute capability 8.9 on',
  examples: {
    passes: [
      job(SMOOTHQUANT),
      job({ kind: 'tensorrt-llm', tensorParallelSize: 4, quantization: 'fp8' }, { instanceType: 'ml.g6.12xlarge' }),
    ],
    fails: [job({ kind: 'tensorrt-llm', tensorParallelSize: 4, quantization: 'fp8' })],
  },
  evaluate({ spec: { technique, instanceType }, instance }) {
    const sm = instance?.accelerator?.sm;
    if (technique.kind !== 'tensorrt-llm' || technique.quantization !== 'fp8' || sm === undefined || sm >= FP8_SM)
      return [];
    return [
      {
        message: 'TensorRT-LLM computes FP8 on GPUs of compute capability 8.9 and higher',
        got: `${instanceType} (${instance?.accelerator?.key}, ${sm / 10})`,
        allowed: 'ml.g6 or ml.p5',
        fix: 'use ml.g6.12xlarge, or SmoothQuant on this GPU',
        path: '/instanceType',
      },
    ];
  },
};
