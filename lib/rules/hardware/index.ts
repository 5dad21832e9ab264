import type { Rule } from '../types';

export const hardwareRules: readonly Rule[] = [];
