import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { FormatError, SimulationError } from '../../errors';
import type { Checkpoint, CheckpointFolder, CheckpointTensor } from '../../format';
import { layoutCheckpoint, type CheckpointLayout } from '../../format/safetensors';
import type { AtomicFile } from '../../format/node';
import type { Scheme } from '../../scheme';
import type { Calibration } from '../calibration/calibration';
import { unreachedExperts, unreachedNote } from '../calibration/unreached';
import { kernelModule } from '../kernels/create';
import { chooseLayers, type LinearTensor } from '../layers/choose-layers';
import { linearLayers, modelOf } from '../layers/linear-layers';
import type { SkippedTensor } from '../simulation';
import { digestOfCheckpoint } from '../source-digest';
import { fileVersions, localPaths } from '../stream/local-paths';
import type { WeightDtype } from '../tensor';
import { runTasks } from '../worker/tasks';
import { encodedTensors, type Encoding } from './encoding';
import { keptWithFused, type KeptAs, type KeptLayers } from './keep';
import { copiedDtype, moduleOf, planTensors, type Exceptions, type TensorPlan } from './layer-plan';
import { OutputFolder } from './output-folder';
import { planEncoding, type EncodingPlan } from './plan-encoding';
import { precedingOf, type Preceding } from './preceding';
import { quantizationConfig } from './quantization-config';
import type { CopyTask, LayersTask, Target, WriteResult, WriteTask } from './task';

export interface WriteProgress {
  readonly doneBytes: number;
  readonly totalBytes: number;
}

export interface WriteOptions {
  readonly scheme: Scheme;
  /** `compressed-tensors`, `awq`, `gptq` or `neuron`; default: the one that the scheme is known for. */
  readonly format?: string;
  readonly calibration?: Calibration;
  /** Layers at higher precision than the scheme's, and what engines fuse with them. */
  readonly keep?: KeptLayers;
  readonly threads?: number;
  /** Largest file, in bytes of its tensors. */
  readonly maxShardBytes?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: WriteProgress) => void;
}

/** A checkpoint that is to be written, and what it will take. */
export interface WritePlan {
  readonly format: string;
  readonly layout: CheckpointLayout;
  readonly tensors: TensorPlan;
  /** Bytes of the layers that are quantized, with their scales. */
  readonly layerBytes: number;
  readonly encoding: EncodingPlan;
  /** What a reader must know: full sentences. */
  readonly notes: readonly string[];
}

export interface WrittenCheckpoint {
  readonly folder: string;
  readonly files: readonly string[];
  /** Of the tensors. */
  readonly bytes: number;
  readonly layers: number;
  readonly skipped: readonly SkippedTensor[];
  readonly notes: readonly string[];
  /** Whether files of an earlier run that was stopped were kept. */
  readonly resumed: boolean;
}

/**
 * What writing a checkpoint in a scheme comes to; nothing is written.
 *
 * @throws SimulationError `SCHEME_NOT_WRITTEN`, `FORMAT_NOT_WRITTEN`, `CALIBRATION_NEEDED`, `EXPERTS_NOT_CALIBRATED`, `NO_LINEAR_LAYERS`, `KEPT_LAYER_UNKNOWN`,
 *   `KEPT_AS_NOT_WRITTEN`,
 *   `CHECKPOINT_QUANTIZED`, `CHECKPOINT_NOT_SAFETENSORS`
 */
