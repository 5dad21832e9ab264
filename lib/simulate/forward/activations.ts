import type { DecoderShape } from './decoder-shape';
import type { SharedExpert } from './expert-weights';
import type { DecoderBlock, Linear, LinearKey } from './weights';

/** Where a block's activations enter its linear layers: what is quantized, and what is calibrated. */
export const POINTS = ['attention', 'output', 'mlp', 'down'] as const;
export type Point = (typeof POINTS)[number];

/** A block, or what of one is computed by itself: the attention of a mixture of experts, and each of its experts. */
export type BlockPart = Partial<DecoderBlock & SharedExpert>;

export type PartLinearKey = LinearKey | 'sharedGate';

/** The linear layers that read the input at each point, where a block or a part has them. */
export const READERS: Readonly<Record<Point, readonly PartLinearKey[]>> = {
  attention: ['query', 'key', 'value'],
  output: ['output'],
  mlp: ['gate', 'up', 'sharedGate'],
  down: ['down'],
};

/** Those that a part has: none at points that it does not reach. */
export function readersOf(part: BlockPart, point: Point): readonly (readonly [PartLinearKey, Linear])[] {
  return READERS[point].flatMap((key) => {
    const linear = part[key];
    return linear === undefined ? [] : [[key, linear] as const];
  });
}

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
