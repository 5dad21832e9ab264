import type { Rule } from '../types';
import { draftHeadsNotDivisible } from './draft-heads-not-divisible';
import { draftModelNotSupported } from './draft-model-not-supported';
import { draftParallelismNotAllowed } from './draft-parallelism-not-allowed';
import { eagle3NotForArchitecture } from './eagle3-not-for-architecture';
import { loraBatchedTokens } from './lora-batched-tokens';
import { loraModulesMissing } from './lora-modules-missing';
import { loraNeedsAmpere } from './lora-needs-ampere';
import { loraNotInArchitecture } from './lora-not-in-architecture';
import { loraRankNotAllowed } from './lora-rank-not-allowed';
import { loraVocabularyTooLarge } from './lora-vocabulary-too-large';
import { loraWithChunkedPrefill } from './lora-with-chunked-prefill';
import { loraWithExpertParallel } from './lora-with-expert-parallel';
import { loraWithFp8Experts } from './lora-with-fp8-experts';
import { loraWithQuantizedWeights } from './lora-with-quantized-weights';
import { loraWithSpeculation } from './lora-with-speculation';
import { loraHostSlotsTooFew } from './lora-host-slots-too-few';
import { eagleHeadNotInServer } from './eagle-head-not-in-server';
import { speculationWithStateCache } from './speculation-with-state-cache';
import { speculativeIncomplete } from './speculative-incomplete';
import { speculativeMethodUnknown } from './speculative-method-unknown';
import { speculativeNotInBackend } from './speculative-not-in-backend';
import { speculativeNotServed } from './speculative-not-served';
import { speculativeVocabularyDiffers } from './speculative-vocabulary-differs';
import { speculativeWithChunkedPrefill } from './speculative-with-chunked-prefill';
import { speculativeWithPipeline } from './speculative-with-pipeline';

export const adaptersRules: readonly Rule[] = [
  draftModelNotSupported,
  eagle3NotForArchitecture,
  loraBatchedTokens,
  loraNeedsAmpere,
  loraNotInArchitecture,
  loraRankNotAllowed,
  loraVocabularyTooLarge,
  loraWithChunkedPrefill,
  loraWithExpertParallel,
  loraWithFp8Experts,
  loraWithQuantizedWeights,
  loraWithSpeculation,
  speculativeIncomplete,
  speculativeMethodUnknown,
  speculativeNotInBackend,
  speculativeNotServed,
  speculativeVocabularyDiffers,
  speculativeWithChunkedPrefill,
  speculativeWithPipeline,
  speculationWithStateCache,
  eagleHeadNotInServer,
  loraHostSlotsTooFew,
  draftParallelismNotAllowed,
  loraModulesMissing,
  draftHeadsNotDivisible,
];
