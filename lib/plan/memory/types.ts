import type { MemoryPlan } from '../types';

/** Memory of one accelerator, and what its cache holds; a figure that is not known is `null`. */
export interface EngineMemory {
  readonly memory: MemoryPlan;
  readonly kvBytesPerToken: number | null;
  readonly kvCacheTokens: number | null;
  readonly maxConcurrency: number | null;
  readonly largestMaxModelLen: number | null;
}
