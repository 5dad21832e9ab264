import type { ResolvedEndpoint } from '../endpoint/types';
import type { Instance } from '../hardware/types';
import type { Plan } from '../plan/types';
import { GIB } from '../units';
import type { Reservation } from './types';

/**
 * Host memory that is not there for models: operating system, agents, the container runtime. AWS publishes no figure;
 * this one is chosen large enough to be safe, because a copy that finds no place makes the deployment wait in vain.
 */
const HOST_OVERHEAD_SHARE = 0.1;
const LEAST_HOST_OVERHEAD_BYTES = 1 * GIB;

/** Cores likewise: one for the agents, where there is more than one. */
const OVERHEAD_CORES = 1;

/** Python, CUDA libraries and the buffers of one serving process, beside the weights. */
const PROCESS_BYTES = 4 * GIB;

/** llama-server has neither. */
const NATIVE_PROCESS_BYTES = 0.5 * GIB;

/** Memory to reserve where nothing is known of the model, as a share of the instance. */
const UNKNOWN_SHARE = 0.5;

/** What an instance has for copies of inference components. */
export function capacityOf(instance: Instance): Reservation {
  const overhead = Math.max(LEAST_HOST_OVERHEAD_BYTES, instance.memoryBytes * HOST_OVERHEAD_SHARE);
  return {
    accelerators: instance.acceleratorCount,
    cpuCores: instance.vcpus > 1 ? instance.vcpus - OVERHEAD_CORES : instance.vcpus,
    memoryBytes: Math.floor(instance.memoryBytes - overhead),
  };
}

/**
 * What one copy reserves, worked out from its plan.
 *
 * On accelerators, a copy takes the devices over which it is split, and host memory for the weights that pass through
 * it, but never more than its devices' share of the host: weights are mapped, so that a smaller host loads more slowly,
 * and that is all. On a CPU, all of the plan lies in host memory, and the copy gets the cores in proportion to it.
 */
export function reservationOf(resolved: ResolvedEndpoint, plan: Plan, instance: Instance): Reservation {
  const capacity = capacityOf(instance);
  if (instance.kind === 'cpu') return onCpu(plan, capacity, instance);
  const accelerators = devicesOf(resolved, instance);
  const shareOfHost = Math.min(1, accelerators / Math.max(1, instance.acceleratorCount));
  const needed = (plan.checkpointBytes ?? capacity.memoryBytes * UNKNOWN_SHARE) + PROCESS_BYTES;
  return { accelerators, cpuCores: 0, memoryBytes: Math.floor(Math.min(needed, capacity.memoryBytes * shareOfHost)) };
}

/** Accelerators of one copy; on Neuron, chips that hold the cores asked for. llama.cpp deals layers out to its devices. */
function devicesOf({ options, container }: ResolvedEndpoint, instance: Instance): number {
  if (container?.engine === 'llama.cpp') return options.pipelineParallelSize;
  const ranks = options.tensorParallelSize * options.pipelineParallelSize;
  const cores = instance.accelerator?.neuronCores;
  if (instance.kind !== 'neuron' || cores === undefined) return ranks;
  return Math.ceil((ranks * (options.logicalNeuronCores ?? 1)) / cores);
}

function onCpu({ memory, checkpointBytes }: Plan, capacity: Reservation, instance: Instance): Reservation {
  const parts = [memory.weights, memory.kvCache, memory.activations, memory.graphs, memory.runtime];
  const planned = memory.weights === null ? checkpointBytes : parts.reduce<number>((sum, part) => sum + (part ?? 0), 0);
  const memoryBytes = planned === null ? capacity.memoryBytes * UNKNOWN_SHARE : planned + NATIVE_PROCESS_BYTES;
  const cores = (capacity.cpuCores * memoryBytes) / capacity.memoryBytes;
  return {
    accelerators: 0,
    // More than there are would hide that it is the memory that is missing.
    cpuCores: Math.min(instance.vcpus, Math.max(1, Math.floor(cores))),
    memoryBytes,
  };
}
