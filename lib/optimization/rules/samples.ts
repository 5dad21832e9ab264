import { LLAMA2_7B, LLAMA_8B } from '../../rules/helpers/samples';
import type { OptimizationSpec, Technique } from '../types';

export { LLAMA2_7B, LLAMA_8B };

/** A job that works, for the examples of rules. */
export function job(technique: Technique, more: Partial<OptimizationSpec> = {}): OptimizationSpec {
  return {
    technique,
    model: { config: LLAMA_8B },
    modelData: 's3-prefix',
    instanceType: 'ml.g5.12xlarge',
    sourceUri: 's3://models/llama/',
    outputUri: 's3://models/optimized/llama/',
    maxRuntimeSeconds: 14_400,
    ...more,
  };
}

export const AWQ: Technique = { kind: 'awq' };
export const FP8: Technique = { kind: 'fp8' };
export const SHARD: Technique = { kind: 'fast-model-loader', tensorParallelSize: 4 };
export const SMOOTHQUANT: Technique = { kind: 'tensorrt-llm', tensorParallelSize: 4, quantization: 'smoothquant' };
export const NEURON: Technique = { kind: 'neuron', tensorParallelSize: 2, sequenceLength: 2_048, batchSize: 1 };
