import type { Rule } from '../types';

export const optionsRules: readonly Rule[] = [];
