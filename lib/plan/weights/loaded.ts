import { isSince } from '../../endpoint/version';
import type { ModelDescription, WeightGroup } from '../../model/types';
import type { Scheme } from '../../scheme/types';
import { remembered, rememberedOfModel } from '../remember';
import { adapterBytes, adapterSlots, vocabularyAdapterBytes, type AdapterSlots } from './adapters';
import { allocatedBytes } from './allocator';
import { middleMultiple, withPaddedMiddle } from './fp8-experts';
import { latentCopies, latentCopyBytes, type LatentCopies } from './latent';
import { layerClasses, type LayerClass } from './layer-classes';
import type { Loader } from './loader';
import { mxfp4ExpertTensors, mxfp4Layout, type Mxfp4Layout } from './mxfp4-layout';
import { rotaryTableBytes } from './rotary';
import { selectionOf, type Selection } from './selection';
import { matrixOf, pipelineStages, shardOf, type Parallelism, type Shard } from './shard';
import { schemeOf, storedTensors, type Matrix, type StoredTensors } from './stored';

/**
 * Bytes of the weights on the accelerator that holds the most: what an engine's "model loading took" prints. Linear layers that the engine
 * fuses (queries, keys and values; gate and up) are one tensor each, as the allocator sees them; the table of rotary positions is a buffer
 * of the model.
 *
 * @returns `null` for a layout whose tensors are not known
 */
export function loadedBytes(model: ModelDescription, scheme: Scheme, loader: Loader): number | null {
  const parts = weighedParts(model, scheme, loader);
  if (parts === null) return null;
  const { layers, allLayers, outside } = parts;
  const { parallelism } = loader;
  const everywhere = tableBytes(model, loader);
  const first = everywhere + outside.first + stepBufferBytes(model, loader);
  if (parallelism.pipeline <= 1) return first + allLayers + outside.last;
  const restOnLast = loader.engine === 'vllm' && !isSince(loader.version, 0, 8);
  const stages = pipelineStages(layers.length, parallelism.pipeline, restOnLast);
  const ofStages = stages.map(([from, to], stage) => {
    const isLast = stage === stages.length - 1;
    const base = stage === 0 ? first : everywhere;
    // Where the head is the embedding, the last stage of several holds a copy.
    const head = isLast ? outside.last + (stage > 0 && model.tieWordEmbeddings ? outside.tied : 0) : 0;
    return base + sum(layers.slice(from, to)) + head;
  });
  return Math.max(...ofStages);
}

const sum = (sizes: readonly number[]): number => sizes.reduce((total, size) => total + size, 0);

/** Bytes of one of the layers, as `loadedBytes` counts it. */
export function loadedLayerBytes(
  model: ModelDescription,
  scheme: Scheme,
  loader: Loader,
  layer: number,
): number | null {
  const parts = weighedParts(model, scheme, loader);
  return parts === null ? null : parts.layers[layer];
}

/** What one rank holds of each layer and beside them, in bytes; `null` for a layout whose tensors are not known. */
interface WeighedParts {
  readonly layers: readonly number[];
  readonly allLayers: number;
  readonly outside: Outside;
}

function weighedParts(model: ModelDescription, scheme: Scheme, loader: Loader): WeighedParts | null {
  const traits = traitsOf(loader, model, scheme);
  return remembered(model, scheme, traitsKey(traits), () => {
    const layers = layerBytes(model, scheme, traits);
    const outside = layers === null ? null : outsideBytes(model, scheme, traits);
    return layers === null || outside === null ? null : { layers, allLayers: sum(layers), outside };
  });
}

/** All of a loader that what it keeps of a model's tensors depends on; what another model or scheme asks for is left out, so that answers are shared. */
interface Traits {
  /** Does it take GPTQ through Marlin? */
  readonly marlin: boolean;
  /** Does it take FP8 with scales of blocks through Marlin? */
  readonly marlinFp8: boolean;
  /** Does Machete unpack its 4-bit weights' zero points? */
  readonly machete: boolean;
  /** How its kernel lays out MXFP4 experts; undefined: as the checkpoint does. */
  readonly mxfp4?: Mxfp4Layout;
  /** Multiple to which its kernel pads the middle of FP8 experts; undefined: to none. */
  readonly middleMultiple?: number;
  /** What it keeps of latent attention beside the checkpoint's matrices. */
  readonly latent: LatentCopies;
  /** Does it load a projection that is there for keys alone as that for values, too? */
  readonly repeatsKeys: boolean;
  readonly plainBytes: number;
  readonly parallelism: Parallelism;
  readonly slots?: AdapterSlots;
  readonly skipsTower: boolean;
}

