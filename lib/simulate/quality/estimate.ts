import { SimulationError } from '../../errors';
import type { Scheme } from '../../scheme';
import type { DecoderShape } from '../forward/decoder-shape';
import type { EncoderShape } from '../forward/encoder-shape';
import type { TextWindows } from './windows';

/** A 32-bit WebAssembly memory. */
const MEMORY_LIMIT_BYTES = 2 ** 32;

/** Products and sums a second that a core does in the kernels, on the slower of the machines it was measured on. */
const FLOPS_PER_THREAD = 35e9;

/** What a forward pass will take. */
export interface ForwardEstimate {
  readonly seconds: number;
  readonly bytes: number;
}

/**
 * Time and memory of running `streams` variants (full precision is one) over the windows, before it is done. Time counts the
 * matrix products alone: two operations a weight and token.
 */
export function estimateForward(
  shape: DecoderShape,
  { windows, window }: Pick<TextWindows, 'windows' | 'window'>,
  streams: number,
  threads: number,
): ForwardEstimate {
  const { hidden, heads, kvHeads, headDim, layers, vocabulary } = shape;
  const widths = feedForwards(shape);
  const widest = Math.max(...widths.map(({ held }) => held));
  const passed = widths.reduce((sum, width) => sum + width.passed, 0);
  const projections = hidden * headDim * (2 * heads + 2 * kvHeads);
  const attention = 2 * window * heads * headDim;
  const tokens = windows.length * window;
  const weights = layers * (projections + attention) + 3 * hidden * passed + hidden * vocabulary;
  const operations = 2 * tokens * streams * weights;
  const slot = 4 * window * (4 * hidden + 4 * heads * headDim + 2 * widest + 2 * window);
  const blockWeights = projections + 3 * hidden * widest;
  // A layer with experts adds up what they give beside the stream.
  const rows = tokens * streams * hidden * (shape.mixture === undefined ? 1 : 2);
  return {
    seconds: operations / (FLOPS_PER_THREAD * Math.min(threads, windows.length)),
    // Residual streams, one packed block beside the matrix being packed, the packed head and its source, the threads' slots.
    bytes: 4 * (rows + 2 * blockWeights + 2 * hidden * vocabulary) + threads * slot,
  };
}

/** For each layer the features of the feed-forwards that a token passes, and of the widest that is held at once. */
function feedForwards({ mixture, layers, intermediate }: DecoderShape): { passed: number; held: number }[] {
  return Array.from({ length: layers }, (_, layer) => {
    if (mixture?.sparse[layer] !== true) return { passed: intermediate, held: intermediate };
    const passed = mixture.perToken * mixture.intermediate + mixture.sharedIntermediate;
    return { passed, held: Math.max(mixture.intermediate, mixture.sharedIntermediate) };
  });
}

/** The same of an encoder, which embeds text by text in one thread and whose texts are short. */
export function estimateEncoder(
  { hidden, intermediate, layers }: EncoderShape,
  tokens: number,
  streams: number,
): ForwardEstimate {
  const blockWeights = 4 * hidden * hidden + 2 * hidden * intermediate;
  return {
    seconds: (2 * tokens * streams * layers * blockWeights) / FLOPS_PER_THREAD,
    bytes: 4 * (tokens * streams * hidden + 2 * blockWeights),
  };
}

/** Exponents and bounds that AWQ tries for each group of layers, as AutoAWQ does. */
const AWQ_SCALES = 20;
const AWQ_BOUNDS = 10;

/** The search of bounds works on small groups, which keeps the kernels from their full speed. */
const CLIPPING_FLOPS_PER_THREAD = 10e9;

/**
 * Seconds that one core searches for a scheme's weights with what calibration knows: 0 for schemes that do not search. AWQ computes
 * the error of the outputs from the moments of the inputs, for each exponent and bound; GPTQ factors the moments, then rounds column
 * by column.
 */
export function estimateSearch(shape: DecoderShape | EncoderShape, scheme: Scheme): number {
  const groups = layerGroups(shape);
  const sum = (seconds: (group: LayerGroup) => number): number =>
    groups.reduce((total, group) => total + group.times * seconds(group), 0);
  const name = scheme.name.split('-')[0];
  if (name === 'gptq') return sum(({ outputs, inputs }) => (2 * inputs ** 2 * (outputs + inputs)) / FLOPS_PER_THREAD);
  if (name !== 'awq') return 0;
  return sum(({ outputs, inputs, scalable }) => {
    const group = scheme.groupSize === undefined || scheme.groupSize <= 0 ? inputs : scheme.groupSize;
    const scales = scalable ? (AWQ_SCALES * 2 * outputs * inputs ** 2) / FLOPS_PER_THREAD : 0;
    return scales + (AWQ_BOUNDS * 2 * outputs * inputs * group) / CLIPPING_FLOPS_PER_THREAD;
  });
}

/** Linear layers of a block that read one input, and how many such groups the model has. */
interface LayerGroup {
  readonly times: number;
  readonly outputs: number;
  readonly inputs: number;
  readonly scalable: boolean;
}

/** Norms of an encoder feed the residual too, and take no factors. */
function layerGroups(shape: DecoderShape | EncoderShape): LayerGroup[] {
  const { hidden, heads, headDim, intermediate, layers } = shape;
  const mixture = 'mixture' in shape ? shape.mixture : undefined;
  const sparse = mixture?.sparse.filter((has) => has).length ?? 0;
  const decodes = 'kvHeads' in shape;
  const queries = heads * headDim;
  const keys = decodes ? shape.kvHeads * headDim : queries;
  const groups: LayerGroup[] = [
    { times: layers, outputs: queries + 2 * keys, inputs: hidden, scalable: decodes },
    { times: layers, outputs: hidden, inputs: queries, scalable: false },
  ];
  const mlp = (times: number, width: number, hasNorm: boolean): void => {
    groups.push(
      { times, outputs: (decodes ? 2 : 1) * width, inputs: hidden, scalable: hasNorm },
      { times, outputs: hidden, inputs: width, scalable: decodes },
    );
  };
  mlp(layers - sparse, intermediate, decodes);
  if (mixture !== undefined) {
    mlp(sparse * mixture.experts, mixture.intermediate, false);
    if (mixture.sharedIntermediate > 0) mlp(sparse, mixture.sharedIntermediate, false);
  }
  return groups;
}

/** @throws SimulationError `SIMULATION_OUT_OF_MEMORY` before anything is run */
export function assertForwardFits({ bytes }: ForwardEstimate): void {
  if (bytes <= MEMORY_LIMIT_BYTES) return;
  throw new SimulationError(
    'SIMULATION_OUT_OF_MEMORY',
    'the forward pass does not fit the memory that WebAssembly has',
    {
      got: `about ${(bytes / 2 ** 30).toFixed(1)} GiB`,
      allowed: `${MEMORY_LIMIT_BYTES / 2 ** 30} GiB`,
      fix: 'use fewer tokens (--limit-tokens) or schemes; a very large model can only be compared by its weights',
    },
  );
}