export function planCheckpoint(checkpoint: Checkpoint, options: WriteOptions): WritePlan {
  const encoding = planEncoding(options.scheme, options.format);
  if (checkpoint.format !== 'safetensors') {
    throw new SimulationError('CHECKPOINT_NOT_SAFETENSORS', `${checkpoint.location} is a ${checkpoint.format} file`, {
      got: checkpoint.format,
      allowed: 'safetensors',
      fix: 'give the original checkpoint',
    });
  }
  if (encoding.needsCalibration && options.calibration === undefined) {
    throw new SimulationError('CALIBRATION_NEEDED', `${options.scheme.name} stores the scales of activations`, {
      got: 'no calibration',
      allowed: 'a file that qe calibrate wrote, or a text',
      fix: 'add --calibration',
    });
  }
  if (encoding.needsCalibration) assertExpertsReached(options);
  const linear = chooseLayers(checkpoint, linearLayers(checkpoint, modelOf(checkpoint)), undefined);
  const tensors = planTensors(checkpoint, linear, encoding.encoding, exceptionsOf(options, encoding, linear));
  const layout = layoutCheckpoint(
    { tensors: tensors.outputs, metadata: new Map([['format', 'pt']]) },
    options.maxShardBytes,
  );
  const bytesOf = new Map(layout.shards.flatMap((shard) => [...shard.tensors.values()].map((t) => [t.name, t.bytes])));
  let layerBytes = 0;
  for (const { name, shape, dtype } of tensors.layers.values()) {
    for (const { suffix } of encodedTensors(encodingOf(tensors, name), ...shape, dtype)) {
      layerBytes += bytesOf.get(`${moduleOf(name)}.${suffix}`) ?? 0;
    }
  }
  return { format: encoding.format, layout, tensors, layerBytes, encoding, notes: notesOf(options, encoding, tensors) };
}

/** Engines run the experts of a layer in one kernel: they load no layer of which some are quantized and others are not. */
function assertExpertsReached({ scheme, calibration }: WriteOptions): void {
  const experts = calibration === undefined ? [] : unreachedExperts(calibration);
  if (experts.length === 0) return;
  const more = experts.length > 1 ? ` and ${experts.length - 1} more experts` : '';
  throw new SimulationError('EXPERTS_NOT_CALIBRATED', `no token of the calibration text passed ${experts[0]}${more}`, {
    got: calibration?.location ?? '',
    allowed: `for ${scheme.name}, a scale for what enters every expert`,
    fix: 'calibrate on a longer or more varied text, or choose a scheme whose scales are found as tokens come',
  });
}

function exceptionsOf(
  { scheme, keep, calibration }: WriteOptions,
  { format, keptAtInt8, needsCalibration }: EncodingPlan,
  linear: ReadonlyMap<string, LinearTensor>,
): Exceptions {
  const exceptions = new Map<string, Encoding | undefined>();
  if (needsCalibration && calibration !== undefined) {
    const calibrated = new Set(calibration.groups.flat());
    for (const name of linear.keys()) if (!calibrated.has(name)) exceptions.set(name, undefined);
  }
  if (keep === undefined) return exceptions;
  if (keep.as === 'int8' && keptAtInt8 === undefined) {
    throw new SimulationError(
      'KEPT_AS_NOT_WRITTEN',
      `${scheme.name} as ${format} has no layers at INT8 beside its own`,
      {
        got: keep.as,
        allowed: 'stored',
        fix:
          scheme.weightBits < 8 ? 'keep the layers as they are stored, or write another format' : 'keep them as stored',
      },
    );
  }
  for (const name of keptWithFused(keep.weights, new Set(linear.keys())))
    exceptions.set(name, keep.as === 'int8' ? keptAtInt8 : undefined);
  return exceptions;
}

function encodingOf({ encodings }: TensorPlan, name: string): Encoding {
  const encoding = encodings.get(name);
  if (encoding === undefined) throw new RangeError(`${name} is not among the layers that are encoded`);
  return encoding;
}

/** Routers are quantized in no scheme. */
const ROUTER = /\.(?:mlp|block_sparse_moe)\.gate$/;