function traitsOf(loader: Loader, model: ModelDescription, scheme: Scheme): Traits {
  const { engine, version, plainBytes, parallelism } = loader;
  const parts = [scheme, scheme.experts ?? scheme];
  return {
    marlin: parts.some(({ layout }) => layout === 'gptq') && usesMarlin(loader),
    marlinFp8: parts.some(isBlockFp8) && engine === 'vllm' && loader.sm !== undefined && loader.sm < ADA,
    machete:
      isUnpackedByMachete(scheme) &&
      engine === 'vllm' &&
      loader.sm === HOPPER &&
      isSince(version, 0, scheme.layout === 'awq' ? 19 : 7),
    mxfp4:
      engine === 'vllm' && parts.some(({ layout }) => layout === 'mxfp4') ? mxfp4Layout(loader, scheme) : undefined,
    middleMultiple: middleMultiple(loader, model, scheme),
    latent: model.mla === undefined ? 'none' : latentCopies(engine, version, scheme),
    repeatsKeys: engine === 'vllm' && layerClasses(model).some(({ keysAlone }) => keysAlone !== undefined),
    plainBytes,
    parallelism,
    slots: adapterSlots(model, loader),
    skipsTower: loader.skipsTower === true,
  };
}

function traitsKey(traits: Traits): string {
  const { marlin, marlinFp8, machete, mxfp4, middleMultiple: middle, latent, repeatsKeys, plainBytes } = traits;
  const { parallelism, slots, skipsTower } = traits;
  const { tensor, experts, expertReplicas, attention, wholeEmbedding, wholeTower } = parallelism;
  return `loaded|${marlin}|${marlinFp8}|${machete}|${mxfp4?.name}|${middle}|${latent}|${repeatsKeys}|${plainBytes}|${tensor}|${experts}|${expertReplicas}|${attention}|${wholeEmbedding}|${wholeTower}|${slots?.count}|${slots?.rank}|${slots?.experts}|${slots?.addedTokens}|${skipsTower}`;
}

/** Bytes of each layer on one tensor-parallel rank. */
function layerBytes(model: ModelDescription, scheme: Scheme, loader: Traits): number[] | null {
  const bytes = new Array<number>(model.numLayers).fill(0);
  for (const alike of quantizedClasses(model, scheme)) {
    const { groups, layers, quantized } = alike;
    const shards = groups.map((group) => heldOf(group, model, loader));
    const weight = allocations(alike, shards, scheme, loader);
    if (weight === null) return null;
    const { mla } = model;
    const copies =
      mla === undefined
        ? 0
        : latentCopyBytes(loader.latent, groups, quantized, shards, scheme, { ...mla, plainBytes: loader.plainBytes });
    for (const layer of layers) bytes[layer] = weight + copies;
  }
  return bytes;
}

/** Layers that are made of the same weights, of which the same are quantized, and alike. */
interface QuantizedClass extends LayerClass {
  /** For each group. */
  readonly quantized: readonly boolean[];
}

function quantizedClasses(model: ModelDescription, scheme: Scheme): readonly QuantizedClass[] {
  return remembered(model, scheme, 'layer classes', () => {
    const selection = selectionOf(model, scheme);
    return layerClasses(model).flatMap((alike) => splitByQuantized(alike, selection, scheme));
  });
}

function splitByQuantized(alike: LayerClass, selection: Selection, scheme: Scheme): readonly QuantizedClass[] {
  const quantizedIn = (layer: number) => alike.groups.map((group) => selection.quantizes(group, layer));
  if (!selection.dependsOnLayer) return [{ ...alike, quantized: quantizedIn(alike.layers[0]) }];
  const classes = new Map<string, { quantized: readonly boolean[]; layers: number[] }>();
  for (const layer of alike.layers) {
    const quantized = quantizedIn(layer);
    const schemes = quantized.map((is, i) => (is ? schemeOf(alike.groups[i], scheme, layer).name : ''));
    const known = classes.get(schemes.join());
    if (known === undefined) classes.set(schemes.join(), { quantized, layers: [layer] });
    else known.layers.push(layer);
  }
  return [...classes.values()].map((part) => ({ ...alike, ...part }));
}

