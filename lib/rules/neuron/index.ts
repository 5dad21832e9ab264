import type { Rule } from '../types';

export const neuronRules: readonly Rule[] = [];