function notesOf(
  { scheme, calibration }: WriteOptions,
  { method, needsCalibration }: EncodingPlan,
  { skipped, ignored }: TensorPlan,
): string[] {
  const notes: string[] = [];
  if (method !== undefined && calibration === undefined) {
    notes.push(`No calibration: ${scheme.name} is written on weights alone, rounded to nearest.`);
  }
  const unreached =
    method === undefined
      ? undefined
      : unreachedNote(calibration, 'they are written on weights alone, rounded to nearest');
  if (unreached !== undefined) notes.push(unreached);
  const calibrated = new Set(calibration?.groups.flat());
  const scaleless = needsCalibration ? ignored.filter((module) => !calibrated.has(`${module}.weight`)) : [];
  const known = scaleless.filter((module) => module !== 'lm_head' && !ROUTER.test(module));
  if (known.length > 0)
    notes.push(`Left unquantized, because calibration has no scale for what enters them: ${known.join(', ')}.`);
  if (skipped.length > 0) {
    const [{ name, reason }] = skipped;
    const more = skipped.length > 1 ? ` and ${skipped.length - 1} more` : '';
    notes.push(`Left unquantized: ${name}${more} (${reason}).`);
  }
  return notes;
}

/**
 * Writes a checkpoint in a scheme, with the files beside the weights, as the ecosystem loads it. Files take their names when
 * they are whole and `config.json` comes last; a run that was stopped goes on where it was when it is started again.
 *
 * @throws what `planCheckpoint` throws; SimulationError `OUTPUT_NOT_EMPTY`, `CHECKPOINT_NOT_LOCAL`,
 *   `CALIBRATION_OF_OTHER_MODEL`; FormatError `TARGET_*`, `SOURCE_*`; the signal's reason
 */
export async function writeCheckpoint(
  folder: CheckpointFolder,
  checkpoint: Checkpoint,
  target: string,
  options: WriteOptions,
): Promise<WrittenCheckpoint> {
  const plan = planCheckpoint(checkpoint, options);
  const paths = await localPaths(checkpoint);
  const output = OutputFolder.open(target, runKey(await fileVersions(checkpoint), plan, options));
  const writer = new CheckpointWriter(checkpoint, paths, plan, output, options);
  const [digest, files] = await settled(digestOfCheckpoint(checkpoint, options.signal), writer.run());
  files.push(...(await writeCompanions(folder, checkpoint, plan, output, originOf(options, plan, digest))));
  output.finish();
  return {
    folder: target,
    files,
    bytes: plan.layout.dataBytes,
    layers: plan.tensors.layers.size,
    skipped: plan.tensors.skipped,
    notes: [...plan.notes, ...writer.notes],
    resumed: output.resumed,
  };
}

/** Both at once: hashing keeps this thread busy while the workers quantize. Where one fails, the other has ended before it is told. */
async function settled<First, Second>(first: Promise<First>, second: Promise<Second>): Promise<[First, Second]> {
  const ends = await Promise.allSettled([first, second]);
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return [await first, await second];
}

/** The same for runs that write the same bytes. */
function runKey(versions: readonly string[], plan: WritePlan, { scheme, calibration }: WriteOptions): string {
  const hash = createHash('sha256');
  for (const version of versions) hash.update(version);
  hash.update(JSON.stringify([scheme, plan.encoding, plan.tensors.kept, calibration?.location ?? null]));
  for (const { header } of plan.layout.shards) hash.update(header);
  return hash.digest('hex');
}

/** One run: the shards that are open, and what is known of factors. */
class CheckpointWriter {
  readonly notes: string[] = [];
  private readonly pathOf: ReadonlyMap<string, string>;
  private readonly files = new Map<string, AtomicFile>();
  private readonly targets = new Map<string, Target & { readonly shard: string }>();
  private readonly columnFactors = new Map<string, Float32Array>();
  private readonly normDivisors = new Map<string, Float32Array>();
  private readonly rowDivisors = new Map<string, Float32Array>();
  /** Bytes that a shard still lacks. */
  private readonly missing = new Map<string, number>();
  private done = 0;

