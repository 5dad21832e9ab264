import { argumentRemoved } from './argument-removed';
import { argumentValueUnknown } from './argument-value-unknown';
import type { Rule } from '../types';
import { chatTemplateIsAName } from './chat-template-is-a-name';
import { contextDividedBySlots } from './context-divided-by-slots';
import { embeddingExceedsBatch } from './embedding-exceeds-batch';
import { embeddingsNotRouted } from './embeddings-not-routed';
import { flashAttentionValue } from './flash-attention-value';
import { healthNotAtItsPath } from './health-not-at-its-path';
import { kvTypeNotInHead } from './kv-type-not-in-head';
import { kvTypeUnknown } from './kv-type-unknown';
import { kvTypesDifferWithMla } from './kv-types-differ-with-mla';
import { layersExceedHostMemory } from './layers-exceed-host-memory';
import { modelFileNotLoadable } from './model-file-not-loadable';
import { modelNotNamed } from './model-not-named';
import { preTokenizerNotInBuild } from './pre-tokenizer-not-in-build';
import { projectorNotNamed } from './projector-not-named';
import { promptCacheExceedsHostMemory } from './prompt-cache-exceeds-host-memory';
import { quantizedValuesNeedFlashAttention } from './quantized-values-need-flash-attention';
import { quantizedValuesNeedKernel } from './quantized-values-need-kernel';
import { ropeFactorsNotInBuild } from './rope-factors-not-in-build';
import { slotsExceedSequences } from './slots-exceed-sequences';
import { slotsShareOneCache } from './slots-share-one-cache';
import { speculationNeedsMtpLayers } from './speculation-needs-mtp-layers';
import { speculationWithoutDraft } from './speculation-without-draft';
import { splitModeRow } from './split-mode-row';
import { splitModeTensor } from './split-mode-tensor';
import { argumentFormUnknown } from './argument-form-unknown';
import { chatTemplateUnknown } from './chat-template-unknown';
import { argumentNotInBuild } from './argument-not-in-build';
import { tensorTypeNotInBuild } from './tensor-type-not-in-build';
import { tensorTypeWithoutGpuKernel } from './tensor-type-without-gpu-kernel';
import { gpuNotThere } from './gpu-not-there';
import { requestsCarryNoKey } from './requests-carry-no-key';
import { numberReadInPart } from './number-read-in-part';

export const llamaCppRules: readonly Rule[] = [
  argumentRemoved,
  argumentValueUnknown,
  contextDividedBySlots,
  flashAttentionValue,
  kvTypeUnknown,
  projectorNotNamed,
  promptCacheExceedsHostMemory,
  quantizedValuesNeedFlashAttention,
  quantizedValuesNeedKernel,
  slotsShareOneCache,
  kvTypeNotInHead,
  modelFileNotLoadable,
  splitModeRow,
  splitModeTensor,
  kvTypesDifferWithMla,
  speculationNeedsMtpLayers,
  chatTemplateIsAName,
  speculationWithoutDraft,
  embeddingExceedsBatch,
  embeddingsNotRouted,
  argumentNotInBuild,
  ropeFactorsNotInBuild,
  preTokenizerNotInBuild,
  tensorTypeNotInBuild,
  tensorTypeWithoutGpuKernel,
  gpuNotThere,
  requestsCarryNoKey,
  healthNotAtItsPath,
  modelNotNamed,
  numberReadInPart,
  layersExceedHostMemory,
  slotsExceedSequences,
  argumentFormUnknown,
  chatTemplateUnknown,
];
