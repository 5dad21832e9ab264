import type { DecoderShape } from './decoder-shape';
import type { LinearKey } from './weights';

/** Where a block's activations enter its linear layers: what is quantized, and what is calibrated. */
export const POINTS = ['attention', 'output', 'mlp', 'down'] as const;
export type Point = (typeof POINTS)[number];

/** The linear layers that read the input at each point. */
export const READERS: Readonly<Record<Point, readonly LinearKey[]>> = {
  attention: ['query', 'key', 'value'],
  output: ['output'],
  mlp: ['gate', 'up'],
  down: ['down'],
};

/** How an engine quantizes the activations on their way into the linear layers. */
export type ActivationQuantization =
  | { readonly kind: 'none' }
  /** A scale for each token, found as it comes. */
  | { readonly kind: 'token'; readonly type: 'int8' | 'fp8' }
  /** A scale for each 128 channels of each token. */
  | { readonly kind: 'group'; readonly type: 'int8' | 'fp8'; readonly group: number }
  /** One scale for all, from the largest magnitude that calibration saw at each point. */
  | { readonly kind: 'static'; readonly type: 'int8' | 'fp8'; readonly absmax: Readonly<Record<Point, number>> };

/** The same for each point of one block. */
export type BlockActivations = Readonly<Record<Point, ActivationQuantization>>;

export const UNQUANTIZED: ActivationQuantization = { kind: 'none' };

/** One quantization at every point. */
export function everywhere(quantization: ActivationQuantization): BlockActivations {
  return { attention: quantization, output: quantization, mlp: quantization, down: quantization };
}

/**
 * How keys and values are stored between tokens. `fp8`: E4M3 with a scale of 1, as vLLM's `--kv-cache-dtype fp8` does without
 * calibrated scales. `q8_0`: ggml's blocks of 32, as llama.cpp's `--cache-type-k q8_0 --cache-type-v q8_0` does.
 */
export const KV_QUANTIZATIONS = ['none', 'fp8', 'q8_0'] as const;
export type KvQuantization = (typeof KV_QUANTIZATIONS)[number];

/** Channels of the input at each point. */
export function pointWidths({ hidden, heads, headDim, intermediate }: DecoderShape): Readonly<Record<Point, number>> {
  return { attention: hidden, output: heads * headDim, mlp: hidden, down: intermediate };
}