/** The part of a group that a rank holds: nothing of a tower that is left out. */
function heldOf(group: WeightGroup, model: ModelDescription, { parallelism, skipsTower }: Traits): Shard {
  if (skipsTower && (group.place === 'vision' || group.place === 'projector'))
    return { shape: group.shape, experts: 0 };
  return shardOf(group, model, parallelism);
}

function allocations(
  { groups, layers, quantized, fused, keysAlone }: QuantizedClass,
  shards: readonly Shard[],
  scheme: Scheme,
  loader: Traits,
): number | null {
  let total = 0;
  for (const together of fused) {
    const sums: number[] = [];
    for (const i of together) {
      const group = groups[i];
      const stored = quantized[i]
        ? quantizedTensors(group, shards[i], schemeOf(group, scheme, layers[0]), loader)
        : [plainTensor(group, shards[i], scheme, loader)];
      if (stored === undefined) return null;
      const copies = i === keysAlone && loader.repeatsKeys ? 2 : 1;
      for (let component = 0; component < stored.length; component++)
        sums[component] = (sums[component] ?? 0) + copies * stored[component];
      total += adapterBytes(group, shards[i], loader.slots);
    }
    for (const bytes of sums) total += allocatedBytes(bytes);
  }
  return total;
}

function plainTensor(group: WeightGroup, shard: Shard, scheme: Scheme, loader: Traits): number {
  const elements = shard.shape.reduce((product, dimension) => product * dimension, 1) * shard.experts;
  if (group.role === 'bias' && group.split === 'expert' && scheme.layout === 'mxfp4') return elements * 4;
  return elements * loader.plainBytes;
}

function quantizedTensors(group: WeightGroup, shard: Shard, scheme: Scheme, loader: Traits): StoredTensors | undefined {
  const { middleMultiple: multiple } = loader;
  const matrix = matrixOf((multiple === undefined ? shard : withPaddedMiddle(shard, group, multiple)).shape);
  if (scheme.layout === 'mxfp4' && loader.mxfp4 !== undefined)
    return mxfp4ExpertTensors(matrix, group, loader.mxfp4).map((bytes) => bytes * shard.experts);
  const stored = storedTensors(scheme, matrix);
  return stored && servedTensors(scheme, stored, matrix, group, loader).map((bytes) => bytes * shard.experts);
}

/**
 * What a server keeps of a checkpoint's tensors. GPTQ's zero points are dropped where the kernel takes symmetric weights (Marlin), its
 * indices unless the columns were reordered, when their sorting order is kept too. Machete's zero points are unpacked to 16 bits, multiplied
 * by the scales. FP8's scale of a block is repeated for each of its rows, in 16 bits, where Marlin takes it. NF4's twice-quantized scales are
 * expanded to float32.
 * Sources: vllm/model_executor/kernels/linear/mixed_precision/marlin.py and machete.py,
 * vllm/model_executor/layers/quantization/utils/marlin_utils_fp8.py, vllm/model_executor/model_loader/bitsandbytes_loader.py.
 */
function servedTensors(
  scheme: Scheme,
  stored: StoredTensors,
  { rows, columns }: Matrix,
  { role }: WeightGroup,
  { marlin, marlinFp8, machete }: Traits,
): StoredTensors {
  if (marlinFp8 && isBlockFp8(scheme)) return [stored[0], rows * Math.ceil(columns / scheme.blockSize[1]) * 2];
  // Experts have kernels of their own.
  if (machete && role !== 'expert') return [stored[0], stored[1], stored[1]];
  if (scheme.layout === 'gptq' && marlin) {
    const [weights, scales, zeros, index] = stored;
    return [weights, scales, scheme.symmetric ? 0 : zeros, scheme.activationOrder === true ? 2 * index : 0];
  }
  if (scheme.layout === 'bitsandbytes' && scheme.weightBits === 4) return [stored[0], ((stored[0] * 2) / 64) * 4];
  return stored;
}

function isBlockFp8(scheme: Scheme): scheme is Scheme & Required<Pick<Scheme, 'blockSize'>> {
  return scheme.blockSize !== undefined && scheme.weightType === 'fp8';
}

/** Groups of 128 and whole rows alone. Source: vllm/model_executor/layers/quantization/utils/machete_utils.py. */
function isUnpackedByMachete({
  layout,
  weightType,
  weightBits,
  activationBits,
  groupSize,
  symmetric,
}: Scheme): boolean {
  const isFourBit = weightType === 'int' && weightBits === 4 && activationBits === 16 && !symmetric;
  return isFourBit && (layout === 'awq' || layout === 'compressed-tensors') && (groupSize === 128 || groupSize === -1);
}

