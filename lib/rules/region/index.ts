import type { Rule } from '../types';
import { instanceNotInRegion } from './instance-not-in-region';
import { regionUnknown } from './region-unknown';

export const regionRules: readonly Rule[] = [regionUnknown, instanceNotInRegion];
