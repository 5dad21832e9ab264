/** How weights are stored and computed. */
export interface Scheme {
  /** Name in the endpoint spec: `awq`, `fp8-block`, `gguf:Q4_K_M`. */
  readonly name: string;
  readonly weightBits: number;
  readonly weightType: 'float' | 'int' | 'fp8' | 'fp4' | 'nf4' | 'gguf';
  readonly activationBits: number;
  readonly activationScales: 'none' | 'dynamic-token' | 'dynamic-group' | 'static-tensor';
  /** -1: one group an output channel; undefined: one scale for the tensor, or not applicable. */
  readonly groupSize?: number;
  readonly symmetric: boolean;
  /** Checkpoint layout: `awq`, `gptq`, `compressed-tensors`, `fp8`, `modelopt`, `gguf`, `bitsandbytes`, `neuron`, `mxfp4`, `plain`. */
  readonly layout: string;
  /** Where the scheme came from. */
  readonly origin: 'spec' | 'checkpoint' | 'default';
  /** For `gguf:` and `gguf-tensor:`, the llama.cpp type name. */
  readonly ggufType?: string;
  /** llama.cpp: made with an importance matrix, where the publisher is known to use one for every type. */
  readonly importanceMatrix?: boolean;
  /** GPTQ `desc_act`: columns quantized in the order of their activations, so that groups are not contiguous. */
  readonly activationOrder?: boolean;
  /** Rows × columns that share one scale, for block-scaled FP8. */
  readonly blockSize?: readonly [number, number];
  /** bitsandbytes: are the scales themselves quantized? */
  readonly doubleQuantized?: boolean;
  /** What routed experts are stored in, where it is another scheme. */
  readonly experts?: Scheme;
  /** Where a checkpoint says of each module what it is stored in. */
  readonly modules?: ModuleSchemes;
}

export interface ModuleSchemes {
  /** What a module is stored in, by its name with the numbers of layer and expert; undefined: it is not quantized. */
  readonly of: (module: string) => Scheme | undefined;
  /** May it differ between layers made of the same weights? */
  readonly dependsOnLayer: boolean;
}

/** How a container runs a scheme on an accelerator. */
export interface SchemeSupport {
  /**
   * `native`: a kernel made for it. `fallback`: it runs, but weight-only or dequantized, without the speed its name promises.
   * `unsupported`: the server refuses it. `unknown`: nothing is known, which is a warning and never an error.
   */
  readonly level: 'native' | 'fallback' | 'unsupported' | 'unknown';
  /** Kernel or library that computes with it: `Marlin`, `CUTLASS FP8`, `Marlin FP8 weight-only`. */
  readonly kernel?: string;
  /** Why, as a clause that can follow "because"; absent for `native`. */
  readonly reason?: string;
  /** Compute capability × 10 from which the container accepts it. */
  readonly minimumSm?: number;
  /** Compute capability × 10 from which it runs natively, where that is higher. */
  readonly nativeSm?: number;
  /** Engine version that would support it, as `0.24.0`: the first, or the last where support has gone. */
  readonly supportedSince?: string;
  readonly supportedUntil?: string;
  /** The engine's own name of the method: `awq_marlin`, `compressed-tensors`. */
  readonly method?: string;
  /** Activation dtypes that the method accepts; absent where not known. */
  readonly activationDtypes?: readonly string[];
  readonly source: string;
}
