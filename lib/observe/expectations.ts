import { resolveEndpoint } from '../endpoint/resolve';
import type { ResolvedEndpoint } from '../endpoint/types';
import { makePlan } from '../plan';
import type { MemoryPlan } from '../plan/types';
import type { EndpointSpec } from '../spec/types';

/** What the plan says that can be measured. A figure that cannot be known is left out. */
export interface Expectations {
  /** With as many requests at once as are planned: the slowest that is as it should be. */
  readonly firstTokenMs?: number;
  readonly interTokenMs?: number;
  /** Of one instance with a full batch. */
  readonly outputTokensPerSecond?: number;
  /** Requests that one instance works on at once. */
  readonly concurrency?: number;
  /** Per cent, all GPUs of an instance added up, as SageMaker's metric is. */
  readonly gpuMemoryUtilization?: number;
  /** GPUs of an instance. */
  readonly gpus: number;
  /** Engines say different things in their logs. */
  readonly engine?: string;
  readonly usdPerHour?: number;
  readonly minInstanceCount: number;
  readonly maxInstanceCount: number;
}

export function expectationsOf(spec: EndpointSpec): Expectations {
  const { initialInstanceCount = 1, minInstanceCount = initialInstanceCount } = spec.endpoint ?? {};
  const counts = {
    minInstanceCount,
    maxInstanceCount: Math.max(minInstanceCount, spec.endpoint?.maxInstanceCount ?? initialInstanceCount),
  };
  let resolved: ResolvedEndpoint;
  try {
    resolved = resolveEndpoint(spec);
  } catch {
    // What cannot be resolved is refused with its reason where the endpoint itself is checked.
    return { ...counts, gpus: 0 };
  }
  const { options, container, instance } = resolved;
  const concurrency = options.maxNumSeqs ?? options.slots ?? options.batchSize;
  const { estimate, memory, cost } = makePlan({
    ...resolved,
    spec: concurrency === undefined ? spec : { ...spec, workload: { ...spec.workload, concurrency } },
  });
  const gpus = instance?.kind === 'gpu' ? instance.acceleratorCount : 0;
  const used = Math.min(gpus, options.tensorParallelSize * options.pipelineParallelSize);
  const share = memoryShare(memory);
  return {
    ...counts,
    gpus,
    ...definedOnly({
      firstTokenMs: estimate.timeToFirstTokenMs,
      interTokenMs: estimate.interTokenMs,
      outputTokensPerSecond: estimate.outputTokensPerSecond,
      concurrency,
      gpuMemoryUtilization: gpus === 0 || share === null ? null : share * used * 100,
      engine: container?.engine,
      usdPerHour: cost.usdPerHour,
    }),
  };
}

/** What is planned to be taken of one accelerator's memory, 0 to 1; null where a part of it is not known. */
function memoryShare({ total, weights, activations, graphs, runtime, kvCache }: MemoryPlan): number | null {
  if (total === null || weights === null || kvCache === null) return null;
  return (weights + kvCache + (activations ?? 0) + (graphs ?? 0) + (runtime ?? 0)) / total;
}

function definedOnly<T extends object>(object: T): { [Key in keyof T]?: NonNullable<T[Key]> } {
  const known = Object.entries(object).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(known) as { [Key in keyof T]?: NonNullable<T[Key]> };
}
