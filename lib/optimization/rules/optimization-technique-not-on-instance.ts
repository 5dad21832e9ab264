import { serverOf, serverTechniques } from '../facts';
import { AWQ, job, NEURON, SHARD } from './samples';
import type { OptimizationRule } from './types';

/** Accelerators do not share techniques: nothing can make one of them do what it has no server for. */
export const optimizationTechniqueNotOnInstance: OptimizationRule = {
  id: 'OPTIMIZATION_TECHNIQUE_NOT_ON_INSTANCE',
  severity: 'error',
  summary: 'the accelerator takes what the technique makes',
  explanation:
    'Neuron instances run compiled graphs, GPUs run checkpoints and TensorRT-LLM engines. SageMaker quantizes and shards for GPUs only, and compiles with Neuron for Neuron instances only.',
  source: 'sagemaker 2.257.7, serve/validations/optimization.py: "not supported on Neuron instances"',
  examples: {
    passes: [job(AWQ), job(SHARD), job(NEURON, { instanceType: 'ml.inf2.8xlarge' })],
    fails: [
      job(AWQ, { instanceType: 'ml.inf2.8xlarge' }),
      job(SHARD, { instanceType: 'ml.trn1.32xlarge' }),
      job(NEURON),
    ],
  },
  evaluate({ spec: { technique, instanceType }, instance }) {
    if (instance === undefined) return [];
    const wanted = serverOf(technique.kind) === 'neuron' ? 'neuron' : 'gpu';
    if (instance.kind === wanted) return [];
    const families = serverTechniques.find(({ server }) => server === serverOf(technique.kind))?.families ?? [];
    return [
      {
        message:
          wanted === 'neuron'
            ? 'what is compiled for Neuron runs on Inferentia2 and Trainium only'
            : 'Neuron instances run compiled models only: SageMaker quantizes and shards for GPUs',
        got: `${technique.kind} for ${instanceType}`,
        allowed: families.map((family) => `ml.${family}`).join(', '),
        fix: wanted === 'neuron' ? 'name an ml.inf2 type' : 'name a GPU type, or use NeuronQuantization.INT8',
        path: '/instanceType',
      },
    ];
  },
};
