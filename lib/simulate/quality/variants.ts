import type { Calibration, InputStatistics } from '../calibration/calibration';
import { unreachedNote } from '../calibration/unreached';
import { quantizeGroup, type QuantizedGroup } from '../calibrated/quantize-group';
import {
  POINTS,
  readersOf,
  UNQUANTIZED,
  type ActivationQuantization,
  type BlockActivations,
  type BlockPart,
  type Point,
} from '../forward/activations';
import type { Variant } from '../forward/decoder-run';
import type { DecoderShape } from '../forward/decoder-shape';
import type { KvQuantization } from '../forward/kv-cache';
import type { Linear } from '../forward/weights';
import type { KernelEngine } from '../kernels/engine';
import { decodeFloats } from '../rows/encode';
import type { Recipe } from '../schemes/recipe';

/**
 * Whether an input is the work of a norm or of a gated product, which can take a factor for each channel. The norm before a mixture of
 * experts feeds all of them and the router, and takes none that is for one.
 */
function isScalable(part: BlockPart, point: Point): boolean {
  return point === 'mlp' ? part.mlpNorm !== undefined : point !== 'output';
}

/** How a variant is run, and what a reader must know of it. */
export interface SchemeVariant {
  readonly variant: Variant;
  readonly notes: readonly string[];
}

/** Which recipe the layers of a block that read one input get; undefined: they stay as they are. */
export type RecipeChoice = (layer: number, point: Point) => Recipe | undefined;

export interface VariantOptions {
  readonly engine: KernelEngine;
  readonly shape: DecoderShape;
  readonly calibration?: Calibration;
  readonly kv?: KvQuantization;
}

/** The model as a scheme stores and runs it: quantized weights, and activations as the engine quantizes them. */
export function schemeVariant(recipe: Recipe, options: VariantOptions): SchemeVariant {
  const notes: string[] = [];
  if (recipe.calibrated !== undefined && options.calibration === undefined)
    notes.push(`Without calibration ${recipe.scheme.name} was evaluated on weights alone: give --calibration.`);
  if (recipe.scheme.activationScales === 'static-tensor' && options.calibration === undefined)
    notes.push('Without calibration the static scales of activations are not known: a scale for each token was used.');
  if (options.calibration !== undefined) notes.push(...expertNotes(recipe, options.calibration, options.shape));
  return { notes, variant: mixedVariant(recipe.scheme.name, () => recipe, options) };
}

/** What calibration could not do for a mixture of experts. */
function expertNotes(
  { scheme, calibrated }: Recipe,
  calibration: Calibration,
  { mixture }: DecoderShape,
): readonly string[] {
  if (mixture === undefined) return [];
  const notes: (string | undefined)[] = [];
  if (calibrated === 'awq' || calibrated === 'smoothquant')
    notes.push(
      `The norm before the experts feeds the router too: ${scheme.name} moved no factors between it and their gate and up projections.`,
    );
  const isStatic = scheme.activationScales === 'static-tensor';
  if (isStatic)
    notes.push(
      'Each expert was given the static scales of its own inputs; an engine may take the largest of a layer for all of them.',
    );
  if (calibrated !== undefined)
    notes.push(unreachedNote(calibration, `${scheme.name} quantized them on weights alone`));
  else if (isStatic) notes.push(unreachedNote(calibration, 'a scale for each token was used'));
  return notes.filter((note) => note !== undefined);
}

/** The model with a recipe for each part of it. */
export function mixedVariant(name: string, choose: RecipeChoice, options: VariantOptions): Variant {
  // What calibration saw at each block's points, kept from when the block is quantized to when it is run.
  const absmax = new Map<number, Partial<Record<Point, number>>>();
  return {
    name,
    kv: options.kv ?? 'none',
    activations: (layer) =>
      Object.fromEntries(
        POINTS.map((point) => [point, activationsOf(choose(layer, point), point, absmax.get(layer)?.[point])]),
      ) as BlockActivations,
    block: async (part, layer) => {
      const chosen = POINTS.filter((point) => readersOf(part, point).length > 0 && choose(layer, point) !== undefined);
      if (chosen.length === 0) return part;
      const { quantized, peaks } = await quantizePart(part, chosen, (point) => choose(layer, point), options);
      absmax.set(layer, { ...absmax.get(layer), ...peaks });
      return quantized;
    },
  };
}

/** @param peak largest magnitude that calibration saw; without it a static scale is one for each token instead */
export function activationsOf(
  recipe: Recipe | undefined,
  point: Point,
  peak: number | undefined,
): ActivationQuantization {
  if (recipe === undefined || recipe.scheme.activationBits !== 8) return UNQUANTIZED;
  const { scheme } = recipe;
  const type = scheme.weightType === 'int' ? 'int8' : 'fp8';
  switch (scheme.activationScales) {
    case 'none':
      return UNQUANTIZED;
    case 'dynamic-token':
      return { kind: 'token', type };
    case 'dynamic-group':
      return { kind: 'group', type, group: 128 };
    case 'static-tensor':
      return peak === undefined
        ? { kind: 'token', type }
        : { kind: 'static', type, absmax: { ...NO_PEAKS, [point]: peak } };
  }
}

const NO_PEAKS: Readonly<Record<Point, number>> = { attention: 0, output: 0, mlp: 0, down: 0 };

async function quantizePart<Part extends BlockPart>(
  part: Part,
  points: readonly Point[],
  choose: (point: Point) => Recipe | undefined,
  { engine, shape, calibration }: VariantOptions,
): Promise<{ quantized: Part; peaks: Partial<Record<Point, number>> }> {
  const changed: { -readonly [Key in keyof BlockPart]: BlockPart[Key] } = {};
  const peaks: Partial<Record<Point, number>> = {};
  for (const point of points) {
    const recipe = choose(point);
    if (recipe === undefined) continue;
    const readers = readersOf(part, point);
    const statistics = await calibration?.read(readers[0][1].name);
    const group = quantizeGroup(engine, recipe, {
      layers: readers.map(([, { name, stored }]) => ({ name, matrix: stored })),
      statistics,
      scalable: isScalable(part, point),
    });
    readers.forEach(([key, linear], index) => (changed[key] = withMatrix(engine, linear, group, index)));
    if (group.inputDivisors !== undefined) {
      const norm = point === 'attention' ? 'attentionNorm' : 'mlpNorm';
      changed[norm] = divideNorm(part[norm], group.inputDivisors, shape.normOffset);
    }
    // Of an expert that no token reached nothing is known, whatever is of the one before it.
    peaks[point] = statistics && largest(statistics, group.inputDivisors);
  }
  return { quantized: { ...part, ...changed }, peaks };
}

/** The layer with the matrix that quantization made of it. */
export function withMatrix(engine: KernelEngine, linear: Linear, { matrices }: QuantizedGroup, index: number): Linear {
  const stored = matrices[index];
  return { ...linear, stored, values: decodeFloats(engine, stored.data, stored.dtype) };
}

function divideNorm(norm: Float32Array | undefined, divisors: Float32Array, offset: number): Float32Array | undefined {
  return norm?.map((weight, i) => (weight + offset) / divisors[i] - offset);
}

function largest({ absMax }: InputStatistics, divisors: Float32Array | undefined): number {
  return absMax.reduce((top, value, i) => Math.max(top, value / (divisors?.[i] ?? 1)), 0);
}
