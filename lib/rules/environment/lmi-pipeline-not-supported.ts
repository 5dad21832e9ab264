import { found } from '../helpers/finding';
import { QWEN3_SMALL } from '../helpers/samples';
import type { Rule } from '../types';

const example = (pipelineParallelSize: number, family = 'lmi') => ({
  model: { config: QWEN3_SMALL },
  container: { family },
  instanceType: 'ml.g5.12xlarge',
  options: { pipelineParallelSize, maxModelLen: 4096 },
  endpoint: { inferenceAmiVersion: 'al2023-ami-sagemaker-inference-gpu-4-1' },
});

export const lmiPipelineNotSupported: Rule = {
  id: 'LMI_PIPELINE_NOT_SUPPORTED',
  severity: 'error',
  summary: 'LMI splits a model over GPUs by tensor parallelism only',
  explanation:
    'LMI validates the properties of its vLLM handler and refuses a pipeline_parallel_degree other than 1: "Pipeline parallelism is not supported in vLLM\'s LLMEngine used in rolling_batch implementation".',
  source: 'djl-serving vllm_rb_properties.py, validate_pipeline_parallel',
  holdsFor: 'LMI 14 (0.32) and later',
  examples: { passes: [example(1), example(2, 'vllm')], fails: [example(2)] },
  evaluate({ options, container, spec }) {
    if (container?.family !== 'lmi' || (container.lmi ?? 0) < 14 || options.pipelineParallelSize === 1) return [];
    const path = spec.options?.pipelineParallelSize === undefined ? '/environment' : '/options/pipelineParallelSize';
    return [
      found({
        what: 'LMI refuses pipeline parallelism for vLLM',
        got: `pipelineParallelSize ${options.pipelineParallelSize}`,
        allowed: '1',
        fix: `use tensorParallelSize ${options.pipelineParallelSize * options.tensorParallelSize}, or the vllm container`,
        path,
      }),
    ];
  },
};
