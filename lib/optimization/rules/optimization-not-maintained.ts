import { AWQ, job, LLAMA2_7B, NEURON, SHARD, SMOOTHQUANT } from './samples';
import type { TechniqueKind } from '../types';
import type { OptimizationRule } from './types';

const REASONS: Readonly<Partial<Record<TechniqueKind, string>>> = {
  'tensorrt-llm':
    'the result runs in LMI’s TensorRT-LLM only, of which AWS has published no image since 0.33.0 of June 2025',
  neuron:
    'the job compiles with transformers-neuronx, out of support since Neuron SDK 2.26, and its result runs in LMI 0.29 of 2024 only',
  'fast-model-loader':
    'Fast Model Loader needs lmi-dist, which LMI 14 (0.32.0, vLLM 0.7.3) was the last to contain, on an endpoint of inference components',
};

const FIXES: Readonly<Partial<Record<TechniqueKind, string>>> = {
  'tensorrt-llm': 'use OptimizationTechnique.fp8 or awq and a maintained vLLM image, or acknowledge this',
  neuron: 'compile at the start of a NeuronEndpoint with the Hugging Face image, or acknowledge this',
  'fast-model-loader': 'set loadFormat to runai_streamer on a maintained image, or acknowledge this',
};

export const optimizationNotMaintained: OptimizationRule = {
  id: 'OPTIMIZATION_NOT_MAINTAINED',
  severity: 'warning',
  summary: 'what the technique makes runs in an image that AWS maintains',
  explanation:
    'What some techniques make runs in an image that AWS has stopped publishing: TensorRT-LLM in LMI, transformers-neuronx, and lmi-dist with its Fast Model Loader. It gets no fixes, not even for security.',
  source:
    'deepjavalibrary/djl-serving, breaking changes of LMI 15, pull request 2939; sagemaker-core 2.27.0 image_uri_config/djl-*.json; Neuron SDK, announcements',
  examples: {
    passes: [job(AWQ)],
    fails: [
      job(SHARD),
      job(SMOOTHQUANT, { model: { config: LLAMA2_7B } }),
      job(NEURON, { instanceType: 'ml.inf2.8xlarge' }),
    ],
  },
  evaluate({ spec: { technique } }) {
    const reason = REASONS[technique.kind];
    if (reason === undefined) return [];
    return [
      {
        message: reason,
        got: technique.kind,
        allowed: 'OptimizationTechnique.awq or fp8',
        fix: FIXES[technique.kind],
        path: '/technique',
      },
    ];
  },
};
