import type { Rule } from '../types';

export const parallelismRules: readonly Rule[] = [];
