import { pointWidths, READERS, type Point } from './activations';
import type { DecoderShape } from './decoder-shape';
import { assertSeparateExperts, expertNames, routerName } from './expert-weights';
import { attentionNames, decoderPrefix, linearNames, tensorMissing, type WeightSource } from './weights';

/** The linear layers of a block that read one input, by their tensor names; parts of a fused projection have one. */
export interface PointNames {
  readonly point: Point;
  /** Undefined: not within an expert. The shared expert comes after the others. */
  readonly expert?: number;
  readonly weights: readonly string[];
  /** Channels of the input. */
  readonly width: number;
}

/** In the order in which a block computes them. */
export function pointNames(source: WeightSource, shape: DecoderShape, layer: number): readonly PointNames[] {
  const { mixture } = shape;
  const widths = pointWidths(shape);
  const group = (point: Point, names: Readonly<Record<string, string | undefined>>): PointNames => ({
    point,
    weights: [...new Set(READERS[point].flatMap((key) => names[key] ?? []))],
    width: widths[point],
  });
  if (mixture?.sparse[layer] !== true) {
    const names = linearNames(source, layer);
    return (['attention', 'output', 'mlp', 'down'] as const).map((point) => group(point, names));
  }
  const names = attentionNames(source, layer);
  return [
    group('attention', names),
    group('output', names),
    ...expertNames(source, mixture, layer).flatMap((own, expert) =>
      (['mlp', 'down'] as const).map((point) => {
        const down = expert === mixture.experts ? mixture.sharedIntermediate : mixture.intermediate;
        return { ...group(point, own), expert, width: point === 'down' ? down : widths[point] };
      }),
    ),
  ];
}

/**
 * Looks for every tensor that a forward pass will ask for: what is missing is told at once, not after the blocks before it.
 *
 * @throws SimulationError `TENSOR_MISSING`, `FORWARD_PASS_UNSUPPORTED`
 */
export function assertDecoderTensors(source: WeightSource, shape: DecoderShape): void {
  assertSeparateExperts(source, shape);
  const prefix = decoderPrefix(source);
  const names = [`${prefix}embed_tokens.weight`, `${prefix}norm.weight`];
  for (let layer = 0; layer < shape.layers; layer++) {
    const block = `${prefix}layers.${layer}.`;
    names.push(`${block}input_layernorm.weight`, `${block}post_attention_layernorm.weight`);
    if (shape.mixture?.sparse[layer] === true) names.push(routerName(source, layer));
    names.push(...pointNames(source, shape, layer).flatMap(({ weights }) => weights));
  }
  const missing = names.find((name) => !source.has(name));
  if (missing !== undefined) throw tensorMissing(missing, 'a tensor of this architecture');
}
