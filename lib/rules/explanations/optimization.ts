import { OPTIMIZATION_RULES } from '../../optimization/rules';
import type { Explanation } from '../types';

/** What an optimization job finds before it is started; the rules explain themselves. */
export const optimizationExplanations: readonly Explanation[] = [
  ...OPTIMIZATION_RULES,
  {
    id: 'OPTIMIZATION_QUANTIZATION_GIVEN_TWICE',
    severity: 'error',
    summary: 'SmoothQuant is asked for no other quantization',
    explanation:
      'SmoothQuant is one of the quantizations of a TensorRT-LLM engine. An engine has one; which of two is meant cannot be told.',
    source: 'SageMaker API, CreateOptimizationJob',
  },
];
