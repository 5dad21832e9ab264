/** What every server is asked for. */
export interface CommonServingProps {
  /**
   * Longest sequence, prompt and answer together, in tokens.
   *
   * @default - as long as the model allows and the KV cache holds for `maxConcurrency` (or else four) such sequences
   */
  readonly maxModelLen?: number;

  /**
   * Sequences that one instance works on at once; more of them wait. Scaling and alarms are set by it.
   *
   * @default - as many of the longest length as the planned KV cache holds, at most 256
   */
  readonly maxConcurrency?: number;

  /**
   * Variables for the container, beside those made from the props. Each is checked against the list of what the
   * container reads. A value that contradicts a prop is an error.
   *
   * @default - none
   */
  readonly environment?: { [name: string]: string };
}

/** What llama-server is asked for. */
export interface LlamaCppServingProps {
  /**
   * llama.cpp: type of the cached keys, such as `q8_0`.
   *
   * @default - `f16`
   */
  readonly kvTypeK?: string;

  /**
   * llama.cpp: type of the cached values, such as `q8_0`.
   *
   * @default - `f16`
   */
  readonly kvTypeV?: string;

  /**
   * llama.cpp: flash attention, `auto`, `on` or `off`.
   *
   * @default - `auto`
   */
  readonly flashAttention?: string;
}

/**
 * What the server is asked for, in names that hold for every engine. Each becomes the variable or flag that the
 * chosen container reads; one that it does not read is a warning at synth.
 */
export interface ServingProps extends CommonServingProps, LlamaCppServingProps {
  /**
   * GPUs over which each layer is split.
   *
   * @default - all of the instance, or the largest part of them by which the model divides
   */
  readonly tensorParallelSize?: number;

  /**
   * Stages into which the layers are divided.
   *
   * @default 1
   */
  readonly pipelineParallelSize?: number;

  /**
   * Distribute whole experts of a mixture-of-experts model instead of slicing each.
   *
   * @default false
   */
  readonly expertParallel?: boolean;

  /**
   * Tokens that one engine step works on, over all sequences.
   *
   * @default - the engine's own
   */
  readonly maxNumBatchedTokens?: number;

  /**
   * Precision of what is not quantized: `auto`, `float16`, `bfloat16`, `float32`.
   *
   * @default - the engine's own, which follows the checkpoint
   */
  readonly dtype?: string;

  /**
   * Precision of the KV cache, such as `fp8`.
   *
   * @default - the engine's own, which follows `dtype`
   */
  readonly kvCacheDtype?: string;

  /**
   * Share of each GPU's memory that the engine may take, 0 to 1.
   *
   * @default - the engine's own
   */
  readonly gpuMemoryUtilization?: number;

  /**
   * Do without CUDA graphs: less memory, slower.
   *
   * @default - the engine's own
   */
  readonly enforceEager?: boolean;

  /**
   * Keep the KV cache of a prompt's beginning for the next request that begins alike.
   *
   * @default - the engine's own
   */
  readonly enablePrefixCaching?: boolean;

  /**
   * Cut long prompts into pieces between which answers go on.
   *
   * @default - the engine's own
   */
  readonly enableChunkedPrefill?: boolean;

  /**
   * Serve LoRA adapters.
   *
   * @default false
   */
  readonly enableLora?: boolean;

  /**
   * Adapters in memory at once.
   *
   * @default - the engine's own
   */
  readonly maxLoras?: number;

  /**
   * Highest rank of an adapter.
   *
   * @default - the engine's own
   */
  readonly maxLoraRank?: number;

  /**
   * How the weights get from the disk to the GPUs: `runai_streamer` reads with many threads at once and, from local NVMe
   * storage, starts an instance in about half the time; `fastsafetensors` and `sharded_state` are others of vLLM's.
   *
   * @default - the engine's own
   */
  readonly loadFormat?: string;

  /**
   * Run Python code from the model's repository. Whoever can change the repository then runs code on your instances.
   *
   * @default false
   */
  readonly trustRemoteCode?: boolean;
}

/** The requests an endpoint is planned for. */
export interface Workload {
  /**
   * Tokens of a typical prompt.
   *
   * @default - what the planner assumes
   */
  readonly inputTokens?: number;

  /**
   * Tokens of a typical answer.
   *
   * @default - what the planner assumes
   */
  readonly outputTokens?: number;

  /**
   * Requests a second that one endpoint must answer.
   *
   * @default - not planned for
   */
  readonly requestsPerSecond?: number;

  /**
   * Longest acceptable time to the first token, milliseconds.
   *
   * @default - no limit
   */
  readonly maxTimeToFirstTokenMs?: number;

  /**
   * Longest acceptable time between two tokens, milliseconds.
   *
   * @default - no limit
   */
  readonly maxInterTokenMs?: number;
}