  constructor(
    private readonly checkpoint: Checkpoint,
    paths: readonly string[],
    private readonly plan: WritePlan,
    private readonly output: OutputFolder,
    private readonly options: WriteOptions,
  ) {
    this.pathOf = new Map(checkpoint.files.map(({ name }, index) => [name, paths[index]]));
  }

  async run(): Promise<string[]> {
    const { shards } = this.plan.layout;
    try {
      for (const shard of shards) {
        if (this.output.has(shard.name)) continue;
        const file = this.output.create(shard.name, shard.fileBytes);
        file.writeSync(0, shard.header);
        this.files.set(shard.name, file);
        this.missing.set(shard.name, shard.fileBytes - shard.header.length);
        for (const { name, offset, bytes } of shard.tensors.values()) {
          this.targets.set(name, { shard: shard.name, path: file.partialPath, offset, bytes });
        }
      }
      const groups = this.groups();
      await this.findFactors(groups);
      const tasks = this.tasks(groups);
      await this.runTasks(tasks);
      return shards.map(({ name }) => name);
    } catch (error) {
      for (const file of this.files.values()) file.abort();
      throw error;
    }
  }

  /** Layers that read one input together, as far as calibration tells; each of the others alone. */
  private groups(): (readonly LinearTensor[])[] {
    const { layers } = this.plan.tensors;
    const groups: (readonly LinearTensor[])[] = [];
    const placed = new Set<string>();
    for (const weights of this.options.calibration?.groups ?? []) {
      const group = weights.flatMap((weight) => layers.get(weight) ?? []);
      if (group.length === 0) continue;
      groups.push(group);
      for (const { name } of group) placed.add(name);
    }
    for (const layer of layers.values()) if (!placed.has(layer.name)) groups.push([layer]);
    return groups;
  }

  private async findFactors(groups: readonly (readonly LinearTensor[])[]): Promise<void> {
    const { method, encoding } = this.plan.encoding;
    const { calibration } = this.options;
    if (calibration === undefined || (method !== 'awq' && method !== 'smoothquant')) return;
    const search =
      encoding.kind === 'awq' ? { name: 'awq' as const, args: encoding.args } : { name: 'smoothquant' as const };
    const placed = new Map<WriteTask, { group: readonly LinearTensor[]; preceding: Preceding }>();
    const make = async function* (this: CheckpointWriter): AsyncGenerator<WriteTask> {
      for (const group of groups) {
        const preceding = precedingOf(
          group.map(({ name }) => name),
          (name) => this.checkpoint.tensors.has(name),
        );
        // SmoothQuant leaves alone what no norm precedes, and a layer that is not encoded takes no divisors.
        if (preceding === undefined) continue;
        if (preceding.kind === 'rows' && (search.name === 'smoothquant' || !this.isEncoded(preceding.name))) continue;
        const statistics = await this.statisticsOf(group);
        if (statistics === undefined) continue;
        const task: WriteTask = {
          kind: 'factors',
          method: search,
          layers: group.map((l) => this.layerOf(l)),
          statistics,
        };
        placed.set(task, { group, preceding });
        yield task;
      }
    }.bind(this);
    await this.runTasks(make(), (task, { factors }) => {
      const found = placed.get(task);
      if (factors === undefined || found === undefined) return;
      for (const { name } of found.group) this.columnFactors.set(name, factors);
      const divisors = found.preceding.kind === 'norm' ? this.normDivisors : this.rowDivisors;
      divisors.set(found.preceding.name, factors);
    });
    if (this.columnFactors.size === 0) {
      this.notes.push('Calibration had nothing that scales could be searched from: weights are rounded to nearest.');
    }
  }