/** Compute capability × 10 from which FP8 is multiplied as it is; below, Marlin expands it. Source: vllm/model_executor/layers/quantization/fp8.py. */
const ADA = 89;
const HOPPER = 90;

/** vLLM takes GPTQ through Marlin since 0.4.2, from compute capability 8.0; 7.5 since 0.15. Source: vllm/model_executor/layers/quantization/gptq_marlin.py. */
function usesMarlin({ engine, version, sm }: Loader): boolean {
  if (engine !== 'vllm' && engine !== 'sglang') return false;
  if (engine === 'vllm' && !isSince(version, 0, 4, 2)) return false;
  return sm === undefined || sm >= 80 || (sm >= 75 && isSince(version, 0, 15));
}

/** Bytes of the weights outside of the layers, by the pipeline stage that holds them. */
interface Outside {
  readonly first: number;
  readonly last: number;
  readonly tied: number;
}

function outsideBytes(model: ModelDescription, scheme: Scheme, loader: Traits): Outside | null {
  const selection = selectionOf(model, scheme);
  const adapters = vocabularyAdapterBytes(model, loader.slots);
  let first = adapters;
  let last = adapters;
  let tied = 0;
  for (const group of model.weights) {
    if (group.layers.length > 0) continue;
    const shard = heldOf(group, model, loader);
    const tensors = selection.quantizes(group, undefined)
      ? quantizedTensors(group, shard, schemeOf(group, scheme), loader)
      : [plainTensor(group, shard, scheme, loader)];
    if (tensors === undefined) return null;
    const bytes = tensors.reduce((sum, tensor) => sum + allocatedBytes(tensor), 0);
    if (group.role === 'head' || (group.role === 'norm' && group.place === 'text')) last += bytes;
    else first += bytes;
    if (group.role === 'embedding' && group.split === 'vocabulary') tied += bytes;
  }
  return { first, last, tied };
}

/** The table of rotary positions, which every stage has. */
function tableBytes(model: ModelDescription, { engine, version, plainBytes }: Loader): number {
  const precise = engine === 'sglang' && isSince(version, ...(GEMMA3.test(model.modelType) ? [0, 5, 10] : [0, 4, 3]));
  const key = `rotary tables|${engine}|${plainBytes}|${precise}`;
  return rememberedOfModel(model, key, () => rotaryTableBytes(model, engine, plainBytes, precise));
}

/**
 * Computes its positions as it goes in SGLang until 0.5.8; a log of 0.4.4 has as much beside its tensors as tables in 16 bits take.
 * Source: sglang/srt/models/gemma3_causal.py of 0.4.4.post2, 0.5.8 and 0.5.10.
 */
const GEMMA3 = /^gemma3(_text)?$/;

/**
 * Buffers that hold something for each token of a step. Qwen3-VL adds what its image tower saw at several depths to the first text layers,
 * through a buffer for each; sparse attention has one for the tokens it chooses; DeepSeek V4 one for the streams that its draft starts from,
 * until 0.27 also where nothing drafts.
 * Sources: vllm/model_executor/models/qwen3_vl.py, `deepstack_input_embeds`; deepseek_v2.py of 0.11.0 to 0.31.0, `topk_indices_buffer`;
 * deepseek_v4.py of 0.20.2 and vllm/models/deepseek_v4/nvidia/model.py of 0.26.0 and 0.28.0, `_mtp_hidden_buffer`.
 */
function stepBufferBytes({ config, hiddenSize, modelType, textConfig }: ModelDescription, loader: Loader): number {
  const { engine, version, stepTokens = 0, plainBytes } = loader;
  if (engine !== 'vllm' || stepTokens === 0) return 0;
  const vision = config.vision_config as { deepstack_visual_indexes?: unknown } | null | undefined;
  const levels = vision?.deepstack_visual_indexes;
  const deepstack = Array.isArray(levels) ? levels.length * allocatedBytes(stepTokens * hiddenSize * plainBytes) : 0;
  const { index_topk: chosen, hc_mult: streams } = textConfig;
  const choices = typeof chosen === 'number' ? allocatedBytes(stepTokens * chosen * 4) : 0;
  const drafts = modelType === 'deepseek_v4' && typeof streams === 'number' && !isSince(version, 0, 28);
  return deepstack + choices + (drafts ? allocatedBytes(stepTokens * hiddenSize * streams * plainBytes) : 0);
}
