import type { Rule } from '../types';

export const scalingRules: readonly Rule[] = [];
