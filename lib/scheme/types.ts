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
}
