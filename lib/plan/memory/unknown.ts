import type { MemoryPlan } from '../types';
import type { EngineMemory } from './types';

const NOTHING: MemoryPlan = {
  total: null,
  usable: null,
  weights: null,
  activations: null,
  graphs: null,
  runtime: null,
  kvCache: null,
};

/** Only what is the same for every engine; the rest is not known. */
export function partialMemory(known: Partial<MemoryPlan>, kvBytesPerToken: number | null): EngineMemory {
  return {
    memory: { ...NOTHING, ...known },
    kvBytesPerToken,
    kvCacheTokens: null,
    maxConcurrency: null,
    largestMaxModelLen: null,
  };
}
