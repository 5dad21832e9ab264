import type { Rule } from '../types';
import { awqSumsDoNotFit } from './awq-sums-do-not-fit';
import { hostMemoryBelowCheckpoint } from './host-memory-below-checkpoint';
import { kvCacheBelowContext } from './kv-cache-below-context';
import { kvCacheBelowWorkload } from './kv-cache-below-workload';
import { noMemoryForKvCache } from './no-memory-for-kv-cache';
import { offloadedWeightsExceedHost } from './offloaded-weights-exceed-host';
import { profiledImagesDoNotFit } from './profiled-images-do-not-fit';
import { stateBlocksBelowSequences } from './state-blocks-below-sequences';
import { weightsDoNotFit } from './weights-do-not-fit';

export const memoryRules: readonly Rule[] = [
  hostMemoryBelowCheckpoint,
  kvCacheBelowContext,
  kvCacheBelowWorkload,
  noMemoryForKvCache,
  offloadedWeightsExceedHost,
  weightsDoNotFit,
  stateBlocksBelowSequences,
  profiledImagesDoNotFit,
  awqSumsDoNotFit,
];
