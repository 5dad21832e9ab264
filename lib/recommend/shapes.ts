import type { EndpointSpec } from '../spec/types';
import type { Combination } from './types';
import { MOST_AT_ONCE, type Workload } from './workload';

/** llama-server is told how many it runs at once. No measurement of more stands behind the plan's figures for it. */
const SLOTS = [16, 8, 4, 2, 1];

/** A model on Neuron is compiled for one batch: those that `NeuronEndpoint` tries. */
const BATCHES = [4, 2, 1];

/** LMI runs so many at once where nobody says; vLLM alone, which is in it, would take more. Source: djl-serving LmiConfigRecommender.java. */
const LMI_BATCH = 32;

/**
 * The combination as specs to deploy, those that run most requests at once first. Only servers that divide or compile their memory for a
 * number of requests have more than one.
 *
 * @param context tokens of each request
 */
export function shapesOf(
  spec: EndpointSpec,
  combination: Combination,
  context: number,
  workload: Workload,
): readonly EndpointSpec[] {
  const { container } = combination;
  if (container === 'llama-cpp') return llamaCppShapes(spec, context, workload);
  if (isNeuron(container)) return neuronShapes(spec, combination, context, workload);
  const { tensorParallelSize } = combination;
  const plain = { ...spec, options: { ...spec.options, maxModelLen: context, tensorParallelSize } };
  const wanted = workload.requestsPerSecond === undefined ? Math.min(workload.concurrency, MOST_AT_ONCE) : MOST_AT_ONCE;
  if (container !== 'lmi' || spec.options?.maxNumSeqs !== undefined || wanted <= LMI_BATCH) return [plain];
  return [{ ...plain, options: { ...plain.options, maxNumSeqs: wanted } }, plain];
}

/** The number of requests that a spec gives room to by itself; undefined where the server finds out. */
export function roomOf({ container, options }: EndpointSpec): number | undefined {
  if (container?.family === 'llama-cpp') return options?.slots;
  return isNeuron(container?.family) ? options?.batchSize : undefined;
}

function isNeuron(family: Combination['container'] | undefined): boolean {
  return family === 'hf-vllm-neuron' || family === 'lmi-neuron' || family === 'vllm-neuron';
}

/** Context is divided among slots, which are asked for: otherwise four share one cache. */
function llamaCppShapes(spec: EndpointSpec, context: number, workload: Workload): readonly EndpointSpec[] {
  const { options, environment } = spec;
  const asked = options?.slots;
  return (asked === undefined ? steps(SLOTS, workload) : [asked]).map((slots) => ({
    ...spec,
    options: {
      ...options,
      // Who gives both means llama-server's own: the context of all slots.
      maxModelLen: asked !== undefined && options?.maxModelLen !== undefined ? options.maxModelLen : context * slots,
      slots,
    },
    environment: { SM_LLAMA_CPP_N_GPU_LAYERS: '999', ...environment },
  }));
}

function neuronShapes(
  spec: EndpointSpec,
  { tensorParallelSize }: Combination,
  context: number,
  workload: Workload,
): readonly EndpointSpec[] {
  const { maxModelLen: _length, ...options } = spec.options ?? {};
  const asked = options.batchSize ?? options.maxNumSeqs;
  return (asked === undefined ? steps(BATCHES, workload) : [asked]).map((batchSize) => ({
    ...spec,
    options: { sequenceLength: context, ...options, tensorParallelSize, batchSize },
  }));
}

/** No more than the workload has at once, where it says. */
function steps(all: readonly number[], { concurrency, requestsPerSecond }: Workload): readonly number[] {
  if (requestsPerSecond !== undefined || concurrency >= all[0]) return all;
  return [...new Set([concurrency, ...all.filter((step) => step <= concurrency)])];
}
