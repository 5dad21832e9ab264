import type { Rule } from '../types';

export const platformRules: readonly Rule[] = [];