  private async *tasks(groups: readonly (readonly LinearTensor[])[]): AsyncGenerator<WriteTask> {
    for (const tensor of this.checkpoint.tensors.values()) {
      if (this.plan.tensors.layers.has(tensor.name)) continue;
      const task = this.copyTask(tensor);
      if (task !== undefined) yield task;
    }
    const { method } = this.plan.encoding;
    for (const group of groups) {
      // What engines fuse is kept together, so that one encoding does for a group.
      const encoding = encodingOf(this.plan.tensors, group[0].name);
      const layers = group
        .map((layer) => ({
          ...this.layerOf(layer),
          columnFactors: this.columnFactors.get(layer.name),
          rowDivisors: this.rowDivisors.get(layer.name),
          clips: method === 'awq' && !NOT_CLIPPED.test(layer.name),
          targets: this.targetsOf(layer),
        }))
        .filter(({ targets }) => targets.size > 0);
      if (layers.length === 0) continue;
      const needsStatistics = method !== undefined || this.plan.encoding.needsCalibration;
      const statistics = needsStatistics ? await this.statisticsOf(group) : undefined;
      const task: LayersTask = { kind: 'layers', encoding, layers, statistics };
      yield task;
    }
  }

  private isEncoded(name: string): boolean {
    return this.plan.tensors.layers.has(name);
  }

  private copyTask(tensor: CheckpointTensor): CopyTask | undefined {
    const target = this.targets.get(tensor.name);
    if (target === undefined) return undefined;
    const to = copiedDtype(this.plan.encoding.encoding, tensor);
    const from = tensor.dtype;
    const by = this.normDivisors.get(tensor.name);
    return {
      kind: 'copy',
      source: { path: this.pathOf.get(tensor.file) as string, offset: tensor.offset, bytes: tensor.bytes },
      target,
      cast: from === to ? undefined : { from: from as WeightDtype, to: to as WeightDtype },
      divide: by && { dtype: from as WeightDtype, by, plusOne: this.multipliesByOnePlus() },
    };
  }

  /** Gemma's norms multiply by 1 + weight. */
  private multipliesByOnePlus(): boolean {
    return /^Gemma/.test(modelOf(this.checkpoint)?.architecture ?? '');
  }

  private targetsOf(layer: LinearTensor): ReadonlyMap<string, Target> {
    const targets = new Map<string, Target>();
    for (const { suffix } of encodedTensors(encodingOf(this.plan.tensors, layer.name), ...layer.shape, layer.dtype)) {
      const target = this.targets.get(`${moduleOf(layer.name)}.${suffix}`);
      if (target !== undefined) targets.set(suffix, target);
    }
    return targets;
  }

  private layerOf({ name, file, offset, bytes, dtype, shape: [rows, columns] }: LinearTensor) {
    return { name, path: this.pathOf.get(file) as string, offset, bytes, dtype, rows, columns };
  }

  private async statisticsOf(group: readonly LinearTensor[]) {
    const [{ name, shape }] = group;
    const statistics = await this.options.calibration?.read(name);
    if (statistics === undefined || statistics.width === shape[1]) return statistics;
    throw new SimulationError(
      'CALIBRATION_OF_OTHER_MODEL',
      `${this.options.calibration?.location} does not belong to this model`,
      {
        got: `${statistics.width} channels at the input of ${name}`,
        allowed: `${shape[1]} channels`,
        fix: 'calibrate this model: qe calibrate',
      },
    );
  }

  private async runTasks(
    tasks: AsyncIterable<WriteTask>,
    onDone: (task: WriteTask, result: WriteResult) => void = () => undefined,
  ): Promise<void> {
    const { signal, onProgress } = this.options;
    const totalBytes = [...this.checkpoint.tensors.values()].reduce((sum, { bytes }) => sum + bytes, 0);
    await runTasks<WriteTask, WriteResult>({ kind: 'write', module: kernelModule() }, tasks, {
      threads: this.options.threads ?? availableParallelism(),
      signal,
      onDone: (task, result) => {
        onDone(task, result);
        if (task.kind === 'factors') return;
        this.markWritten(task);
        this.done += task.kind === 'copy' ? task.source.bytes : task.layers.reduce((sum, { bytes }) => sum + bytes, 0);
        onProgress?.({ doneBytes: this.done, totalBytes });
      },
    });
  }

