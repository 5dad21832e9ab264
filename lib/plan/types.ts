/** Sizes in bytes for each accelerator. A figure that cannot be known is `null`, never a guess. */
export interface MemoryPlan {
  readonly total: number | null;
  readonly usable: number | null;
  readonly weights: number | null;
  readonly activations: number | null;
  readonly graphs: number | null;
  readonly runtime: number | null;
  readonly kvCache: number | null;
}

export interface SpeedEstimate {
  readonly timeToFirstTokenMs: number | null;
  readonly interTokenMs: number | null;
  readonly outputTokensPerSecond: number | null;
  readonly requestsPerSecond: number | null;
  readonly bound: 'memory-bandwidth' | 'compute' | 'interconnect' | 'overhead' | null;
}

export interface CostEstimate {
  readonly usdPerHour: number | null;
  readonly usdPerMillionOutputTokens: number | null;
  readonly priceDate: string | null;
  readonly priceSource: string | null;
}

/** What fits, how fast, what it costs. */
export interface Plan {
  /** Over the whole model. */
  readonly parameters: number | null;
  /** Bytes of the checkpoint's weight files as this scheme stores them. */
  readonly checkpointBytes: number | null;
  readonly memory: MemoryPlan;
  readonly kvBytesPerToken: number | null;
  /** Whole tokens over all sequences. */
  readonly kvCacheTokens: number | null;
  readonly maxConcurrency: number | null;
  readonly largestMaxModelLen: number | null;
  readonly estimate: SpeedEstimate;
  readonly cost: CostEstimate;
}
