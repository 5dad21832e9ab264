import { contextCells } from '../../endpoint/slots';
import { bytesPerElement } from '../../scheme/gguf/types';
import { ggufTensors, type GgufTensors } from '../gguf/file-bytes';
import { bytesPerToken, kvGroups, type KvGroup } from '../kv/groups';
import type { EffectiveOptions } from '../../endpoint/types';
import type { ModelDescription } from '../../model/types';
import type { Subject } from '../subject';
import { MIB } from '../../units';
import type { EngineMemory } from './types';
import { partialMemory } from './unknown';

/** Tokens of one micro-batch (`-ub`), for which the compute graph is reserved. */
const MICRO_BATCH = 512;
/** CUDA context and cuBLAS workspace of one device. */
const DEVICE_RUNTIME_BYTES = 300 * MIB;

/**
 * llama.cpp: whole layers on each device, as many as `--n-gpu-layers` says, with their part of the cache; the token embedding stays in
 * host memory. The cache is allocated for the whole context at once, divided among the slots.
 * Source: llama.cpp src/llama-model.cpp (`load_tensors`), src/llama-context.cpp, tools/server/README.md.
 */
export function llamaCppMemory(subject: Subject): EngineMemory {
  const { model, scheme, instance, options } = subject;
  const tensors = ggufTensors(model, scheme);
  const keyBytes = bytesPerElement(options.kvTypeK);
  const valueBytes = bytesPerElement(options.kvTypeV);
  if (tensors === null) return partialMemory({}, null);
  const onGpu = instance === undefined || instance.kind === 'gpu';
  const devices = onGpu ? Math.max(1, options.pipelineParallelSize) : 1;
  const placed = onGpu
    ? placedWeights(tensors, offloadedLayers(options), devices, model.tieWordEmbeddings)
    : inHostMemory(tensors);
  const { weights } = placed;
  const total = onGpu ? subject.accelerator?.memoryBytesUsable : instance.memoryBytes;
  const usable = onGpu ? total : (instance.memoryBytesUsable ?? total);
  if (keyBytes === undefined || valueBytes === undefined) return partialMemory({ total: total ?? null, weights }, null);

  const all = kvGroups(model, { tensorParallel: 1, pipelineParallel: 1, keyBytes, valueBytes });
  const context = options.maxModelLen;
  const perToken = bytesPerToken(all);
  if (context === undefined) return partialMemory({ total: total ?? null, weights }, perToken);
  const slots = Math.max(1, options.slots ?? 1);
  const cells = contextCells(context, { ...options, slots });
  const share = placed.layerShare;
  const cache = cacheBytes(all, cells, slots) * share;
  const activations = computeBytes(subject, cells);
  const runtime = onGpu ? DEVICE_RUNTIME_BYTES : 0;
  const fixed = weights + activations + runtime;
  const fits = usable === undefined ? null : fixed + cache <= usable;
  const room = usable === undefined ? null : Math.max(0, usable - fixed);
  return {
    memory: {
      total: total ?? null,
      usable: usable ?? null,
      weights: Math.round(weights),
      activations: Math.round(activations),
      graphs: 0,
      runtime,
      kvCache: room === null ? null : Math.floor(Math.min(cache, room)),
    },
    kvBytesPerToken: perToken * share,
    kvCacheTokens: room === null ? null : largestCells(all, slots, share, room, cells),
    maxConcurrency: fits === null ? null : fits ? slots : 0,
    largestMaxModelLen: room === null ? null : largestCells(all, slots, share, room, longestContext(model, options)),
  };
}

/**
 * Each slot may be as long as the model's own context; what is asked for beyond it is allocated all the same, and the server then uses
 * only the part that the model was made for. Source: llama.cpp tools/server/server-context.cpp, "exceeds the training context".
 */
function longestContext(model: ModelDescription, { maxModelLen = 0, slotsAsked = 1 }: EffectiveOptions): number {
  return Math.max(maxModelLen, (model.maxPositionEmbeddings ?? 0) * slotsAsked);
}

/** A number below zero means all. Source: llama.cpp src/llama-model.cpp, `n_gpu_layers`. */
function offloadedLayers({ gpuLayers = Infinity }: EffectiveOptions): number {
  return gpuLayers < 0 ? Infinity : gpuLayers;
}

interface Placement {
  /** On the device that has most. */
  readonly weights: number;
  /** Part of the layers, and so of the cache, that this device has. */
  readonly layerShare: number;
}

function inHostMemory({ layers, embedding, output, rest }: GgufTensors): Placement {
  return { weights: layers.reduce((sum, bytes) => sum + bytes, embedding + output + rest), layerShare: 1 };
}

function placedWeights(tensors: GgufTensors, gpuLayers: number, devices: number, tied: boolean): Placement {
  const { layers } = tensors;
  if (gpuLayers === 0) return { weights: 0, layerShare: 0 };
  // The head counts as one layer more, and is offloaded last. A tied head is a copy of the embedding.
  const head = tensors.rest + (tied ? tensors.embedding : tensors.output);
  const items = [...layers, head];
  const offloaded = Math.min(items.length, gpuLayers);
  const first = offloaded === items.length ? 0 : layers.length - offloaded;
  // Devices beyond one for each layer hold nothing.
  const used = Math.min(devices, offloaded);
  const bytes = new Array<number>(used).fill(0);
  const counts = new Array<number>(used).fill(0);
  for (let i = 0; i < offloaded; i++) {
    const device = Math.floor((i * used) / offloaded);
    bytes[device] += items[first + i];
    if (first + i < layers.length) counts[device]++;
  }
  return { weights: Math.max(...bytes), layerShare: Math.max(...counts) / layers.length };
}

/** Layers with a window keep it and one micro-batch more, for each slot; states one for each slot. Source: src/llama-kv-cache-iswa.cpp. */
function cacheBytes(groups: readonly KvGroup[], cells: number, slots: number): number {
  return groups.reduce((total, group) => {
    if (group.kind === 'recurrent') return total + group.stateBytes * group.layers * slots;
    const kept = group.window === undefined ? cells : Math.min(cells, group.window * slots + MICRO_BATCH);
    return total + group.bytesPerToken * group.layers * kept;
  }, 0);
}

function largestCells(groups: readonly KvGroup[], slots: number, share: number, room: number, most: number): number {
  let fits = 0;
  let tooMany = Math.max(1, most) + 1;
  while (tooMany - fits > 1) {
    const middle = Math.floor((fits + tooMany) / 2);
    if (cacheBytes(groups, middle, slots) * share <= room) fits = middle;
    else tooMany = middle;
  }
  return fits;
}

/**
 * The reserved compute graph: logits of a micro-batch in float32, its feed-forward, and without flash attention the scores of every head
 * against the whole context.
 */
function computeBytes({ model, options }: Subject, cells: number): number {
  const logits = MICRO_BATCH * model.vocabSize * 4;
  const forward = MICRO_BATCH * (3 * model.intermediateSize + 4 * model.hiddenSize) * 4;
  const scores =
    options.flashAttention.toLowerCase() === 'off'
      ? MICRO_BATCH * model.numAttentionHeads * cells * 4
      : MICRO_BATCH * cells * 2;
  return Math.max(logits, forward) + scores;
}
