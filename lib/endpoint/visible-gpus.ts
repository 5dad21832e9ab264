import type { Instance } from '../hardware/types';
import type { EndpointSpec } from '../spec/types';

/** Containers whose server counts the GPUs that CUDA shows it. DJL Serving sets the variable for each worker itself. */
const FAMILIES: ReadonlySet<string> = new Set(['vllm', 'sglang', 'llama-cpp']);

/**
 * How many GPUs CUDA_VISIBLE_DEVICES leaves of an instance's: indices count up to the first that is none.
 * `undefined` where it is not set, names devices by other means, or belongs to a container that sets it.
 */
export function visibleGpus(spec: EndpointSpec, instance: Instance | undefined): number | undefined {
  const value = spec.environment?.CUDA_VISIBLE_DEVICES?.trim();
  if (value === undefined || instance?.kind !== 'gpu' || !FAMILIES.has(spec.container?.family ?? '')) return undefined;
  if (!/^(-?\d+(\s*,\s*-?\d+)*)?$/.test(value)) return undefined;
  const indices = value === '' ? [] : value.split(',').map(Number);
  const end = indices.findIndex((index) => index < 0 || index >= instance.acceleratorCount);
  return new Set(end < 0 ? indices : indices.slice(0, end)).size;
}

/** The instance as its server sees it. One without any GPU in sight is left as it is, and has a rule of its own. */
export function asVisible(spec: EndpointSpec, instance: Instance | undefined): Instance | undefined {
  const visible = visibleGpus(spec, instance);
  if (instance === undefined || !visible || visible >= instance.acceleratorCount) return instance;
  return { ...instance, acceleratorCount: visible };
}
