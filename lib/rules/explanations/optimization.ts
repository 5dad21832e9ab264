import { OPTIMIZATION_RULES } from '../../optimization/rules';
import type { Explanation } from '../types';

/** What an optimization job finds before it is started; the rules explain themselves. */
export const optimizationExplanations: readonly Explanation[] = OPTIMIZATION_RULES;
