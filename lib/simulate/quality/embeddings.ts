import type { Checkpoint } from '../../format';
import type { Scheme } from '../../scheme';
import { quantizeGroup } from '../calibrated/quantize-group';
import { CheckpointWeights } from '../checkpoint-weights';
import type { Calibration } from '../calibration/calibration';
import { everywhere, POINTS, UNQUANTIZED, type BlockActivations, type Point } from '../forward/activations';
import { Encoder, type EncoderOptions, type EncoderVariant } from '../forward/encoder';
import { encoderShape } from '../forward/encoder-shape';
import { ENCODER_READERS, type EncoderBlock } from '../forward/encoder-weights';
import { createKernelEngine } from '../kernels/create';
import type { KernelEngine } from '../kernels/engine';
import { recipeOf, type Recipe } from '../schemes/recipe';
import { activationsOf, withMatrix } from './variants';

/** Embeddings of the same texts, against those of full precision. */
export interface EmbeddingFigures {
  readonly meanCosine: number;
  readonly worstCosine: number;
  /** Spearman's correlation of each text's similarities to the others, averaged over the texts. */
  readonly rankAgreement: number;
  /** Share of texts whose nearest other text is the same. */
  readonly nearestAgreement: number;
}

export interface EmbeddingEvaluation {
  readonly texts: number;
  readonly tokens: number;
  /** In the order of the schemes asked for. */
  readonly schemes: readonly {
    readonly name: string;
    readonly figures: EmbeddingFigures;
    readonly notes: readonly string[];
  }[];
}

export interface EmbeddingOptions extends Pick<EncoderOptions, 'signal' | 'onProgress'> {
  readonly schemes: readonly Scheme[];
  /** Token ids, special tokens included; two texts at least. */
  readonly texts: readonly (readonly number[])[];
  readonly calibration?: Calibration;
}

/**
 * What each scheme does to an encoder's embeddings.
 *
 * @throws SimulationError `FORWARD_PASS_UNSUPPORTED`, `TENSOR_MISSING`, `TENSOR_SHAPE_MISMATCH`, `WEIGHT_NOT_FINITE`,
 *   `SIMULATION_OUT_OF_MEMORY`; the signal's reason
 */
export async function evaluateEmbeddings(
  checkpoint: Checkpoint,
  { schemes, texts, calibration, ...progress }: EmbeddingOptions,
): Promise<EmbeddingEvaluation> {
  const shape = encoderShape(checkpoint.config);
  const engine = createKernelEngine();
  const source = new CheckpointWeights(checkpoint, engine);
  const recipes = schemes.map((scheme) => recipeOf(scheme, checkpoint));
  const exact: EncoderVariant = { name: 'full', activations: everywhere(UNQUANTIZED), block: (block) => block };
  const variants = [exact, ...recipes.map((recipe) => variantOf(engine, recipe, calibration))];
  const [full, ...others] = await new Encoder({ source, shape, ...progress }).embed(texts, variants);
  return {
    texts: texts.length,
    tokens: texts.reduce((sum, text) => sum + text.length, 0),
    schemes: others.map((embeddings, index) => ({
      name: schemes[index].name,
      figures: compareEmbeddings(full, embeddings),
      notes: notesOf(recipes[index], calibration !== undefined),
    })),
  };
}

function variantOf(engine: KernelEngine, recipe: Recipe, calibration: Calibration | undefined): EncoderVariant {
  // What calibration saw at each block's points, kept from when the block is quantized to when it is run.
  const absmax = new Map<number, Partial<Record<Point, number>>>();
  return {
    name: recipe.scheme.name,
    activations: (index) =>
      Object.fromEntries(
        POINTS.map((point) => [point, activationsOf(recipe, point, absmax.get(index)?.[point])]),
      ) as BlockActivations,
    block: async (block, layer) => {
      const { quantized, peaks } = await quantizeBlock(engine, recipe, block, calibration);
      absmax.set(layer, peaks);
      return quantized;
    },
  };
}

