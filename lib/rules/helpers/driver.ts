import { defaultDriver, findInferenceAmi } from '../../container';
import type { ResolvedContainer } from '../../container/types';
import type { RuleContext } from '../types';

/** The driver that an endpoint's hosts have. */
export interface HostDriver {
  readonly driver: number;
  /** Newest CUDA it runs by itself, × 10. */
  readonly cuda: number;
}

/** That of the AMI, else the documented default of the instance family; `undefined` where neither is known. */
export function hostDriver({ spec, instance }: RuleContext): HostDriver | undefined {
  const name = spec.endpoint?.inferenceAmiVersion;
  if (name === undefined) return instance && defaultDriver(instance.family);
  const ami = findInferenceAmi(name);
  return ami?.cuda === undefined ? undefined : { driver: ami.driver, cuda: ami.cuda };
}

/** `al2-ami-sagemaker-inference-gpu-3-1 driver 550 (CUDA 12.4)`; where it comes from without an AMI. */
export function driverText({ spec, instance }: RuleContext, { driver, cuda }: HostDriver): string {
  const from = spec.endpoint?.inferenceAmiVersion ?? `no inferenceAmiVersion, which on ${instance?.family} means`;
  return `${from} driver ${driver} (CUDA ${cudaText(cuda)})`;
}

/** `13.0` for 130. */
export function cudaText(cuda: number): string {
  return (cuda / 10).toFixed(1);
}

/**
 * `bundled`: the image carries the libraries that let an older driver run its CUDA (DJL). `strict`: it runs on the
 * driver of the host alone (AWS vLLM, SGLang, llama.cpp and their Hugging Face twins). `unknown`: a custom image.
 */
export type CudaCompatibility = 'bundled' | 'strict' | 'unknown';

const STRICT = new Set([
  'vllm',
  'sglang',
  'llama-cpp',
  'huggingface-vllm',
  'huggingface-sglang',
  'huggingface-llamacpp',
]);

export function cudaCompatibility({ repository }: ResolvedContainer): CudaCompatibility {
  if (repository === 'djl-inference') return 'bundled';
  return repository !== undefined && STRICT.has(repository) ? 'strict' : 'unknown';
}

/** The AMI that AWS tests an image of this CUDA with. */
export function amiFor(cuda: number): string {
  return cuda >= 130 ? 'al2023-ami-sagemaker-inference-gpu-4-1' : 'al2-ami-sagemaker-inference-gpu-3-1';
}
