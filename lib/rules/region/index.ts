import type { Rule } from '../types';
import { asyncNotInRegion } from './async-not-in-region';
import { instanceNotInRegion } from './instance-not-in-region';
import { regionUnknown } from './region-unknown';

export const regionRules: readonly Rule[] = [regionUnknown, instanceNotInRegion, asyncNotInRegion];
