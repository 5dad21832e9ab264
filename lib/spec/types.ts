/** The endpoint spec: one JSON object that describes a deployment. Everything that validates, plans or recommends works on it. */
export interface EndpointSpec {
  /** Echoed in the answer. */
  readonly id?: string;
  readonly model: ModelSpec;
  /** Scheme name; default: what the checkpoint's `quantization_config` says, else `none`. */
  readonly quantization?: string;
  /** Weights that share one scale; -1 is one group for each output channel. */
  readonly groupSize?: number;
  readonly container?: ContainerSpec;
  readonly instanceType?: string;
  readonly instancePools?: readonly InstancePoolSpec[];
  readonly region?: string;
  readonly options?: ServingOptions;
  /** Raw container variables, checked against the container's own list. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly endpoint?: EndpointOptions;
  readonly speculative?: SpeculativeSpec;
  readonly workload?: WorkloadSpec;
}

export interface ModelSpec {
  /** Hub id, `s3://` prefix or local directory. */
  readonly id?: string;
  /** The checkpoint's config.json, verbatim. May be left out for well-known models, whose published one is used then. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Sum of the weight files' tensor bytes, where known. */
  readonly weightBytes?: number;
  /** The hub asks for a licence acceptance. */
  readonly gated?: boolean;
}

export const CONTAINER_FAMILIES = [
  'lmi',
  'lmi-trtllm',
  'lmi-neuron',
  'vllm',
  'sglang',
  'llama-cpp',
  'hf-vllm-neuron',
  'vllm-neuron',
  'custom',
] as const;
export type ContainerFamily = (typeof CONTAINER_FAMILIES)[number];

export interface ContainerSpec {
  readonly family: ContainerFamily;
  /** Image version or tag; for family `vllm` also a plain engine version such as `0.8.5`. */
  readonly version?: string;
  /** Full image URI, for `custom`. */
  readonly image?: string;
}

export interface InstancePoolSpec {
  readonly instanceType: string;
  /** 1 (tried first) to 5. */
  readonly priority?: number;
  readonly model?: ModelSpec;
  readonly quantization?: string;
}

/** What the server is asked for, in engine-neutral names. */
export interface ServingOptions {
  readonly tensorParallelSize?: number;
  readonly pipelineParallelSize?: number;
  readonly expertParallel?: boolean;
  /** Tokens, prompt and answer together. */
  readonly maxModelLen?: number;
  readonly maxNumSeqs?: number;
  readonly maxNumBatchedTokens?: number;
  readonly dtype?: string;
  readonly kvCacheDtype?: string;
  /** Fraction of the accelerator's memory, 0 to 1. */
  readonly gpuMemoryUtilization?: number;
  readonly enforceEager?: boolean;
  readonly enablePrefixCaching?: boolean;
  readonly enableChunkedPrefill?: boolean;
  readonly enableLora?: boolean;
  readonly maxLoras?: number;
  readonly maxLoraRank?: number;
  readonly loadFormat?: string;
  readonly trustRemoteCode?: boolean;
  /** llama.cpp: parallel slots. */
  readonly slots?: number;
  readonly kvTypeK?: string;
  readonly kvTypeV?: string;
  /** llama.cpp: `auto`, `on`, `off`. */
  readonly flashAttention?: string;
  /** Neuron: compiled batch size. */
  readonly batchSize?: number;
  /** Neuron: compiled sequence length, tokens. */
  readonly sequenceLength?: number;
  readonly logicalNeuronCores?: number;
}

export interface EndpointOptions {
  readonly endpointName?: string;
  readonly initialInstanceCount?: number;
  readonly minInstanceCount?: number;
  readonly maxInstanceCount?: number;
  readonly copyCount?: number;
  readonly asyncInference?: boolean;
  readonly inferenceComponents?: boolean;
  readonly networkIsolation?: boolean;
  readonly vpc?: boolean;
  readonly volumeSizeInGb?: number;
  readonly inferenceAmiVersion?: string;
  readonly startupHealthCheckTimeoutSeconds?: number;
  readonly modelDataDownloadTimeoutSeconds?: number;
  readonly acceptEula?: boolean;
  readonly hubToken?: 'secret' | 'plaintext';
  readonly modelData?: 'hub' | 's3-prefix' | 's3-tarball' | 'jumpstart' | 'model-package';
}

export interface SpeculativeSpec {
  readonly method?: string;
  readonly model?: string;
  readonly tokens?: number;
  /** The config.json of what guesses, verbatim: its memory is then part of the plan. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Sum of the tensor bytes of what guesses, where known. */
  readonly weightBytes?: number;
}

export interface WorkloadSpec {
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  readonly concurrency?: number;
  readonly requestsPerSecond?: number;
  readonly maxTimeToFirstTokenMs?: number;
  readonly maxInterTokenMs?: number;
  readonly maxUsdPerHour?: number;
  readonly maxUsdPerMonth?: number;
}
