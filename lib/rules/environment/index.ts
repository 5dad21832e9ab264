import type { Rule } from '../types';

export const environmentRules: readonly Rule[] = [];
