import { availableParallelism } from 'node:os';
import { FormatError, SimulationError } from '../errors';
import { countParameters, type Checkpoint } from '../format';
import { stringOf } from '../format/gguf/value';
import type { ImportanceMatrix } from '../format/imatrix';
import type { Scheme } from '../scheme';
import type { Calibration } from './calibration/calibration';
import { checkpointDigest } from './checkpoint-digest';
import { FIGURE_FIELDS } from './figures';
import { isScalable, type GroupTask, type LayerResult } from './groups/task';
import { kernelModule } from './kernels/create';
import { chooseLayers, type LinearTensor } from './layers/choose-layers';
import { expertStacks, linearLayers, modelOf } from './layers/linear-layers';
import type { RowKernel } from './rows/runner';
import { runnerOf } from './rows/runners';
import { schemeResult } from './scheme-result';
import { kernelFor } from './schemes/kernel-for';
import { recipeOf, type Recipe } from './schemes/recipe';
import type { Simulation, SkippedTensor } from './simulation';
import { localPaths } from './stream/local-paths';
import { planStream, type StreamTensor } from './stream/plan';
import { runStream } from './stream/run';
import { runTasks } from './worker/tasks';

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
  /** Activation statistics, for the schemes that use them. */
  readonly calibration?: Calibration;
  /** For GGUF types. */
  readonly importance?: ImportanceMatrix;
  /** Hash the weights, so that a report can be held against them. Default: true. */
  readonly digest?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: SimulationProgress) => void;
}

/**
 * Quantizes the linear layers of a checkpoint in memory, in each scheme, and tells how far the result is from the weights.
 * Writes nothing. Memory stays the same whatever the checkpoint's size; with calibration, each thread holds one group of layers
 * and the second moments of its input.
 *
 * @throws SimulationError `SCHEME_NOT_SIMULATED`, `NO_LINEAR_LAYERS`, `NO_LAYER_MATCHES`, `CHECKPOINT_QUANTIZED`,
 *   `CHECKPOINT_NOT_LOCAL`, `THREADS_OUT_OF_RANGE`, `IMPORTANCE_*`; FormatError for files that cannot be read; the signal's reason
 */
