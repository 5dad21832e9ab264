import { FormatError } from '../../errors';
import { layoutGguf, type GgufTensorPlan } from '../../format/gguf/layout';
import type { FileLayout } from '../../format/layout';
import type { TensorInfo } from '../../format/tensor';
import type { ImportanceMatrix } from '../../format/imatrix';
import { byLayerAndName, ggufTensorTypes } from '../../format/gguf/tensor-types';
import { gguf, type GgufMetadata, type GgufValue } from '../../format/gguf/value';
import { AtomicFile } from '../../format/write/atomic-file';
import { ggufTarget, type GgufTarget } from '../../scheme/gguf/target';
import { fileTypeName, findGgufFileType, ggmlShape, type GgmlType } from '../../scheme/gguf/types';
import type { Scheme } from '../../scheme/types';
import { importanceOfTensors, type FileImportance } from '../../simulate/gguf/importance-of-tensors';
import type { GgufWriteHelpers } from '../../simulate/gguf/write/helpers';
import { planGgufWrite, taskParts, type GgufTensorTask } from '../../simulate/gguf/write/plan';
import { runGgufWrite } from '../../simulate/gguf/write/run';
import { assertDecodes } from './from-gguf';
import { importanceMetadata } from './importance-metadata';
import type { GgufModel, GgufModelTensor } from './model';

export interface GgufWriteProgress {
  readonly doneBytes: number;
  readonly totalBytes: number;
  readonly tensors: number;
  /** Seconds since the run began. */
  readonly seconds: number;
  /** Seconds until it ends at the pace so far; undefined before there is one. */
  readonly secondsLeft?: number;
}

/** What of a file is not the scheme's to say. */
export interface GgufFileOptions {
  /** Types of single tensors, by their names in the file, instead of the scheme's: as `llama-quantize --tensor-type` has it. */
  readonly tensorTypes?: ReadonlyMap<string, GgmlType>;
  /** As `llama-quantize --imatrix` has it. */
  readonly importance?: ImportanceMatrix;
}

export interface WriteGgufOptions extends GgufFileOptions {
  readonly threads: number;
  /** Threads that were started before; they are ended with the file. */
  readonly helpers?: GgufWriteHelpers;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: GgufWriteProgress) => void;
}

/** What a file will be, before it is written. */
export interface GgufFilePlan {
  readonly fileBytes: number;
  /** How many tensors are of each type. */
  readonly types: ReadonlyMap<string, number>;
  /** Bits a weight takes, over all tensors. */
  readonly bitsPerWeight: number;
  /** What a reader must know: full sentences. */
  readonly notes: readonly string[];
}

/** The version of the block types' layout: `GGML_QNT_VERSION`. */
const QUANTIZATION_VERSION = 2;

/** Keys of a split model, which a single file does not have. */
const SPLIT_KEYS = ['split.no', 'split.count', 'split.tensors.count'];

/** What llama-quantize drops and sets: the new keys stand last. The converter has a place of its own for the file type. */
function metadataOf(model: GgufModel, fileType: string, importance: ImportanceMatrix | undefined): GgufMetadata {
  const metadata = new Map<string, GgufValue>(model.metadata);
  if (isConversion(model, fileType)) return metadata.set('general.file_type', gguf.uint32(fileTypeNumber(fileType)));
  const added = new Map([
    ['general.quantization_version', gguf.uint32(QUANTIZATION_VERSION)],
    ['general.file_type', gguf.uint32(fileTypeNumber(fileType))],
    ...(importance === undefined ? [] : importanceMetadata(importance)),
  ]);
  for (const key of [...SPLIT_KEYS, ...added.keys()]) metadata.delete(key);
  for (const [key, value] of added) metadata.set(key, value);
  return metadata;
}

/** An unquantized file straight from another format. */
function isConversion({ converted = false }: GgufModel, fileType: string): boolean {
  return converted && ['F32', 'F16', 'BF16'].includes(fileType);
}

function fileTypeNumber(name: string): number {
  const id = findGgufFileType(name)?.id;
  if (id === undefined) throw new RangeError(`${name} is no file type of llama.cpp`);
  return id;
}

/** The name of a scheme's type in file names: `Q4_K_M`. */
export function ggufTypeName(scheme: Scheme, hasImportanceMatrix = false): string {
  const target = ggufTarget(scheme, hasImportanceMatrix);
  return target.kind === 'mix' ? target.fileType : target.tensorType;
}

interface Prepared {
  readonly layout: FileLayout;
  readonly importance: FileImportance;
}

const WITHOUT_IMPORTANCE: FileImportance = { byTensor: new Map(), notes: [] };

