import type { Calibration, InputStatistics } from '../calibration/calibration';
import { quantizeGroup, type QuantizedGroup } from '../calibrated/quantize-group';
import { POINTS, READERS, type ActivationQuantization, type Point } from '../forward/activations';
import type { Variant } from '../forward/decoder';
import type { DecoderShape } from '../forward/decoder-shape';
import type { DecoderBlock, Linear } from '../forward/weights';
import type { KernelEngine } from '../kernels/engine';
import { decodeFloats } from '../rows/encode';
import type { Recipe } from '../schemes/recipe';

/** Where an input is the work of a norm or of a gated product, which can take a factor for each channel. */
const SCALABLE: Readonly<Record<Point, boolean>> = { attention: true, output: false, mlp: true, down: true };

/** How a variant is run, and what a reader must know of it. */
export interface SchemeVariant {
  readonly variant: Variant;
  readonly notes: readonly string[];
}

/** The model as a scheme stores and runs it: quantized weights, and activations as the engine quantizes them. */
export function schemeVariant(
  engine: KernelEngine,
  recipe: Recipe,
  { normOffset }: DecoderShape,
  calibration: Calibration | undefined,
): SchemeVariant {
  const notes: string[] = [];
  if (recipe.calibrated !== undefined && calibration === undefined)
    notes.push(`Without calibration ${recipe.scheme.name} was evaluated on weights alone: give --calibration.`);
  const isStatic = recipe.scheme.activationScales === 'static-tensor';
  if (isStatic && calibration === undefined)
    notes.push('Without calibration the static scales of activations are not known: a scale for each token was used.');

  // What calibration saw at each block's points, kept from when the block is quantized to when it is run.
  const absmax = new Map<number, Record<Point, number>>();
  return {
    notes,
    variant: {
      name: recipe.scheme.name,
      kv: 'none',
      activations: (layer) => activationsOf(recipe, absmax.get(layer)),
      block: async (block, layer) => {
        const { quantized, peaks } = await quantizeBlock(engine, recipe, block, normOffset, calibration);
        if (isStatic && peaks !== undefined) absmax.set(layer, peaks);
        return quantized;
      },
    },
  };
}

function activationsOf({ scheme }: Recipe, absmax: Record<Point, number> | undefined): ActivationQuantization {
  if (scheme.activationBits !== 8) return { kind: 'none' };
  const type = scheme.weightType === 'int' ? 'int8' : 'fp8';
  switch (scheme.activationScales) {
    case 'none':
      return { kind: 'none' };
    case 'dynamic-token':
      return { kind: 'token', type };
    case 'dynamic-group':
      return { kind: 'group', type, group: 128 };
    case 'static-tensor':
      return absmax === undefined ? { kind: 'token', type } : { kind: 'static', type, absmax };
  }
}

async function quantizeBlock(
  engine: KernelEngine,
  recipe: Recipe,
  block: DecoderBlock,
  normOffset: number,
  calibration: Calibration | undefined,
): Promise<{ quantized: DecoderBlock; peaks?: Record<Point, number> }> {
  const quantized: { -readonly [Key in keyof DecoderBlock]: DecoderBlock[Key] } = { ...block };
  const peaks = {} as Record<Point, number>;
  for (const point of POINTS) {
    const linears = READERS[point].map((key) => block[key]);
    const statistics = await calibration?.read(linears[0].name);
    const group = quantizeGroup(engine, recipe, {
      layers: linears.map(({ name, stored }) => ({ name, matrix: stored })),
      statistics,
      scalable: SCALABLE[point],
    });
    READERS[point].forEach((key, index) => (quantized[key] = withMatrix(engine, block[key], group, index)));
    if (group.inputDivisors !== undefined) divideNorm(quantized, point, group.inputDivisors, normOffset);
    if (statistics !== undefined) peaks[point] = largest(statistics, group.inputDivisors);
  }
  return { quantized, peaks: calibration === undefined ? undefined : peaks };
}

function withMatrix(engine: KernelEngine, linear: Linear, { matrices }: QuantizedGroup, index: number): Linear {
  const stored = matrices[index];
  return { ...linear, stored, values: decodeFloats(engine, stored.data, stored.dtype) };
}

function divideNorm(
  block: { -readonly [Key in keyof DecoderBlock]: DecoderBlock[Key] },
  point: Point,
  divisors: Float32Array,
  offset: number,
): void {
  const norm = point === 'attention' ? 'attentionNorm' : 'mlpNorm';
  block[norm] = block[norm].map((weight, i) => (weight + offset) / divisors[i] - offset);
}

function largest({ absMax }: InputStatistics, divisors: Float32Array | undefined): number {
  return absMax.reduce((top, value, i) => Math.max(top, value / (divisors?.[i] ?? 1)), 0);
}
