import type { ResolvedEndpoint } from '../../endpoint/types';
import { atLeast } from '../../endpoint/version';
import type { ModelDescription } from '../../model/types';
import { isJsonObject, type JsonObject } from '../../text/json';
import { outputShares, splitLayers } from '../weights/split-layers';

/** What a server holds beside its weights while it measures itself, and lets go before it makes its cache. */
export interface StartPeak {
  /** Partial sums of AWQ matrices, for each token of a step; or what an encoder makes of images, one for each sequence. */
  readonly cause: 'awq sums' | 'images';
  /** Bytes of one of them on one accelerator, at least. */
  readonly each: number;
  readonly count: number;
}

/** Undefined where nothing is larger than what the plan counts as activations. */
export function startPeak(resolved: ResolvedEndpoint): StartPeak | undefined {
  return awqSums(resolved) ?? images(resolved);
}

function isVllmBetween({ container }: ResolvedEndpoint, since: readonly number[], before: readonly number[]): boolean {
  const version = container?.engineVersion;
  return container?.engine === 'vllm' && version !== undefined && atLeast(version, since) && !atLeast(version, before);
}

/** The first AWQ kernel sums its inputs in so many parts, each with an output of its own. Source: vllm csrc/quantization/awq/gemm_kernels.cu, `split_k_iters`, with the pack factor of awq.py. */
export const AWQ_PARTS = 8;

/** Adding them up takes a buffer in float32 and the result: "Tried to allocate 3.50 GiB" for 32,768 tokens by 28,672 outputs. Source: vllm-project/vllm#1949. */
const ADDED_UP = 3;

/** Before 0.3 vLLM computed prompts with that kernel, too; beside its sums are the residual, its norm and the input. */
function awqSums(resolved: ResolvedEndpoint): StartPeak | undefined {
  const { model, scheme, options } = resolved;
  const count = options.maxNumBatchedTokens;
  if (model === undefined || count === undefined || scheme.layout !== 'awq') return undefined;
  if (!isVllmBetween(resolved, [0], [0, 3])) return undefined;
  return { cause: 'awq sums', each: 2 * (widestElements(resolved, model) + 3 * model.hiddenSize), count };
}

/**
 * Elements for each token at the widest AWQ matrix of a rank: the sums and what adds them up. Mixtral’s experts were whole on a rank, and
 * their first two matrices apart: the output of the one waits for the other.
 */
function widestElements({ scheme, options }: ResolvedEndpoint, model: ModelDescription): number {
  const widths = splitLayers({ model, scheme })
    .filter((layer) => layer.quantized)
    .map((layer) =>
      layer.kind === 'expert'
        ? (AWQ_PARTS + ADDED_UP + 1) * Math.max(...layer.parts.map(({ outFeatures }) => outFeatures))
        : (AWQ_PARTS + ADDED_UP) *
          outputShares(layer, options.tensorParallelSize, model.headDim).reduce((sum, share) => sum + share, 0),
    );
  return Math.max(0, ...widths);
}

/** Sequences of the V0 engine, which is the only one that has the architecture. */
const V0_SEQUENCES = 256;

function images(resolved: ResolvedEndpoint): StartPeak | undefined {
  const vision = visionOf(resolved);
  if (vision === undefined || !isVllmBetween(resolved, [0, 6, 2], [0, 11])) return undefined;
  const { options, spec } = resolved;
  const count = spec.options?.maxNumSeqs ?? Math.min(options.maxNumSeqs ?? V0_SEQUENCES, V0_SEQUENCES);
  return { cause: 'images', each: imageBytes(vision), count };
}

function visionOf({ model }: ResolvedEndpoint): JsonObject | undefined {
  if (model?.architecture !== 'MllamaForConditionalGeneration') return undefined;
  const vision = model.config.vision_config;
  return isJsonObject(vision) ? vision : undefined;
}

/**
 * Bytes that the encoder holds for the image of one sequence when it joins its outputs, on every rank: the pixels in float32, the states of
 * the layers that it passes on (as they were, stacked, and joined with the last), and a mask of all patches by all patches.
 * Source: vllm/model_executor/models/mllama.py of 0.6.3, `MllamaVisionModel.forward`, `_prepare_aspect_ratio_attention_mask`.
 */
function imageBytes(vision: JsonObject): number {
  const figure = (name: string, otherwise: number): number => {
    const value = vision[name];
    return typeof value === 'number' && value > 0 ? value : otherwise;
  };
  const tiles = figure('max_num_tiles', 4);
  const side = figure('image_size', 448);
  const width = figure('hidden_size', 1280);
  const kept = Array.isArray(vision.intermediate_layers_indices) ? vision.intermediate_layers_indices.length : 5;
  // A class token, and padding to eights.
  const patches = tiles * 8 * Math.ceil((Math.floor(side / figure('patch_size', 14)) ** 2 + 1) / 8);
  const states = patches * width * (kept + kept + 1 + kept + 1);
  return 2 * (states + patches ** 2) + 4 * tiles * 3 * side ** 2;
}
