import type { Rule } from '../types';
import { burstableNotScaled } from './burstable-not-scaled';
import { copiesDoNotFit } from './copies-do-not-fit';
import { copiesWithoutComponents } from './copies-without-components';
import { copyCountZero } from './copy-count-zero';
import { initialCountBelowMinimum } from './initial-count-below-minimum';
import { instanceCountsContradict } from './instance-counts-contradict';
import { scaleToZeroNeedsComponents } from './scale-to-zero-needs-components';
import { scaleToZeroRefusedInRegion } from './scale-to-zero-refused-in-region';

export const scalingRules: readonly Rule[] = [
  instanceCountsContradict,
  initialCountBelowMinimum,
  scaleToZeroNeedsComponents,
  scaleToZeroRefusedInRegion,
  copyCountZero,
  copiesWithoutComponents,
  copiesDoNotFit,
  burstableNotScaled,
];
