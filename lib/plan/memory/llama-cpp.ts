import { llamaCppHas } from '../../container';
import { contextCells } from '../../endpoint/slots';
import { bytesPerElement } from '../../scheme/gguf/types';
import { ggufTensors } from '../gguf/file-bytes';
import { bytesPerToken, kvGroups, type KvGroup } from '../kv/groups';
import { largestFitting } from '../largest-fitting';
import type { EffectiveOptions } from '../../endpoint/types';
import type { ModelDescription, WeightPlace } from '../../model/types';
import type { Subject } from '../subject';
import { MIB } from '../../units';
import { graphBytes, microBatch } from './llama-cpp-graph';
import { latentLayout } from './llama-cpp-latent';
import { deviceCount, hasHeadFirst, inHostMemory, placedWeights } from './llama-cpp-placement';
import type { EngineMemory } from './types';
import { partialMemory } from './unknown';

/** To this many a context that nobody set is shortened at most. Source: common/common.h, `fit_params_min_ctx`. */
const SHORTEST_FITTED = 4096;
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
  const devices = onGpu ? deviceCount(options) : 1;
  const placed = onGpu
    ? placedWeights(tensors, options, devices, model.tieWordEmbeddings, hasHeadFirst(subject))
    : inHostMemory(tensors);
  const weights = placed.weights + (onGpu && subject.projector === 'host' ? 0 : projectorBytes(subject));
  const total = onGpu ? subject.accelerator?.memoryBytesUsable : instance.memoryBytes;
  const usable = onGpu ? total : (instance.memoryBytesUsable ?? total);
  if (keyBytes === undefined || valueBytes === undefined) return partialMemory({ total: total ?? null, weights }, null);

  const all = kvGroups(model, {
    tensorParallel: 1,
    pipelineParallel: 1,
    keyBytes,
    valueBytes,
    ...latentLayout(subject, keyBytes, valueBytes),
  });
  const context = options.maxModelLen;
  const perToken = bytesPerToken(all);
  if (context === undefined) return partialMemory({ total: total ?? null, weights }, perToken);
  const slots = Math.max(1, options.slots ?? 1);
  const share = options.cacheOnHost === true ? 0 : placed.layerShare;
  const shape = {
    slots,
    isShared: options.unifiedKvCache === true,
    isFull: keepsWindows(subject),
    microBatch: microBatch(options),
  };
  const needed = (cells: number) => cacheBytes(all, cells, shape) * share;
  const runtime = onGpu ? DEVICE_RUNTIME_BYTES : 0;
  const asked = contextCells(context, { ...options, slots });
  const roomFor = (cells: number) =>
    usable === undefined ? Infinity : Math.max(0, usable - weights - graphBytes(subject, cells) - runtime);
  const mayShorten = options.fitsContext === true && asked > SHORTEST_FITTED && needed(asked) > roomFor(asked);
  const cells = mayShorten ? largestFitting((size) => needed(size) <= roomFor(size), asked) : asked;
  const activations = graphBytes(subject, cells);
  const fixed = weights + activations + runtime;
  const fits =
    usable === undefined ? null : fixed + needed(cells) <= usable && (!mayShorten || cells >= SHORTEST_FITTED);
  const room = usable === undefined ? null : Math.max(0, usable - fixed);
  const largest = (most: number) => largestFitting((size) => needed(size) <= (room ?? Infinity), most);
  return {
    memory: {
      total: total ?? null,
      usable: usable ?? null,
      weights: Math.round(weights),
      activations: Math.round(activations),
      graphs: 0,
      runtime,
      kvCache: room === null ? null : Math.floor(Math.min(needed(cells), room)),
    },
    kvBytesPerToken: perToken * share,
    kvCacheTokens: room === null ? null : largest(cells),
    maxConcurrency: fits === null ? null : fits ? slots : 0,
    largestMaxModelLen: room === null ? null : largest(longestContext(model, options)),
  };
}

/**
 * The projector of a model that sees, which is loaded beside the layers of one GPU, in 16 bits as it is mostly published. Logs print 1291.40 MiB for
 * Qwen2.5-VL-7B, 887.99 for Qwen3.5-27B. What it takes to compute with (248 MiB for the latter) is not counted.
 */
function projectorBytes({ model, projector }: Subject): number {
  if (projector === undefined) return 0;
  return model.weights.reduce((total, { place, elements }) => total + (PROJECTOR.has(place) ? 2 * elements : 0), 0);
}

const PROJECTOR: ReadonlySet<string> = new Set<WeightPlace>(['vision', 'audio', 'projector']);

/** Layers with a window keep the whole context where that is asked for, and in builds that had no other cache. */
function keepsWindows({ options, container }: Subject): boolean {
  return options.fullWindows === true || llamaCppHas(container, 'windowedCache') === false;
}

/**
 * Each slot may be as long as the model's own context; what is asked for beyond it is allocated all the same, and the server then uses
 * only the part that the model was made for. Source: llama.cpp tools/server/server-context.cpp, "exceeds the training context".
 */
function longestContext(model: ModelDescription, { maxModelLen = 0, slotsAsked = 1 }: EffectiveOptions): number {
  return Math.max(maxModelLen, (model.maxPositionEmbeddings ?? 0) * slotsAsked);
}

interface CacheShape {
  readonly slots: number;
  /** One cache for all slots, or one for each. */
  readonly isShared: boolean;
  /** Do layers with a window keep the whole context? */
  readonly isFull: boolean;
  readonly microBatch: number;
}

/** The cache of layers with a window is padded to this many tokens. Source: src/llama-kv-cache-iswa.cpp. */
const WINDOW_PADDING = 256;

/** Layers with a window keep it and one micro-batch more, for each slot; states one for each slot. Source: src/llama-kv-cache-iswa.cpp. */
function cacheBytes(groups: readonly KvGroup[], cells: number, shape: CacheShape): number {
  const { slots, isShared, isFull } = shape;
  return groups.reduce((total, group) => {
    if (group.kind === 'recurrent') return total + group.stateBytes * group.layers * slots;
    const kept = group.window === undefined || isFull ? cells : windowCells(group.window);
    return total + group.bytesPerToken * group.layers * kept;
  }, 0);

  function windowCells(window: number): number {
    const streams = isShared ? 1 : slots;
    const each = Math.min(cells / streams, window * (isShared ? slots : 1) + shape.microBatch);
    return streams * Math.ceil(each / WINDOW_PADDING) * WINDOW_PADDING;
  }
}
