import { everywhere, type BlockActivations, type BlockPart, type Point } from './activations';
import type { Variant } from './decoder-run';
import type { KvQuantization } from './kv-cache';

/** A block or a part of one as a variant runs it. */
export interface QuantizedPart<Part> {
  readonly part: Part;
  readonly activations: BlockActivations;
}

export async function quantizedPart<Part extends BlockPart>(
  { block: quantize, activations }: Variant,
  part: Part,
  layer: number,
): Promise<QuantizedPart<Part>> {
  // What calibration says of a part may be looked up while it is quantized, so that comes first.
  const quantized = await quantize(part, layer);
  return {
    part: quantized,
    activations: typeof activations === 'function' ? activations(layer) : everywhere(activations),
  };
}

/**
 * Does it compute what full precision does?
 *
 * @param points that the part has
 */
export function isExact<Part>(
  { part, activations }: QuantizedPart<Part>,
  original: Part,
  kv: KvQuantization,
  points: readonly Point[],
): boolean {
  return part === original && kv === 'none' && points.every((point) => activations[point].kind === 'none');
}