function prepared(model: GgufModel, scheme: Scheme, options: GgufFileOptions): Prepared {
  const { tensorTypes, importance } = options;
  const target: GgufTarget = ggufTarget(scheme, importance !== undefined);
  const fileType = target.kind === 'mix' ? target.fileType : (fileTypeName(target.tensorType) ?? target.tensorType);
  const sources = [...model.constants.map((constant) => ({ ...constant, dtype: 'F32' })), ...model.tensors];
  const sorted = byLayerAndName(sources);
  const types = ggufTensorTypes(sorted, model.metadata, target, importance !== undefined);
  const converts = isConversion(model, fileType);
  const tensors = (converts ? sources : sorted).map(({ name, shape }): GgufTensorPlan => ({
    name,
    // llama-quantize writes what ggml sees.
    shape: converts ? shape : ggmlShape(shape),
    dtype: tensorTypes?.get(name) ?? (types.get(name) as string),
  }));
  const layout = layoutGguf({ metadata: metadataOf(model, fileType, importance), tensors });
  if (importance === undefined) return { layout, importance: WITHOUT_IMPORTANCE };
  const stored = new Map(model.tensors.map(({ name, storedType }) => [name, storedType]));
  const written = tensors.map((tensor) => ({ ...tensor, storedType: stored.get(tensor.name) }));
  return { layout, importance: importanceOfTensors(importance, written, fileType) };
}

/** What `writeGguf` would write. */
export function planGguf(model: GgufModel, scheme: Scheme, options: GgufFileOptions = {}): GgufFilePlan {
  return planOf(prepared(model, scheme, options));
}

function planOf({ layout, importance }: Prepared): GgufFilePlan {
  const types = new Map<string, number>();
  let bytes = 0;
  let elements = 0;
  for (const tensor of layout.tensors.values()) {
    types.set(tensor.dtype, (types.get(tensor.dtype) ?? 0) + 1);
    bytes += tensor.bytes;
    elements += tensor.elements;
  }
  return {
    fileBytes: layout.fileBytes,
    types,
    bitsPerWeight: elements > 0 ? (bytes * 8) / elements : 0,
    notes: importance.notes,
  };
}

/**
 * Writes a model as one GGUF file, each tensor in the type its scheme gives it: byte for byte what `llama-quantize` writes (with
 * `--allow-requantize` where the model is quantized). The file takes its name when it is whole.
 *
 * @throws SimulationError `GGUF_TYPE_NOT_WRITTEN`, `GGUF_TYPE_NOT_READ`, `WEIGHT_NOT_FINITE`, `SIMULATION_WORKER_DIED`, `IMPORTANCE_*`;
 *   FormatError for files that cannot be read or written; the signal's reason
 */
export async function writeGguf(
  model: GgufModel,
  scheme: Scheme,
  path: string,
  options: WriteGgufOptions,
): Promise<GgufFilePlan> {
  const started = performance.now();
  const plan = prepared(model, scheme, options);
  const { layout, importance } = plan;
  const byName = new Map(model.tensors.map((tensor) => [tensor.name, tensor]));
  const tasks = [...layout.tensors.values()].flatMap((placed) => {
    const source = byName.get(placed.name);
    return source === undefined ? [] : taskOf(source, placed, importance.byTensor.get(placed.name));
  });

  options.signal?.throwIfAborted();
  const file = AtomicFile.create(path, layout.fileBytes);
  try {
    let written = layout.header.byteLength;
    file.writeSync(0, layout.header);
    for (const { name, values } of model.constants) {
      const { offset } = constantPlace(layout.tensors.get(name), name);
      const bytes = littleEndian(values);
      file.writeSync(offset, bytes);
      written += bytes.byteLength;
    }
    const work = planGgufWrite(model.files, file.partialPath, tasks);
    const seconds = (): number => (performance.now() - started) / 1000;
    await runGgufWrite(work, {
      threads: options.threads,
      helpers: options.helpers,
      signal: options.signal,
      flush: () => file.flush(),
      onProgress: (doneBytes) =>
        options.onProgress?.({
          doneBytes,
          totalBytes: work.bytes,
          tensors: tasks.length,
          seconds: seconds(),
          secondsLeft: doneBytes > 0 ? Math.max((seconds() * (work.bytes - doneBytes)) / doneBytes, 0) : undefined,
        }),
    });
    // The threads wrote all tensors, and the padding is zero from the start.
    file.markWritten(layout.fileBytes - written);
    file.commit();
  } catch (error) {
    file.abort();
    throw error;
  }
  return planOf(plan);
}

function taskOf(source: GgufModelTensor, placed: TensorInfo, importance: Float32Array | undefined): GgufTensorTask {
  const { name, shape, parts, storedType, interleave, addOne } = source;
  if (storedType !== placed.dtype) assertDecodes(source);
  const columns = shape.length > 0 ? shape[shape.length - 1] : 1;
  return {
    name,
    parts: taskParts(parts),
    sourceType: storedType,
    targetOffset: placed.offset,
    targetType: placed.dtype,
    rows: columns > 0 ? placed.elements / columns : 0,
    columns,
    interleave,
    addOne,
    importance: shared(importance),
  };
}

/** In memory that threads share: of experts it is more than each of them should have a copy of. */
function shared(values: Float32Array | undefined): Float32Array | undefined {
  if (values === undefined) return undefined;
  const copy = new Float32Array(new SharedArrayBuffer(values.byteLength));
  copy.set(values);
  return copy;
}

function constantPlace<T>(place: T | undefined, name: string): T {
  if (place === undefined) throw new FormatError('GGUF_TENSOR_NAME', `${name} has no place in the file`);
  return place;
}

function littleEndian(values: Float32Array): Uint8Array {
  const bytes = new Uint8Array(values.length * 4);
  const view = new DataView(bytes.buffer);
  values.forEach((value, index) => view.setFloat32(index * 4, value, true));
  return bytes;
}
