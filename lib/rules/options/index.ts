import type { Rule } from '../types';
import { answerOutlastsInvocation } from './answer-outlasts-invocation';
import { argumentsRefusedTogether } from './arguments-refused-together';
import { batchedTokensBelowContext } from './batched-tokens-below-context';
import { batchedTokensBelowSequences } from './batched-tokens-below-sequences';
import { blockSizeNotSupported } from './block-size-not-supported';
import { budgetExceeded } from './budget-exceeded';
import { chunkedPrefillWithSlidingWindow } from './chunked-prefill-with-sliding-window';
import { contextExceedsModel } from './context-exceeds-model';
import { dtypeUnknown } from './dtype-unknown';
import { gpuMemoryUtilizationOutOfRange } from './gpu-memory-utilization-out-of-range';
import { hierarchicalCacheWithoutPrefixes } from './hierarchical-cache-without-prefixes';
import { kvCacheDtypeNotForModel } from './kv-cache-dtype-not-for-model';
import { kvCacheDtypeUnknown } from './kv-cache-dtype-unknown';
import { kvCacheE5m2WithFp8Weights } from './kv-cache-e5m2-with-fp8-weights';
import { kvCacheFp8WithMla } from './kv-cache-fp8-with-mla';
import { latencyGoalMissed } from './latency-goal-missed';
import { loadFormatRemoved } from './load-format-removed';
import { loadFormatUnknown } from './load-format-unknown';
import { multiStepNotSupported } from './multi-step-not-supported';
import { multimodalItemExceedsBatch } from './multimodal-item-exceeds-batch';
import { optionNotReadByServer } from './option-not-read-by-server';
import { prefixCachingNotSupported } from './prefix-caching-not-supported';
import { sequencesBelowConcurrency } from './sequences-below-concurrency';
import { slidingWindowDisabled } from './sliding-window-disabled';
import { stateBlockExceedsBatch } from './state-block-exceeds-batch';
import { statesWithoutCacheManager } from './states-without-cache-manager';
import { v1EngineWithoutFeature } from './v1-engine-without-feature';
import { statesWithoutChunkedPrefill } from './states-without-chunked-prefill';
import { v2RunnerWithoutFeature } from './v2-runner-without-feature';
import { workloadExceedsContext } from './workload-exceeds-context';

export const optionsRules: readonly Rule[] = [
  argumentsRefusedTogether,
  answerOutlastsInvocation,
  batchedTokensBelowContext,
  batchedTokensBelowSequences,
  budgetExceeded,
  contextExceedsModel,
  dtypeUnknown,
  gpuMemoryUtilizationOutOfRange,
  kvCacheDtypeUnknown,
  kvCacheE5m2WithFp8Weights,
  kvCacheFp8WithMla,
  latencyGoalMissed,
  loadFormatRemoved,
  loadFormatUnknown,
  optionNotReadByServer,
  prefixCachingNotSupported,
  sequencesBelowConcurrency,
  slidingWindowDisabled,
  workloadExceedsContext,
  blockSizeNotSupported,
  chunkedPrefillWithSlidingWindow,
  kvCacheDtypeNotForModel,
  multiStepNotSupported,
  v1EngineWithoutFeature,
  stateBlockExceedsBatch,
  multimodalItemExceedsBatch,
  statesWithoutCacheManager,
  v2RunnerWithoutFeature,
  statesWithoutChunkedPrefill,
  hierarchicalCacheWithoutPrefixes,
];
