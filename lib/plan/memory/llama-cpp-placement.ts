import { llamaCppHas } from '../../container';
import type { EffectiveOptions, ResolvedEndpoint } from '../../endpoint/types';
import { ggufTensors, type GgufTensors } from '../gguf/file-bytes';

/** A number below zero means all. Source: llama.cpp src/llama-model.cpp, `n_gpu_layers`. */
function offloadedLayers({ gpuLayers = Infinity }: EffectiveOptions): number {
  return gpuLayers < 0 ? Infinity : gpuLayers;
}

export interface Placement {
  /** On the device that has most. */
  readonly weights: number;
  /** On all devices together. */
  readonly onDevices: number;
  /** Part of the layers, and so of the cache, that this device has. */
  readonly layerShare: number;
}

export function inHostMemory({ layers, embedding, output, rest }: GgufTensors): Placement {
  const weights = layers.reduce((sum, bytes) => sum + bytes, embedding + output + rest);
  return { weights, onDevices: 0, layerShare: 1 };
}

/**
 * Layers are shared out in order, evenly or as `--tensor-split` says; the head counts as one layer more, the last. With fewer layers on the
 * GPUs than there are, those are the last ones: with the head since it is offloaded first, without it before.
 * Source: llama.cpp src/llama-model.cpp, `load_tensors`, `i_gpu_start`.
 */
export function placedWeights(
  tensors: GgufTensors,
  options: EffectiveOptions,
  devices: number,
  tied: boolean,
  headFirst: boolean,
): Placement {
  const { layers, experts } = tensors;
  const gpuLayers = offloadedLayers(options);
  if (gpuLayers === 0) return { weights: 0, onDevices: 0, layerShare: 0 };
  const onHost = options.expertsOnHost ?? 0;
  // A tied head is a copy of the embedding.
  const head = tensors.rest + (tied ? tensors.embedding : tensors.output);
  const items = [...layers.map((bytes, layer) => (layer < onHost ? bytes - experts[layer] : bytes)), head];
  const offloaded = Math.min(items.length, gpuLayers);
  const first = headFirst || offloaded === items.length ? items.length - offloaded : layers.length - offloaded;
  const ends = shareEnds(options.gpuShares, Math.min(devices, offloaded));
  const bytes = new Array<number>(ends.length).fill(0);
  const counts = new Array<number>(ends.length).fill(0);
  for (let i = 0; i < offloaded; i++) {
    const found = ends.findIndex((end) => i / offloaded < end);
    const device = found < 0 ? ends.length - 1 : found;
    bytes[device] += items[first + i];
    if (first + i < layers.length) counts[device]++;
  }
  const onDevices = bytes.reduce((sum, of) => sum + of, 0);
  return { weights: Math.max(...bytes), onDevices, layerShare: Math.max(...counts) / layers.length };
}

/** Up to which part of the layers each device goes. Devices beyond one for each layer hold nothing. */
function shareEnds(shares: readonly number[] | undefined, devices: number): readonly number[] {
  const given = Array.from({ length: devices }, (_, device) => (shares === undefined ? 1 : (shares[device] ?? 0)));
  const sum = given.reduce((total, share) => total + share, 0);
  if (!(sum > 0)) return shareEnds(undefined, devices);
  let passed = 0;
  return given.map((share) => (passed += share) / sum);
}

/** Was the head among the first layers to be offloaded, in this build? */
export function hasHeadFirst({ container }: Pick<ResolvedEndpoint, 'container'>): boolean {
  return llamaCppHas(container, 'headOffloadedFirst') !== false;
}

/** Devices that layers are shared out to. */
export function deviceCount({ pipelineParallelSize }: EffectiveOptions): number {
  return Math.max(1, pipelineParallelSize);
}

/**
 * Bytes of weights that llama.cpp keeps in the host's memory beside a GPU: layers that are not offloaded, experts that are kept back, the
 * embedding.
 *
 * @returns `undefined` without a GPU, or where the size of the weights is not known
 */
export function hostWeightBytes(endpoint: ResolvedEndpoint): number | undefined {
  const { model, scheme, options, instance } = endpoint;
  const tensors = model === undefined || instance?.kind !== 'gpu' ? null : ggufTensors(model, scheme);
  if (model === undefined || tensors === null) return undefined;
  const tied = model.tieWordEmbeddings;
  const placed = placedWeights(tensors, options, deviceCount(options), tied, hasHeadFirst(endpoint));
  // The head on the GPU is a copy where it is the embedding.
  return Math.max(tensors.embedding, inHostMemory(tensors).weights - placed.onDevices);
}
