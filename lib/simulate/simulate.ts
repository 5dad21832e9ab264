import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { FormatError, SimulationError } from '../errors';
import { compareByCodePoint, countParameters, type Checkpoint, type CheckpointTensor } from '../format';
import { FileSource } from '../format/node';
import { quantizedBytes, type Scheme } from '../scheme';
import { FIGURE_FIELDS, addSums, emptySums, figuresOf, outlierColumns, sumsFrom } from './figures';
import { linearLayers, modelOf } from './layers/linear-layers';
import { namePattern } from './layers/name-pattern';
import { runnerOf } from './rows/runners';
import { recipeOf, type Recipe } from './schemes/recipe';
import type { SchemeSimulation, Simulation, SkippedTensor, TensorFigures } from './simulation';
import { planStream, type StreamMatrix, type StreamTensor } from './stream/plan';
import { runStream, type StreamResult } from './stream/run';
import type { WeightDtype } from './tensor';

export interface SimulationProgress {
  readonly doneBytes: number;
  readonly totalBytes: number;
  readonly tensors: number;
  /** Seconds since the run began. */
  readonly seconds: number;
  /** Seconds until it ends at the pace so far; undefined before there is one. */
  readonly secondsLeft?: number;
}

export interface SimulationOptions {
  readonly schemes: readonly Scheme[];
  /** Default: as many as the machine has for this process. */
  readonly threads?: number;
  /** Only linear layers whose name fits: `*` and `?`, or a part of the name. */
  readonly layers?: string;
  /** Hash the weights, so that a report can be held against them. Default: true. */
  readonly digest?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: SimulationProgress) => void;
}

/**
 * Quantizes the linear layers of a checkpoint in memory, in each scheme, and tells how far the result is from the weights.
 * Writes nothing. Memory stays the same whatever the checkpoint's size.
 *
 * @throws SimulationError `SCHEME_NOT_SIMULATED`, `NO_LINEAR_LAYERS`, `NO_LAYER_MATCHES`, `CHECKPOINT_QUANTIZED`,
 *   `CHECKPOINT_NOT_LOCAL`, `THREADS_OUT_OF_RANGE`; FormatError for files that cannot be read; the signal's reason
 */
export async function simulate(checkpoint: Checkpoint, options: SimulationOptions): Promise<Simulation> {
  const started = performance.now();
  const threads = assertThreads(options.threads ?? availableParallelism());
  const recipes = options.schemes.map(recipeOf);
  const model = modelOf(checkpoint);
  const layers = chooseLayers(checkpoint, linearLayers(checkpoint, model), options.layers);
  const skipped: SkippedTensor[][] = recipes.map(() => []);
  const paths = await localPaths(checkpoint);
  const tensors = [...checkpoint.tensors.values()].map((tensor): StreamTensor => {
    const matrix = layers.has(tensor.name) ? matrixOf(tensor, recipes, skipped) : undefined;
    const file = checkpoint.files.findIndex(({ name }) => name === tensor.file);
    return { name: tensor.name, file, offset: tensor.offset, bytes: tensor.bytes, matrix };
  });

  const plan = planStream(paths, tensors, recipes.length, options.digest ?? true);
  const seconds = (): number => (performance.now() - started) / 1000;
  const result = await runStream(plan, {
    threads,
    signal: options.signal,
    onProgress: (doneBytes) =>
      options.onProgress?.({
        doneBytes: Math.min(doneBytes, plan.bytes),
        totalBytes: plan.bytes,
        tensors: layers.size,
        seconds: seconds(),
        secondsLeft: doneBytes > 0 ? Math.max((seconds() * (plan.bytes - doneBytes)) / doneBytes, 0) : undefined,
      }),
  });

  const { parameters } = countParameters(checkpoint, model?.quantization?.bits, model?.quantization?.method);
  let bytes = 0;
  for (const tensor of checkpoint.tensors.values()) bytes += tensor.bytes;
  return {
    model: {
      path: checkpoint.location,
      digest: (options.digest ?? true) ? checkpointDigest(tensors, result) : undefined,
      architecture: model?.architecture ?? 'unknown',
      parameters,
      bytes,
    },
    schemes: recipes.map((recipe, index) => schemeOf(recipe, index, tensors, result, bytes, skipped[index])),
    run: {
      bytesRead: plan.bytes,
      seconds: seconds(),
      threads,
      peakRssBytes: process.resourceUsage().maxRSS * 1024,
    },
  };
}

function assertThreads(threads: number): number {
  if (Number.isInteger(threads) && threads >= 1 && threads <= 256) return threads;
  throw new SimulationError('THREADS_OUT_OF_RANGE', 'the number of threads is not one that can be run', {
    got: String(threads),
    allowed: '1 to 256',
    fix: 'leave it out to use all processors',
  });
}

/** Worker threads read the files themselves. */
async function localPaths(checkpoint: Checkpoint): Promise<string[]> {
  const paths: string[] = [];
  for (const { name } of checkpoint.files) {
    const source = await checkpoint.open(name);
    await source.close();
    if (!(source instanceof FileSource)) {
      throw new SimulationError('CHECKPOINT_NOT_LOCAL', `${source.name} is not a file on this machine`, {
        got: source.name,
        allowed: 'files on disk',
        fix: 'download the checkpoint first',
      });
    }
    paths.push(source.name);
  }
  return paths;
}

