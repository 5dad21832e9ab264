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

/** Channels of the input at each point. */
export function pointWidths({ hidden, heads, headDim, intermediate }: DecoderShape): Readonly<Record<Point, number>> {
  return { attention: hidden, output: heads * headDim, mlp: hidden, down: intermediate };
}
