import { job, LLAMA_8B, SHARD, SMOOTHQUANT } from './samples';
import type { OptimizationRule } from './types';

export const optimizationTensorParallelism: OptimizationRule = {
  id: 'OPTIMIZATION_TENSOR_PARALLELISM',
  severity: 'error',
  summary: 'the model is split for as many accelerators as the instance has',
  explanation:
    'A sharded or compiled model is cut for a number of accelerators, which the endpoint must then have. The job takes a number only, and a cut that does not divide the heads, or needs more accelerators than there are, fails while loading.',
  source:
    'djl-serving sm_neo_shard.py, sm_neo_trt_llm_partition.py: `option.tensor_parallel_degree` must be a number above 0',
  examples: {
    passes: [job(SHARD), job(SMOOTHQUANT)],
    fails: [
      job({ kind: 'fast-model-loader', tensorParallelSize: 8 }),
      job({ kind: 'fast-model-loader', tensorParallelSize: 0 }),
      job({ kind: 'tensorrt-llm', tensorParallelSize: 3 }),
      job(SHARD, { model: { config: { ...LLAMA_8B, num_attention_heads: 30 } } }),
    ],
  },
  evaluate({ spec: { technique, instanceType }, instance, model }) {
    if (!('tensorParallelSize' in technique)) return [];
    const size = technique.tensorParallelSize;
    const cores = instance?.accelerator?.neuronCores ?? 1;
    const most = instance === undefined ? Infinity : instance.acceleratorCount * cores;
    const heads = model?.numAttentionHeads;
    const isWhole = Number.isInteger(size) && size >= 1;
    const reason = !isWhole
      ? 'tensor parallelism is a number of accelerators; the job does not take `max`'
      : size > most
        ? `${instanceType} has ${most} ${cores > 1 ? 'NeuronCores' : 'GPUs'}`
        : heads !== undefined && heads % size !== 0
          ? `${heads} attention heads cannot be split evenly`
          : undefined;
    if (reason === undefined) return [];
    const allowed = [1, 2, 4, 8, 16, 32].filter((n) => n <= most && (heads === undefined || heads % n === 0));
    return [
      {
        message: `the model cannot be split this way: ${reason}`,
        got: `tensorParallelSize ${size}`,
        allowed: allowed.join(', '),
        fix: `set tensorParallelSize to ${allowed.at(-1) ?? 1}, and the same on the endpoint`,
        path: '/technique/tensorParallelSize',
      },
    ];
  },
};
