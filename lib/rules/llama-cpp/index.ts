import type { Rule } from '../types';

export const llamaCppRules: readonly Rule[] = [];
