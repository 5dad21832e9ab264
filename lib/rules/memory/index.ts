import type { Rule } from '../types';

export const memoryRules: readonly Rule[] = [];
