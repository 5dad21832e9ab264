export interface Accelerator {
  /** Our key: `A10G`, `H100`, `Inferentia2`. */
  readonly key: string;
  readonly vendor: 'NVIDIA' | 'AWS' | 'Habana';
  readonly model: string;
  readonly architecture?: string;
  /** CUDA compute capability × 10 (A10G: 86); undefined for what is not CUDA. */
  readonly sm?: number;
  readonly memoryBytesAdvertised: number;
  /** What the framework sees (lowest `torch.cuda` total seen), bytes. */
  readonly memoryBytesUsable: number;
  /** Bytes a second. */
  readonly bandwidth: number;
  /** Dense peak, FLOP/s by precision; undefined where the part has no such unit. */
  readonly flops: Readonly<Partial<Record<'fp16' | 'bf16' | 'fp8' | 'int8' | 'fp4' | 'int4', number>>>;
  readonly interconnect?: string;
  /** Bytes a second to its peers, both directions together, where known. */
  readonly interconnectBandwidth?: number;
  readonly neuronCores?: number;
}

export interface Instance {
  readonly instanceType: string;
  readonly family: string;
  readonly size: string;
  readonly kind: 'gpu' | 'neuron' | 'cpu' | 'gaudi';
  readonly vcpus: number;
  readonly memoryBytes: number;
  /** Of it, what is left for a container beside kernel, system and agents; undefined: all. */
  readonly memoryBytesUsable?: number;
  readonly cpuArchitecture: 'x86_64' | 'arm64';
  readonly simd?: string;
  readonly localNvmeBytes: number;
  /** Bytes a second, where known. */
  readonly networkBandwidth?: number;
  /** `undefined`: not known, a warning. */
  readonly volumeSizeAllowed?: boolean;
  readonly accelerator?: Accelerator;
  readonly acceleratorCount: number;
  readonly regions: readonly string[];
}

export interface Price {
  readonly usdPerHour: number;
  readonly region: string;
  /** ISO date the price was true. */
  readonly date: string;
  readonly source: string;
}
