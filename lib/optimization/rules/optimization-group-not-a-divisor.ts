import { AWQ, job, LLAMA_8B } from './samples';
import type { OptimizationRule } from './types';

const DEFAULT_GROUP = 128;

export const optimizationGroupNotADivisor: OptimizationRule = {
  id: 'OPTIMIZATION_GROUP_NOT_A_DIVISOR',
  severity: 'error',
  summary: 'AWQ’s group divides the inputs of each layer',
  explanation:
    'AWQ stores one scale for each group of inputs, and AutoAWQ refuses a layer whose inputs are no multiple of the group.',
  source: 'AutoAWQ 0.2.9, awq/modules/linear/gemm.py: `assert self.in_features % self.group_size == 0`',
  examples: {
    passes: [job(AWQ), job({ kind: 'awq', groupSize: 64 })],
    fails: [job({ kind: 'awq', groupSize: 96 }), job(AWQ, { model: { config: { ...LLAMA_8B, hidden_size: 4_160 } } })],
  },
  evaluate({ spec: { technique }, model }) {
    if (technique.kind !== 'awq' || model === undefined) return [];
    const group = technique.groupSize ?? DEFAULT_GROUP;
    const layers = model.weights.filter(({ role }) => role === 'linear' || role === 'expert');
    const odd = layers.find(({ shape }) => group > 0 && inputsOf(shape) % group !== 0);
    if (odd === undefined) return [];
    const fitting = [128, 64, 32].find((size) => layers.every(({ shape }) => inputsOf(shape) % size === 0));
    return [
      {
        message: `AWQ shares one scale among ${group} inputs, by which ${odd.name} does not divide`,
        got: `${inputsOf(odd.shape)} inputs`,
        allowed: `a multiple of ${group}`,
        fix: fitting === undefined ? 'use FP8 instead' : `set groupSize to ${fitting}`,
        path: '/technique/groupSize',
      },
    ];
  },
};

/** A weight is stored as [outputs, inputs]. */
function inputsOf(shape: readonly number[]): number {
  return shape.at(-1) ?? 0;
}
