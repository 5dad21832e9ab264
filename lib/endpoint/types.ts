import type { ResolvedContainer } from '../container/types';
import type { Instance } from '../hardware/types';
import type { ModelDescription } from '../model/types';
import type { Scheme } from '../scheme/types';
import type { EndpointSpec } from '../spec/types';

/**
 * A spec with everything it names looked up once: what plan and rules read.
 * A part that the spec leaves out, or that is not in our data, is `undefined`; rules decide what that means.
 */
export interface ResolvedEndpoint {
  readonly spec: EndpointSpec;
  readonly model?: ModelDescription;
  readonly instance?: Instance;
  readonly container?: ResolvedContainer;
  readonly scheme: Scheme;
  /** Options as they will really be: `options` and `environment` merged, then the container's own defaults. */
  readonly options: EffectiveOptions;
}

/** What only variables of llama.cpp say. */
export interface LlamaCppOptions {
  /** `--ubatch-size`: tokens that the compute graph is reserved for. */
  readonly microBatch?: number;
  /** `--swa-full`: layers with a window keep the whole context. */
  readonly fullWindows?: boolean;
  /** `--tensor-split`: shares of the GPUs, none of whose figures need add up to anything; undefined: even ones. */
  readonly gpuShares?: readonly number[];
  /** `--split-mode`. */
  readonly splitMode?: string;
  /** `--n-cpu-moe`, `--cpu-moe`: the first layers whose experts stay in the host's memory. */
  readonly expertsOnHost?: number;
  /** `--no-kv-offload`: the cache stays in the host's memory. */
  readonly cacheOnHost?: boolean;
}

export interface EffectiveOptions extends LlamaCppOptions {
  readonly tensorParallelSize: number;
  readonly pipelineParallelSize: number;
  readonly expertParallel: boolean;
  /** Engines of one vLLM side by side, which share the experts of a mixture. */
  readonly dataParallelSize?: number;
  readonly maxModelLen?: number;
  readonly maxNumSeqs?: number;
  readonly maxNumBatchedTokens?: number;
  readonly gpuMemoryUtilization: number;
  readonly enforceEager: boolean;
  readonly dtype: string;
  readonly kvCacheDtype: string;
  readonly quantizationFlag?: string;
  /** GiB of each GPU's weights that stay in the host's memory. */
  readonly cpuOffloadGib?: number;
  /** Bytes of each GPU's KV cache, where they are set and not what remains. */
  readonly kvCacheBytes?: number;
  readonly enablePrefixCaching?: boolean;
  readonly enableChunkedPrefill?: boolean;
  readonly enableLora: boolean;
  readonly maxLoras: number;
  readonly maxLoraRank: number;
  readonly loadFormat: string;
  readonly trustRemoteCode: boolean;
  readonly slots?: number;
  /** llama.cpp: one cache that all slots share. Else `maxModelLen` is the sum of their contexts. */
  readonly unifiedKvCache?: boolean;
  /** llama.cpp: slots that somebody asked for; 1 where the server takes its own four, which share one request's context. */
  readonly slotsAsked?: number;
  readonly kvTypeK: string;
  readonly kvTypeV: string;
  readonly flashAttention: string;
  readonly gpuLayers?: number;
  /** llama.cpp: nobody set a context, and the server takes the longest that fits, down to 4,096 tokens. */
  readonly fitsContext?: boolean;
  readonly batchSize?: number;
  readonly sequenceLength?: number;
  readonly logicalNeuronCores?: number;
}
