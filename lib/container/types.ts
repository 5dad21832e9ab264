import type { ContainerFamily } from '../spec/types';

export type EngineName =
  'vllm' | 'tensorrt-llm' | 'sglang' | 'llama.cpp' | 'neuron-vllm' | 'transformers-neuronx' | 'unknown';

/** A container as named by a spec, looked up in the image data. */
export interface ResolvedContainer {
  readonly family: ContainerFamily;
  /** Image version, e.g. `0.36.0-lmi27` or `0.28.0`; undefined for `custom`. */
  readonly version?: string;
  /** Image tag, where our data has one. */
  readonly tag?: string;
  readonly engine: EngineName;
  /** `[0, 23, 1]` for vLLM 0.23.1; undefined where not known. */
  readonly engineVersion?: readonly number[];
  /** Was no version given, and so the newest taken? */
  readonly versionDefaulted: boolean;
  /** A version that our data does not have: the nearest known one, whose knowledge is applied. */
  readonly assumedVersion?: string;
  /** `130` for cu130; undefined for CPU and Neuron images. */
  readonly cuda?: number;
  /** Namespace of its variables: `OPTION_`, `SM_VLLM_`… */
  readonly environmentPrefix?: string;
  /** ECR repository, or that of a custom image. */
  readonly repository?: string;
  /** Major version of LMI: 27 for `0.36.0-lmi27`. */
  readonly lmi?: number;
}

/** One image of a family and version: LLMs on llama.cpp have one for GPU, x86 and Arm each. */
export interface ContainerImage {
  readonly family: ContainerFamily;
  readonly version: string;
  readonly tag: string;
  readonly repository: string;
  readonly variant: 'gpu' | 'cpu' | 'arm64' | 'neuron';
  readonly engine: EngineName;
  readonly engineVersion?: readonly number[];
  readonly cuda?: number;
  /** Regions whose registry has it; `undefined`: not known. */
  readonly regions?: readonly string[];
}

/** An image in the registry of a region. */
export interface ImageLocation {
  readonly uri: string;
  readonly account: string;
  readonly region: string;
  readonly dnsSuffix: string;
  readonly repository: string;
  readonly tag: string;
  /** Is the tag in that region? `undefined`: not known. */
  readonly available?: boolean;
}

/** What a container makes of a spec. */
export interface RenderedContainer {
  /** Variables to set on the SageMaker model. */
  readonly environment: Readonly<Record<string, string>>;
  /** The server's argument vector as the container's entry point builds it, program first. */
  readonly command: readonly string[];
}
