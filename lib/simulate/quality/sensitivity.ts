import { SimulationError } from '../../errors';
import type { Checkpoint } from '../../format';
import type { ImportanceMatrix } from '../../format/imatrix';
import { parseScheme, type Scheme } from '../../scheme';
import type { Calibration } from '../calibration/calibration';
import { CheckpointWeights } from '../checkpoint-weights';
import { POINTS, type Point } from '../forward/activations';
import { Decoder, decoderJobs } from '../forward/decoder';
import type { DecoderProgress, Variant, VariantFigures } from '../forward/decoder-run';
import { decoderShape, type DecoderShape } from '../forward/decoder-shape';
import { pointNames } from '../forward/tensor-names';
import { createKernelEngine } from '../kernels/create';
import { recipeOf, type Recipe } from '../schemes/recipe';
import { keepsAtInt8 } from '../write/plan-encoding';
import type { KeptAs } from '../write/keep';
import { mixedVariant, schemeVariant, type VariantOptions } from './variants';
import type { TextWindows } from './windows';

/** Up to here each input's layers are looked at by themselves; deeper models, block by block. */
const MAX_UNITS = 32;

/** Share of the divergence that a proposal is to take away. */
const RECOVERED = 0.5;

/** Layers that are quantized together, all else being left as it is. */
export interface SensitivityUnit {
  readonly layer: number;
  readonly points: readonly Point[];
  /** Tensors of the unit. */
  readonly weights: readonly string[];
  readonly elements: number;
  /** As the checkpoint stores them. */
  readonly storedBytes: number;
}

export interface UnitSensitivity extends SensitivityUnit {
  /** Against full precision, with only this unit quantized. */
  readonly meanKl: number;
  readonly perplexity: number;
}

/** A checkpoint with some layers at higher precision, expected and then measured. */
export interface MixedProposal {
  /** Tensors kept at `keptAs`. */
  readonly kept: readonly string[];
  /** `int8` where a format of the scheme can hold such layers beside its own (`qe quantize --keep` writes it), else as they are stored. */
  readonly keptAs: KeptAs;
  /** Bytes more than the scheme alone takes. */
  readonly extraBytes: number;
  /** What the single figures add up to, scaled to what the whole scheme was measured at. */
  readonly expectedMeanKl: number;
  readonly measured: VariantFigures;
}

export interface Sensitivity {
  readonly scheme: string;
  readonly full: VariantFigures;
  /** The scheme everywhere, on the same text. */
  readonly whole: VariantFigures;
  /** Those that lose most first. */
  readonly units: readonly UnitSensitivity[];
  readonly proposal?: MixedProposal;
}

export interface SensitivityOptions {
  readonly scheme: Scheme;
  readonly text: TextWindows;
  readonly calibration?: Calibration;
  readonly importance?: ImportanceMatrix;
  readonly threads: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: DecoderProgress) => void;
}

/**
 * Which layers a scheme hurts: each unit is quantized alone and its divergence from full precision measured. Then the fewest
 * units that make up half of it are kept at higher precision, and that mix is measured on the same text.
 *
 * @throws SimulationError as `evaluate`
 */
export async function measureSensitivity(checkpoint: Checkpoint, options: SensitivityOptions): Promise<Sensitivity> {
  const { scheme, text, calibration, importance, threads, signal, onProgress } = options;
  const shape = decoderShape(checkpoint.config);
  const engine = createKernelEngine();
  const source = new CheckpointWeights(checkpoint, engine);
  const recipe = recipeOf(scheme, checkpoint, importance);
  const variantOptions: VariantOptions = { engine, shape, calibration };
  const units = unitsOf(checkpoint, source, shape);
  const jobs = (variants: number) => decoderJobs(shape, text.windows.length, variants);
  const total = jobs(units.length + 1) + jobs(1);
  let before = 0;
  const run = async (variants: readonly Variant[]) => {
    const report = ({ done }: DecoderProgress) => onProgress?.({ done: before + done, total });
    const decoder = new Decoder({ source, shape, threads, signal, onProgress: report });
    const figures = await decoder.evaluate(text.windows, variants);
    before += jobs(variants.length);
    return figures;
  };

  const [full, whole, ...alone] = await run([
    schemeVariant(recipe, variantOptions).variant,
    ...units.map((unit) => mixedVariant(unitName(unit), only(unit, recipe), variantOptions)),
  ]);
  const measured = units
    .map((unit, index) => ({ ...unit, meanKl: alone[index].meanKl, perplexity: alone[index].perplexity }))
    .sort((left, right) => right.meanKl - left.meanKl);
  const chosen = worthKeeping(measured);
  if (chosen.length === 0 || chosen.length === units.length)
    return { scheme: scheme.name, full, whole, units: measured };

  const keptAs = canKeepAtInt8(scheme) ? 'int8' : 'stored';
  const better = keptAs === 'stored' ? undefined : recipeOf(atInt8(scheme), checkpoint, importance);
  const isKept = new Set(chosen.flatMap(({ layer, points }) => points.map((point) => `${layer} ${point}`)));
  const [, mix] = await run([
    mixedVariant(
      `${scheme.name}, ${chosen.length} parts at ${keptAs}`,
      (layer, point) => (isKept.has(`${layer} ${point}`) ? better : recipe),
      variantOptions,
    ),
  ]);
  return {
    scheme: scheme.name,
    full,
    whole,
    units: measured,
    proposal: {
      kept: chosen.flatMap(({ weights }) => weights),
      keptAs,
      extraBytes: chosen.reduce((sum, unit) => sum + extraBytes(unit, scheme, better?.scheme), 0),
      expectedMeanKl: whole.meanKl * (1 - sum(chosen) / sum(measured)),
      measured: mix,
    },
  };
}