async function quantizeBlock(
  engine: KernelEngine,
  recipe: Recipe,
  block: EncoderBlock,
  calibration: Calibration | undefined,
): Promise<{ quantized: EncoderBlock; peaks: Partial<Record<Point, number>> }> {
  const quantized: { -readonly [Key in keyof EncoderBlock]: EncoderBlock[Key] } = { ...block };
  const peaks: Partial<Record<Point, number>> = {};
  for (const point of POINTS) {
    const readers = ENCODER_READERS[point];
    const layers = readers.map((key) => ({ name: block[key].name, matrix: block[key].stored }));
    const statistics = await calibration?.read(layers[0].name);
    // A norm's output goes into the residual as well, and GELU is not linear: factors for channels have nowhere to go.
    const group = quantizeGroup(engine, recipe, { layers, statistics, scalable: false });
    readers.forEach((key, index) => (quantized[key] = withMatrix(engine, block[key], group, index)));
    if (statistics !== undefined) peaks[point] = statistics.absMax.reduce((top, value) => Math.max(top, value), 0);
  }
  return { quantized, peaks };
}

function notesOf({ scheme, calibrated }: Recipe, isCalibrated: boolean): string[] {
  const notes: string[] = [];
  if (calibrated === 'awq' && isCalibrated)
    notes.push("In an encoder of BERT's kind AWQ's scales have nowhere to go: clipping alone was searched.");
  if (calibrated === 'smoothquant')
    notes.push(
      "In an encoder of BERT's kind a norm's output goes into the residual too: SmoothQuant has nowhere to put its factors, and these are the figures of int8-w8a8.",
    );
  else if (calibrated !== undefined && !isCalibrated)
    notes.push(`Without calibration ${scheme.name} was evaluated on weights alone: give --calibration.`);
  if (scheme.activationScales === 'static-tensor' && !isCalibrated)
    notes.push('Without calibration the static scales of activations are not known: a scale for each token was used.');
  return notes;
}

/** Figures of embeddings, each of length 1, against those of the same texts at full precision. */
export function compareEmbeddings(full: readonly Float32Array[], others: readonly Float32Array[]): EmbeddingFigures {
  const cosines = full.map((embedding, index) => dot(embedding, others[index]));
  const pairs = full.map((_, index) => [similarities(full, index), similarities(others, index)] as const);
  return {
    meanCosine: mean(cosines),
    worstCosine: Math.min(...cosines),
    rankAgreement: mean(pairs.map(([exact, other]) => correlation(ranks(exact), ranks(other)))),
    nearestAgreement: mean(pairs.map(([exact, other]) => (largest(exact) === largest(other) ? 1 : 0))),
  };
}

/** Of one text to all others. */
function similarities(embeddings: readonly Float32Array[], index: number): number[] {
  return embeddings.filter((_, other) => other !== index).map((other) => dot(embeddings[index], other));
}

function dot(left: Float32Array, right: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < left.length; i++) sum += left[i] * right[i];
  return sum;
}

/** Place of each value in ascending order. */
function ranks(values: readonly number[]): number[] {
  const places: number[] = [];
  [...values.keys()]
    .sort((left, right) => values[left] - values[right])
    .forEach((index, place) => (places[index] = place));
  return places;
}

function correlation(left: readonly number[], right: readonly number[]): number {
  if (left.length < 2) return 1;
  const [leftMean, rightMean] = [mean(left), mean(right)];
  let [product, leftSquare, rightSquare] = [0, 0, 0];
  left.forEach((value, i) => {
    product += (value - leftMean) * (right[i] - rightMean);
    leftSquare += (value - leftMean) ** 2;
    rightSquare += (right[i] - rightMean) ** 2;
  });
  return product / Math.sqrt(leftSquare * rightSquare);
}

function largest(values: readonly number[]): number {
  return values.indexOf(Math.max(...values));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
