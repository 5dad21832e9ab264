import type { Rule } from '../types';

export const checkpointRules: readonly Rule[] = [];
