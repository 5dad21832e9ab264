import type { ContainerFamily } from '../spec/types';
import data from './data/optimization.json';
import type { Technique, TechniqueKind } from './types';

/** What the SageMaker Python SDK lets through for one kind of server. */
export interface ServerTechniques {
  readonly server: 'tensorrt-llm' | 'vllm' | 'neuron';
  /** Instance families, without `ml.`. */
  readonly families: readonly string[];
  readonly compilation: boolean;
  readonly quantization: readonly string[];
  readonly sharding: boolean;
}

/** An image from which on a step no longer works, as its code says; nobody has run it. */
export interface BrokenImage {
  readonly technique: string;
  readonly family: ContainerFamily;
  readonly firstBroken: string;
  readonly reason: string;
}

/** Instance types that `CreateOptimizationJob` takes for the result. */
export const deploymentInstanceTypes: readonly string[] = data.deploymentInstanceTypes;

export const serverTechniques = data.techniques as readonly ServerTechniques[];

export const brokenImages = data.images as readonly BrokenImage[];

export const jobLimits = data.limits;

/** Image for what newer ones no longer do; undefined where the service's own choice is best. */
export function defaultImageOf(
  technique: Technique,
): { readonly family: ContainerFamily; readonly version: string } | undefined {
  const step = technique.kind === 'fast-model-loader' ? 'sharding' : technique.kind;
  const images = data.defaultImages as Readonly<Record<string, { family: ContainerFamily; version: string }>>;
  return Object.hasOwn(images, step) ? images[step] : undefined;
}

/** Image family in which a technique runs. */
export function jobFamilyOf(kind: TechniqueKind): ContainerFamily {
  if (kind === 'tensorrt-llm') return 'lmi-trtllm';
  return kind === 'neuron' ? 'lmi-neuron' : 'lmi';
}

/** Server that runs what a technique makes. */
export function serverOf(kind: TechniqueKind): ServerTechniques['server'] {
  if (kind === 'tensorrt-llm') return 'tensorrt-llm';
  return kind === 'neuron' ? 'neuron' : 'vllm';
}
