import type { Rule } from '../types';

export const architectureRules: readonly Rule[] = [];
