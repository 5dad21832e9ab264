import type { Rule } from '../types';

export const adaptersRules: readonly Rule[] = [];
