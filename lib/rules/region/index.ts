import type { Rule } from '../types';

export const regionRules: readonly Rule[] = [];
