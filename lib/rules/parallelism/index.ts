import type { Rule } from '../types';
import { acceleratorsExceeded } from './accelerators-exceeded';
import { acceleratorsLeftIdle } from './accelerators-left-idle';
import { attentionHeadsNotDivisible } from './attention-heads-not-divisible';
import { bitsandbytesNotSplit } from './bitsandbytes-not-split';
import { contextParallelNotDivisible } from './context-parallel-not-divisible';
import { expertBalancingNotPossible } from './expert-balancing-not-possible';
import { microbatchesWithoutExchange } from './microbatches-without-exchange';
import { dataParallelNotDivisible } from './data-parallel-not-divisible';
import { expertKernelNotSpread } from './expert-kernel-not-spread';
import { expertParallelWithoutExperts } from './expert-parallel-without-experts';
import { expertScalesMisordered } from './expert-scales-misordered';
import { feedForwardNotDivisible } from './feed-forward-not-divisible';
import { fp8BlocksNotDivisible } from './fp8-blocks-not-divisible';
import { fp8IndexerNotSplit } from './fp8-indexer-not-split';
import { ggufVocabularyNotPadded } from './gguf-vocabulary-not-padded';
import { kvHeadsNotDivisible } from './kv-heads-not-divisible';
import { marlinTileNotDivisible } from './marlin-tile-not-divisible';
import { packedWeightsNotDivisible } from './packed-weights-not-divisible';
import { pipelineLongerThanModel } from './pipeline-longer-than-model';
import { pipelineNotSupported } from './pipeline-not-supported';
import { quantizationGroupNotDivisible } from './quantization-group-not-divisible';
import { tgiGroupsNotDivisible } from './tgi-groups-not-divisible';
import { trtllmRowsNotAligned } from './trtllm-rows-not-aligned';
import { visionHeadsNotDivisible } from './vision-heads-not-divisible';
import { vocabularyNotDivisible } from './vocabulary-not-divisible';

export const parallelismRules: readonly Rule[] = [
  acceleratorsExceeded,
  acceleratorsLeftIdle,
  attentionHeadsNotDivisible,
  kvHeadsNotDivisible,
  vocabularyNotDivisible,
  feedForwardNotDivisible,
  quantizationGroupNotDivisible,
  packedWeightsNotDivisible,
  fp8BlocksNotDivisible,
  fp8IndexerNotSplit,
  marlinTileNotDivisible,
  expertScalesMisordered,
  bitsandbytesNotSplit,
  ggufVocabularyNotPadded,
  pipelineNotSupported,
  pipelineLongerThanModel,
  expertParallelWithoutExperts,
  visionHeadsNotDivisible,
  dataParallelNotDivisible,
  tgiGroupsNotDivisible,
  trtllmRowsNotAligned,
  contextParallelNotDivisible,
  expertBalancingNotPossible,
  microbatchesWithoutExchange,
  expertKernelNotSpread,
];