function canKeepAtInt8(scheme: Scheme): boolean {
  return scheme.weightBits < 8 && (scheme.layout === 'gguf' || keepsAtInt8(scheme));
}

/** What a layer at INT8 is in the scheme's own format. */
function atInt8(scheme: Scheme): Scheme {
  if (scheme.layout === 'gguf') return parseScheme('gguf-tensor:Q8_0');
  return scheme.name === 'gptq' ? { ...scheme, weightBits: 8 } : parseScheme('int8-weight-only');
}

/** The least number of units that together make up the share that is to be recovered. `units` are in order of their loss. */
function worthKeeping(units: readonly UnitSensitivity[]): UnitSensitivity[] {
  const goal = RECOVERED * sum(units);
  const chosen: UnitSensitivity[] = [];
  for (const unit of units) {
    if (!(sum(chosen) < goal)) break;
    chosen.push(unit);
  }
  return chosen;
}

/** How many streams `measureSensitivity` runs at once beside full precision, at most. */
export function sensitivityStreams(layers: number): number {
  return 1 + (layers * POINTS.length <= MAX_UNITS ? layers * POINTS.length : layers);
}

function sum(units: readonly { readonly meanKl: number }[]): number {
  return units.reduce((total, { meanKl }) => total + meanKl, 0);
}

function only({ layer, points }: SensitivityUnit, recipe: Recipe) {
  return (at: number, point: Point) => (at === layer && points.includes(point) ? recipe : undefined);
}

function unitName({ layer, points }: SensitivityUnit): string {
  return `block ${layer}, ${points.join(' ')}`;
}

/** Bytes that a unit takes beyond what the scheme gives it; scales count as the 16 bits they mostly are. */
function extraBytes({ elements, storedBytes }: SensitivityUnit, scheme: Scheme, kept: Scheme | undefined): number {
  const bytesIn = (one: Scheme) => {
    const scales = one.groupSize !== undefined && one.groupSize > 0 ? 16 / one.groupSize : 0;
    return (elements * (one.weightBits + scales)) / 8;
  };
  return Math.round((kept === undefined ? storedBytes : bytesIn(kept)) - bytesIn(scheme));
}

function unitsOf(checkpoint: Checkpoint, source: CheckpointWeights, shape: DecoderShape): SensitivityUnit[] {
  const byPoint = shape.layers * POINTS.length <= MAX_UNITS;
  return Array.from({ length: shape.layers }, (_, layer) => {
    const names = pointNames(source, shape, layer);
    const unit = (points: readonly Point[]): SensitivityUnit => {
      const weights = [
        ...new Set(names.filter(({ point }) => points.includes(point)).flatMap((group) => group.weights)),
      ];
      const tensors = weights.map((weight) => tensorOf(checkpoint, weight));
      return {
        layer,
        points,
        weights,
        elements: tensors.reduce((total, { elements }) => total + elements, 0),
        storedBytes: tensors.reduce((total, { bytes }) => total + bytes, 0),
      };
    };
    if (!byPoint) return [unit(POINTS)];
    // Engines run a layer's experts in one kernel, which wants all of their weights in one format.
    const parts: readonly (readonly Point[])[] =
      shape.mixture?.sparse[layer] === true
        ? [['attention'], ['output'], ['mlp', 'down']]
        : POINTS.map((point) => [point]);
    return parts.map(unit);
  }).flat();
}

function tensorOf(checkpoint: Checkpoint, name: string) {
  const tensor = checkpoint.tensors.get(name);
  if (tensor !== undefined) return tensor;
  throw new SimulationError('TENSOR_MISSING', `the checkpoint has no tensor ${name}`, {
    got: 'nothing',
    allowed: name,
    fix: 'download the checkpoint again; check that config.json belongs to it',
    path: name,
  });
}