export async function simulate(checkpoint: Checkpoint, options: SimulationOptions): Promise<Simulation> {
  const started = performance.now();
  const { signal, calibration, digest = true } = options;
  const threads = assertThreads(options.threads ?? availableParallelism());
  const recipes = options.schemes.map((scheme) => recipeOf(scheme, checkpoint, options.importance));
  const model = modelOf(checkpoint);
  const isLinear = linearLayers(checkpoint, model);
  const isStack = expertStacks(checkpoint);
  const layers = chooseLayers(checkpoint, (tensor) => isLinear(tensor) || isStack(tensor), options.layers, true);
  const paths = await localPaths(checkpoint);
  const pathOf = new Map(checkpoint.files.map(({ name }, index) => [name, paths[index]]));

  const skipped: SkippedTensor[][] = recipes.map(() => []);
  const tensors = [...checkpoint.tensors.values()];
  const plan = planStream(
    paths,
    tensors.map((tensor): StreamTensor => {
      const { name, offset, bytes } = tensor;
      const file = checkpoint.files.findIndex((candidate) => candidate.name === tensor.file);
      const layer = layers.get(name);
      return { name, file, offset, bytes, matrix: layer && matrixOf(layer, recipes, skipped) };
    }),
    recipes.length,
    digest,
  );

  const searched = calibration === undefined ? [] : recipes.filter((recipe) => recipe.calibrated !== undefined);
  const groups = searched.length > 0 && calibration ? calibratedGroups(calibration, layers) : [];
  const groupBytes = sum(groups.flat().map(({ bytes }) => bytes)) * searched.length;
  const seconds = (): number => (performance.now() - started) / 1000;
  const totalBytes = plan.bytes + groupBytes;
  const report = (doneBytes: number): void =>
    options.onProgress?.({
      doneBytes: Math.min(doneBytes, totalBytes),
      totalBytes,
      tensors: layers.size,
      seconds: seconds(),
      secondsLeft: doneBytes > 0 ? Math.max((seconds() * (totalBytes - doneBytes)) / doneBytes, 0) : undefined,
    });

  const streamed = await runStream(plan, { threads, signal, onProgress: report });
  let done = plan.bytes;
  const searchedLayers = new Map<Recipe, Map<string, LayerResult>>();
  if (groups.length > 0 && calibration !== undefined) {
    await runTasks<GroupTask, LayerResult[]>(
      { kind: 'groups', module: kernelModule() },
      groupTasks(searched, groups, calibration, pathOf),
      {
        threads: Math.min(threads, groups.length * searched.length),
        signal,
        onDone: (task, found) => {
          const held = searchedLayers.get(task.recipe) ?? new Map<string, LayerResult>();
          for (const layer of found) held.set(layer.name, layer);
          searchedLayers.set(task.recipe, held);
          report((done += sum(task.layers.map(({ bytes }) => bytes))));
        },
      },
    );
  }

  const storedBytes = sum(tensors.map(({ bytes }) => bytes));
  const { parameters } = countParameters(checkpoint, model?.quantization?.bits, model?.quantization?.method);
  return {
    model: {
      path: checkpoint.location,
      digest: digest ? digestOf(plan.tensors, streamed.digests) : undefined,
      architecture: model?.architecture ?? stringOf(checkpoint.gguf?.get('general.architecture')) ?? 'unknown',
      parameters,
      bytes: storedBytes,
    },
    schemes: recipes.map((recipe, index) => {
      const held = searchedLayers.get(recipe);
      const found = plan.tensors.flatMap(({ name, matrix }, number) => {
        if (!matrix?.kernels[index]) return [];
        const result = streamed.tensors.get(number);
        if (result === undefined) throw notRead(name);
        const alone = result.figures.subarray(index * FIGURE_FIELDS, (index + 1) * FIGURE_FIELDS);
        const tensor = layers.get(name) as LinearTensor;
        return [{ tensor, figures: held?.get(name)?.figures ?? alone, columnEnergy: result.columnEnergy }];
      });
      const calibrated = held === undefined ? 0 : found.filter(({ tensor }) => held.has(tensor.name)).length;
      return schemeResult({
        recipe,
        checkpoint,
        layers: found,
        skipped: skipped[index],
        calibrated,
        calibration,
        storedBytes,
      });
    }),
    run: {
      bytesRead: (digest ? storedBytes : sum([...layers.values()].map(({ bytes }) => bytes))) + groupBytes,
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

function matrixOf(layer: LinearTensor, recipes: readonly Recipe[], skipped: SkippedTensor[][]): StreamTensor['matrix'] {
  const [rows, columns] = layer.shape;
  const { matrices } = layer;
  const kernels = recipes.map((recipe, index) => {
    const kernel = kernelFor(recipe, layer.name);
    const reason =
      kernel === undefined
        ? `stored as ${recipe.types?.get(layer.name)}`
        : (runnerOf(kernel).refuses(kernel, columns) ?? partedScales(kernel, rows / matrices, matrices));
    if (kernel !== undefined && reason === undefined) return kernel;
    skipped[index].push({ name: layer.name, reason: String(reason) });
    return null;
  });
  return { dtype: layer.dtype, blocks: layer.blocks, rows, columns, kernels };
}

/** Why a tensor of several experts cannot be taken for one matrix: each has scales of its own that rows share. */
function partedScales(kernel: RowKernel, rows: number, matrices: number): string | undefined {
  const runner = runnerOf(kernel);
  if (matrices === 1 || (!runner.needsRange(kernel) && rows % runner.rowMultiple(kernel) === 0)) return undefined;
  return `${matrices} experts in one tensor, whose rows share scales`;
}

/** Layers of the run that read one input, as calibration has them. */
function calibratedGroups(
  calibration: Calibration,
  layers: ReadonlyMap<string, LinearTensor>,
): (readonly LinearTensor[])[] {
  return calibration.groups
    .map((weights) =>
      weights.flatMap((weight) => layers.get(weight) ?? []).filter(({ blocks }) => blocks === undefined),
    )
    .filter((group) => group.length > 0);
}

async function* groupTasks(
  recipes: readonly Recipe[],
  groups: readonly (readonly LinearTensor[])[],
  calibration: Calibration,
  pathOf: ReadonlyMap<string, string>,
): AsyncGenerator<GroupTask> {
  for (const group of groups) {
    const [{ name: first }] = group;
    const statistics = await calibration.read(first);
    if (statistics === undefined) continue;
    for (const { name, shape } of group) {
      if (shape[1] !== statistics.width) throw otherModel(calibration.location, name, shape[1], statistics.width);
    }
    const layers = group.map(({ name, file, offset, bytes, dtype, shape: [rows, columns] }) => {
      return { name, path: pathOf.get(file) as string, offset, bytes, dtype, rows, columns };
    });
    for (const recipe of recipes)
      yield { recipe, layers, statistics, scalable: isScalable(group.map(({ name }) => name)) };
  }
}

function otherModel(location: string, name: string, columns: number, width: number): SimulationError {
  return new SimulationError('CALIBRATION_OF_OTHER_MODEL', `${location} does not belong to this model`, {
    path: location,
    got: `${width} channels at the input of ${name}`,
    allowed: `${columns} channels`,
    fix: 'calibrate this model: qe calibrate',
  });
}

function digestOf(tensors: readonly StreamTensor[], digests: ReadonlyMap<number, string>): string {
  return checkpointDigest(
    new Map(
      tensors.map(({ name }, number) => {
        const digest = digests.get(number);
        if (digest === undefined) throw notRead(name);
        return [name, digest];
      }),
    ),
  );
}

function notRead(name: string): FormatError {
  return new FormatError('TENSOR_NOT_READ', `${name} was not read`, { tensor: name, fix: 'run the command again' });
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