  private markWritten(task: CopyTask | LayersTask): void {
    const targets = task.kind === 'copy' ? [task.target] : task.layers.flatMap(({ targets: own }) => [...own.values()]);
    for (const target of targets) {
      const { shard, bytes } = target as Target & { shard: string };
      const file = this.files.get(shard);
      const left = (this.missing.get(shard) ?? 0) - bytes;
      this.missing.set(shard, left);
      file?.markWritten(bytes);
      // At once, so that a run that is stopped later has it.
      if (left === 0) file?.commit();
    }
  }
}

/** AutoAWQ leaves these unclipped: attention scores take badly to it. */
const NOT_CLIPPED = /q_|k_|query|key|Wqkv/;

/** Weights in any format, and what lists them: replaced, not brought over. */
const WEIGHT_FILE = /\.(?:safetensors|bin|pt|pth|gguf|h5|msgpack|onnx|ot)$|\.index\.json$/;
/** Tokenizers and model code are far smaller. */
const MAX_COMPANION_BYTES = 64 * 1024 * 1024;

/** The files beside the weights, the index, and `config.json` last. */
async function writeCompanions(
  folder: CheckpointFolder,
  checkpoint: Checkpoint,
  { layout, tensors, encoding }: WritePlan,
  output: OutputFolder,
  origin: QuantizationOrigin,
): Promise<string[]> {
  const written: string[] = [];
  const write = (name: string, content: string | Uint8Array): void => {
    output.writeWhole(name, content);
    written.push(name);
  };
  for (const { name, size } of await folder.list()) {
    if (WEIGHT_FILE.test(name) || name === 'config.json' || name.startsWith('.') || size > MAX_COMPANION_BYTES)
      continue;
    const source = await folder.open(name);
    try {
      write(name, await source.read(0, source.size));
    } finally {
      await source.close();
    }
  }
  const config = quantizationConfig(encoding, tensors.ignored, tensors.kept);
  if (encoding.format === 'gptq') write('quantize_config.json', json(config));
  if (layout.index !== undefined) write('model.safetensors.index.json', layout.index);
  write('config.json', json(modelConfig(checkpoint, config, encoding, origin)));
  return written;
}

/** What a checkpoint was made from and how, so that a quality report can be held to it. */
interface QuantizationOrigin {
  /** Of the weights that were quantized, as `qe simulate` reports it. */
  readonly digest: string;
  readonly scheme: string;
  readonly groupSize?: number;
  /** Tensor names of layers at higher precision. */
  readonly kept?: readonly string[];
  readonly keptAs?: KeptAs;
}

/** Key of `config.json`, which loaders leave alone. */
const QUANTIZED_FROM = 'quantized_from';

function originOf({ scheme, keep }: WriteOptions, { tensors }: WritePlan, digest: string): QuantizationOrigin {
  const { name, groupSize } = scheme;
  if (keep === undefined) return { digest, scheme: name, groupSize };
  const known = new Set([...tensors.layers.keys(), ...tensors.ignored.map((module) => `${module}.weight`)]);
  return { digest, scheme: name, groupSize, kept: [...keptWithFused(keep.weights, known)], keptAs: keep.as };
}

function modelConfig(
  { config, location }: Checkpoint,
  quantization: object,
  { format }: EncodingPlan,
  origin: QuantizationOrigin,
): object {
  if (typeof config !== 'object' || config === null) {
    throw new FormatError('CONFIG_ABSENT', `${location} has no config.json`, {
      path: location,
      got: 'weights without a config',
      allowed: 'config.json beside the weights',
      fix: 'download the whole model',
    });
  }
  // AutoAWQ's kernels take f16, and its checkpoints say so.
  const type = format === 'awq' ? { torch_dtype: 'float16' } : {};
  return { ...config, ...type, quantization_config: quantization, [QUANTIZED_FROM]: origin };
}

function json(value: object): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
