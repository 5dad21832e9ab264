import type { Rule } from '../types';
import { contextDividedBySlots } from './context-divided-by-slots';
import { flashAttentionValue } from './flash-attention-value';
import { kvTypeUnknown } from './kv-type-unknown';
import { projectorNotNamed } from './projector-not-named';
import { promptCacheExceedsHostMemory } from './prompt-cache-exceeds-host-memory';
import { quantizedValuesNeedFlashAttention } from './quantized-values-need-flash-attention';
import { quantizedValuesNeedKernel } from './quantized-values-need-kernel';
import { slotsShareOneCache } from './slots-share-one-cache';

export const llamaCppRules: readonly Rule[] = [
  contextDividedBySlots,
  flashAttentionValue,
  kvTypeUnknown,
  projectorNotNamed,
  promptCacheExceedsHostMemory,
  quantizedValuesNeedFlashAttention,
  quantizedValuesNeedKernel,
  slotsShareOneCache,
];