function chooseLayers(
  checkpoint: Checkpoint,
  isLinear: (tensor: CheckpointTensor) => boolean,
  pattern: string | undefined,
): Set<string> {
  const linear = [...checkpoint.tensors.values()].filter(isLinear);
  if (linear.length === 0) {
    throw new SimulationError('NO_LINEAR_LAYERS', `${checkpoint.location} has no linear layers to quantize`, {
      got: `${checkpoint.tensors.size} tensors, none of them the weight of a linear layer in a block`,
      allowed: 'an unquantized checkpoint of a transformer',
      fix: 'give the original checkpoint: quantized ones pack their weights under other names',
    });
  }
  if (pattern === undefined) return new Set(linear.map(({ name }) => name));
  const fits = namePattern(pattern);
  const chosen = linear.filter(({ name }) => fits(name));
  if (chosen.length > 0) return new Set(chosen.map(({ name }) => name));
  throw new SimulationError('NO_LAYER_MATCHES', `no linear layer fits ${pattern}`, {
    got: pattern,
    allowed: `e.g. ${linear[0].name}`,
    fix: 'use * for any text; qe inspect lists the names',
  });
}

const SOURCE_DTYPES: readonly string[] = ['F32', 'F16', 'BF16'];

function matrixOf(tensor: CheckpointTensor, recipes: readonly Recipe[], skipped: SkippedTensor[][]): StreamMatrix {
  if (!SOURCE_DTYPES.includes(tensor.dtype)) {
    throw new SimulationError('CHECKPOINT_QUANTIZED', `${tensor.name} is stored as ${tensor.dtype}`, {
      got: tensor.dtype,
      allowed: SOURCE_DTYPES.join(', '),
      fix: 'give the unquantized checkpoint',
    });
  }
  const [rows, columns] = tensor.shape;
  const kernels = recipes.map(({ kernel }, index) => {
    const reason = runnerOf(kernel).refuses(kernel, columns);
    if (reason === undefined) return kernel;
    skipped[index].push({ name: tensor.name, reason });
    return null;
  });
  return { dtype: tensor.dtype as WeightDtype, rows, columns, kernels };
}

function schemeOf(
  recipe: Recipe,
  index: number,
  tensors: readonly StreamTensor[],
  result: StreamResult,
  storedBytes: number,
  skipped: readonly SkippedTensor[],
): SchemeSimulation {
  const total = emptySums();
  const figures: TensorFigures[] = [];
  let bytes = storedBytes;
  let weightBytes = 0;
  let weights = 0;
  tensors.forEach(({ name, matrix, bytes: stored }, tensor) => {
    if (!matrix?.kernels[index]) return;
    const found = result.tensors.get(tensor);
    if (found === undefined) throw new FormatError('TENSOR_NOT_READ', `${name} was not read`, { tensor: name });
    const sums = sumsFrom(found.figures.subarray(index * FIGURE_FIELDS, (index + 1) * FIGURE_FIELDS));
    addSums(total, sums);
    figures.push({
      name,
      shape: [matrix.rows, matrix.columns],
      figures: figuresOf(sums),
      clipped: sums.clipped,
      outlierColumns: outlierColumns(found.columnEnergy),
    });
    const quantized = quantizedBytes(recipe.scheme, matrix.rows, matrix.columns).total;
    bytes += quantized - stored;
    weightBytes += quantized;
    weights += matrix.rows * matrix.columns;
  });
  return {
    scheme: recipe.scheme,
    bytes,
    bitsPerWeight: weights > 0 ? (weightBytes * 8) / weights : 0,
    figures: figuresOf(total),
    tensors: figures,
    skipped,
    notes: notesOf(recipe, total.nonfinite, skipped),
  };
}

function notesOf(recipe: Recipe, nonfinite: number, skipped: readonly SkippedTensor[]): string[] {
  const notes: string[] = [];
  if (recipe.calibrated !== undefined) notes.push(WITHOUT_CALIBRATION[recipe.calibrated]);
  if (nonfinite > 0) notes.push(`${nonfinite} weights are NaN or infinite: the figures leave them out.`);
  if (skipped.length > 0) {
    const [first] = skipped;
    const more = skipped.length > 1 ? ` and ${skipped.length - 1} more` : '';
    notes.push(`Left unquantized: ${first.name}${more} (${first.reason}).`);
  }
  return notes;
}

/** What a calibrated scheme comes down to on weights alone. */
const WITHOUT_CALIBRATION: Readonly<Record<NonNullable<Recipe['calibrated']>, string>> = {
  awq: 'No calibration: neither scales nor clipping were searched. These are the figures of round-to-nearest on the AWQ grid; AWQ itself will do better.',
  gptq: 'No calibration: errors were not spread by the Hessian. These are the figures of round-to-nearest on the GPTQ grid; GPTQ itself will do better.',
  smoothquant:
    'No calibration: nothing was smoothed. These are the figures of INT8 weights alone; smoothing moves error from activations to weights.',
};

/** SHA-256 over the tensors by name: each name, a zero byte, and the SHA-256 of its bytes. */
function checkpointDigest(tensors: readonly StreamTensor[], { digests }: StreamResult): string {
  const hash = createHash('sha256');
  const order = [...tensors.keys()].sort((left, right) => compareByCodePoint(tensors[left].name, tensors[right].name));
  for (const tensor of order) {
    const digest = digests.get(tensor);
    if (digest === undefined) throw new FormatError('TENSOR_NOT_READ', `${tensors[tensor].name} was not read`);
    hash.update(tensors[tensor].name).update('\0').update(digest);
  }
  return `sha256:${hash.digest('hex')}`;
}
