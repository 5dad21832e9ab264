import type { Checkpoint } from '../format';
import { ggmlBytes } from '../scheme/gguf/types';
import { quantizedBytes } from '../scheme';
import type { Calibration } from './calibration/calibration';
import { unreachedNote } from './calibration/unreached';
import { addSums, emptySums, figuresOf, outlierColumns, sumsFrom } from './figures';
import { ggufTensorBytes, quantizedBesides } from './gguf/mix';
import type { LinearTensor } from './layers/choose-layers';
import type { Recipe } from './schemes/recipe';
import type { SchemeSimulation, SkippedTensor, TensorFigures } from './simulation';

/** What was found of a layer in one scheme. */
export interface LayerFigures {
  readonly tensor: LinearTensor;
  /** Fields of the figures as the kernels keep them. */
  readonly figures: Float64Array;
  readonly columnEnergy: Float64Array;
}

export interface SchemeFindings {
  readonly recipe: Recipe;
  readonly checkpoint: Checkpoint;
  readonly layers: readonly LayerFigures[];
  readonly skipped: readonly SkippedTensor[];
  /** Layers that were quantized with what calibration knows of their input. */
  readonly calibrated: number;
  readonly calibration?: Calibration;
  /** Bytes of all tensors of the checkpoint as stored. */
  readonly storedBytes: number;
}

/** Adds up a scheme's layers. */
export function schemeResult(findings: SchemeFindings): SchemeSimulation {
  const { recipe, layers, skipped } = findings;
  const total = emptySums();
  const tensors: TensorFigures[] = [];
  let bytes = findings.storedBytes;
  let weightBytes = 0;
  let weights = 0;
  for (const { tensor, figures, columnEnergy } of layers) {
    const sums = sumsFrom(figures);
    addSums(total, sums);
    tensors.push({
      name: tensor.name,
      shape: tensor.shape,
      figures: figuresOf(sums),
      clipped: sums.clipped,
      outlierColumns: outlierColumns(columnEnergy),
    });
    const type = recipe.types?.get(tensor.name);
    const quantized =
      type === undefined ? quantizedBytes(recipe.scheme, ...tensor.shape).total : ggmlBytes(type, tensor.elements);
    bytes += quantized - tensor.bytes;
    weightBytes += quantized;
    weights += tensor.elements;
  }
  return {
    scheme: recipe.scheme,
    bytes: recipe.types === undefined ? bytes : ggufTensorBytes(findings.checkpoint, recipe.types),
    bitsPerWeight: weights > 0 ? (weightBytes * 8) / weights : 0,
    figures: figuresOf(total),
    tensors,
    skipped,
    notes: notesOf(findings, total.nonfinite),
  };
}

function notesOf(findings: SchemeFindings, nonfinite: number): string[] {
  const { recipe, layers, skipped, calibrated, calibration } = findings;
  const notes: string[] = [];
  const before = new Set(layers.flatMap(({ tensor }) => tensor.blocks ?? []));
  if (before.size > 0) notes.push(quantizedBeforeNote([...before]));
  if (recipe.calibrated !== undefined && calibrated === 0) notes.push(WITHOUT_CALIBRATION[recipe.calibrated]);
  if (calibrated > 0 && recipe.calibrated !== 'smoothquant') notes.push(OUTPUT_ERROR);
  if (calibrated > 0 && calibrated < layers.length) {
    const without = layers.length - calibrated;
    notes.push(
      `Calibration has nothing on ${without} of ${layers.length} layers: those are quantized on weights alone.`,
    );
  }
  const unreached =
    calibrated > 0 ? unreachedNote(calibration, `${recipe.scheme.name} quantized them on weights alone`) : undefined;
  if (unreached !== undefined) notes.push(unreached);
  const { importance } = recipe;
  if (importance !== undefined) notes.push(BY_IMPORTANCE);
  const unweighed =
    importance === undefined
      ? 0
      : layers.filter(({ tensor: { name } }) => recipe.types?.get(name) !== 'Q8_0' && !importance.has(name)).length;
  if (unweighed > 0)
    notes.push(
      `The importance matrix has nothing on ${unweighed} of ${layers.length} layers: those are quantized without it.`,
    );
  const besides = recipe.types === undefined ? [] : quantizedBesides(recipe.types, namesOf(findings));
  if (besides.length > 0) notes.push(besidesNote(besides));
  if (nonfinite > 0) notes.push(`${nonfinite} weights are NaN or infinite: the figures leave them out.`);
  if (skipped.length > 0) {
    const [first] = skipped;
    const more = skipped.length > 1 ? ` and ${skipped.length - 1} more` : '';
    notes.push(`Left unquantized: ${first.name}${more} (${first.reason}).`);
  }
  return notes;
}

/** The reference is not the model as it was trained. */
function quantizedBeforeNote(types: readonly string[]): string {
  return `The weights were quantized before (${types.join(', ')}): the figures compare with what those blocks stand for, and leave out what that lost.`;
}

function namesOf({ layers, skipped }: SchemeFindings): ReadonlySet<string> {
  return new Set([...layers.map(({ tensor }) => tensor.name), ...skipped.map(({ name }) => name)]);
}

/** Other schemes leave embeddings and head alone, so that the figures would not compare with them in. */
function besidesNote(names: readonly string[]): string {
  const more = names.length > 1 ? ` and ${names.length - 1} more` : '';
  return `The file quantizes ${names[0]}${more} too: counted in the size, not in the figures, which are of the layers shown.`;
}

const BY_IMPORTANCE =
  'The importance matrix weighs the errors of columns: what it brings shows in predictions (--evaluate) more than in the figures of the weights.';

/** Not a fault of the scheme, though the table may look so. */
const OUTPUT_ERROR =
  "The search was for the least error of the layers' outputs: the error of the weights may well be larger than that of rounding to nearest.";

/** What a calibrated scheme comes down to on weights alone. */
const WITHOUT_CALIBRATION: Readonly<Record<NonNullable<Recipe['calibrated']>, string>> = {
  awq: 'No calibration: neither scales nor clipping were searched. These are the figures of round-to-nearest on the AWQ grid; AWQ itself will do better.',
  gptq: 'No calibration: errors were not spread by the Hessian. These are the figures of round-to-nearest on the GPTQ grid; GPTQ itself will do better.',
  smoothquant:
    'No calibration: nothing was smoothed. These are the figures of INT8 weights alone; smoothing moves error from activations to weights.',
};
