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
}

/** What a container makes of a spec. */
export interface RenderedContainer {
  /** Variables to set on the SageMaker model. */
  readonly environment: Readonly<Record<string, string>>;
  /** The server's argument vector as the container's entry point builds it, program first. */
  readonly command: readonly string[];
}
