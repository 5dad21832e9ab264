import { FormatError } from '../../errors';
import { parseJson } from '../../text/json';
import type { CheckpointFolder } from '../folder/folder';
import { joinGgufParts, readGgufHeader, type GgufHeader } from '../gguf';
import { printable, quoted } from '../quoted';
import {
  MAX_INDEX_BYTES,
  checkIndex,
  parseSafetensorsIndex,
  readSafetensorsHeader,
  type SafetensorsHeader,
  type SafetensorsIndex,
} from '../safetensors';
import type { ByteSource } from '../source/byte-source';
import type { Checkpoint, CheckpointFile, CheckpointTensor, CheckpointWarning } from './checkpoint';
import { findCheckpoint, ggufSet } from './find';
import { inParallel } from './in-parallel';

/** The largest published config is a megabyte (a model with thousands of named modules left unquantized). */
const MAX_CONFIG_BYTES = 16 * 1024 * 1024;

/** Headers on their way at once: hides the latency of S3, and stays far below its limits. */
const HEADERS_AT_ONCE = 8;

/**
 * Opens a model's weights: reads and checks every header, and nothing of the data.
 *
 * @param file one file of the folder (`.safetensors`, an index, a `.gguf` or one part of it); all of the model if left out
 * @throws FormatError
 */
export async function openCheckpoint(folder: CheckpointFolder, file?: string): Promise<Checkpoint> {
  const entries = await folder.list();
  const names = entries.map(({ name }) => name);
  const config = names.includes('config.json') ? await readConfig(folder) : undefined;
  if (file === undefined) {
    const found = findCheckpoint(entries, folder.name);
    if (found.kind === 'gguf') return openGguf(folder, found.files, config, found.warnings);
    if (found.kind === 'index') return openIndexed(folder, found.index, config);
    return openSafetensors(folder, found.files, config, found.warnings);
  }
  if (file.endsWith('.index.json')) return openIndexed(folder, file, config);
  if (file.endsWith('.safetensors')) return openSafetensors(folder, [file], config, []);
  if (file.endsWith('.gguf')) return openGguf(folder, ggufSet(names, file, folder.name), config, []);
  throw new FormatError('CHECKPOINT_FILE_TYPE', `${file} is no file of weights`, {
    path: file,
    got: file,
    allowed: 'a .safetensors file, a .safetensors.index.json, a .gguf, or a folder that holds one',
    fix: 'convert other formats first',
  });
}

async function openIndexed(folder: CheckpointFolder, indexName: string, config: unknown): Promise<Checkpoint> {
  const index = parseSafetensorsIndex(
    await readWhole(folder, indexName, MAX_INDEX_BYTES, 'INDEX_TOO_LARGE'),
    indexName,
  );
  const present = new Set((await folder.list()).map(({ name }) => name));
  const headers = new Map<string, SafetensorsHeader>();
  // Files that are missing are left out here, so that the check names the first tensor that is lost with them.
  const shards = index.shards.filter((shard) => present.has(shard));
  const read = await inParallel(shards, HEADERS_AT_ONCE, (shard) => withSource(folder, shard, readSafetensorsHeader));
  for (const [at, shard] of shards.entries()) headers.set(shard, read[at]);
  checkIndex(index, headers);
  const checkpoint = joinSafetensors(folder, headers, config, []);
  return { ...checkpoint, warnings: totalSizeWarnings(index, checkpoint.tensors) };
}

/** Wrong in some published checkpoints, whose loaders never look at it: a warning, not an error. */
function totalSizeWarnings(
  index: SafetensorsIndex,
  tensors: ReadonlyMap<string, CheckpointTensor>,
): CheckpointWarning[] {
  let total = 0;
  for (const { bytes } of tensors.values()) total += bytes;
  if (index.totalSize === undefined || index.totalSize === total) return [];
  return [
    {
      id: 'INDEX_TOTAL_SIZE',
      message: `${index.file} gives a total_size of ${index.totalSize} bytes; the tensors have ${total}`,
      fix: 'nothing needs to be done if the checkpoint loads; tools that plan by total_size will be off',
    },
  ];
}

async function openSafetensors(
  folder: CheckpointFolder,
  files: readonly string[],
  config: unknown,
  warnings: readonly CheckpointWarning[],
): Promise<Checkpoint> {
  const read = await inParallel(files, HEADERS_AT_ONCE, (file) => withSource(folder, file, readSafetensorsHeader));
  return joinSafetensors(folder, new Map(files.map((file, at) => [file, read[at]])), config, warnings);
}

function joinSafetensors(
  folder: CheckpointFolder,
  headers: ReadonlyMap<string, SafetensorsHeader>,
  config: unknown,
  warnings: readonly CheckpointWarning[],
): Checkpoint {
  const files: CheckpointFile[] = [];
  const tensors = new Map<string, CheckpointTensor>();
  let metadata: ReadonlyMap<string, string> | undefined;
  for (const [name, header] of headers) {
    files.push({ name, bytes: header.fileBytes, dataOffset: header.dataOffset, tensors: header.tensors.size });
    metadata ??= header.metadata;
    for (const [tensor, info] of header.tensors) {
      if (tensors.has(tensor)) throw inTwoFiles(folder.name, tensor);
      tensors.set(tensor, { ...info, file: name });
    }
  }
  return {
    format: 'safetensors',
    location: folder.name,
    files,
    tensors,
    config,
    metadata: metadata ?? new Map(),
    littleEndian: true,
    warnings,
    open: (file) => folder.open(file),
  };
}

async function openGguf(
  folder: CheckpointFolder,
  files: readonly string[],
  config: unknown,
  warnings: readonly CheckpointWarning[],
): Promise<Checkpoint> {
  const headers = await inParallel(files, HEADERS_AT_ONCE, (file) => withSource(folder, file, readGgufHeader));
  const tensors = new Map<string, CheckpointTensor>();
  for (const [name, { part, ...tensor }] of joinGgufParts(headers)) tensors.set(name, { ...tensor, file: files[part] });
  return {
    format: 'gguf',
    location: folder.name,
    files: headers.map((header, at) => ({
      name: files[at],
      bytes: header.fileBytes,
      dataOffset: header.dataOffset,
      tensors: header.tensors.size,
    })),
    tensors,
    config,
    metadata: new Map(),
    gguf: headers[0].metadata,
    littleEndian: headers[0].littleEndian,
    warnings: [...warnings, ...headers.flatMap(trailingWarnings)],
    open: (file) => folder.open(file),
  };
}

function trailingWarnings({ file, trailingBytes }: GgufHeader): CheckpointWarning[] {
  if (trailingBytes === 0) return [];
  return [
    {
      id: 'GGUF_TRAILING_BYTES',
      message: `${trailingBytes} bytes follow the last tensor of ${file}`,
      fix: 'readers pass over them; if the file was joined from parts by hand, use llama-gguf-split --merge instead',
    },
  ];
}

function inTwoFiles(folder: string, tensor: string): FormatError {
  return new FormatError('CHECKPOINT_DUPLICATE_TENSOR', `two files of ${folder} hold tensor ${quoted(tensor)}`, {
    path: folder,
    tensor,
    got: quoted(tensor),
    allowed: 'every name once',
    fix: 'remove the files that do not belong to the model',
  });
}

async function readConfig(folder: CheckpointFolder): Promise<unknown> {
  const bytes = await readWhole(folder, 'config.json', MAX_CONFIG_BYTES, 'CONFIG_TOO_LARGE');
  try {
    return parseJson(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new FormatError('CONFIG_JSON', `config.json of ${folder.name} is not JSON`, {
      path: folder.name,
      got: printable((cause as Error).message),
      allowed: 'one JSON object in UTF-8',
      fix: 'download config.json again',
      cause,
    });
  }
}

async function readWhole(folder: CheckpointFolder, name: string, limit: number, id: string): Promise<Uint8Array> {
  return withSource(folder, name, async (source) => {
    if (source.size <= limit) return source.read(0, source.size);
    throw new FormatError(id, `${name} of ${folder.name} is larger than any`, {
      path: source.name,
      got: `${source.size} bytes`,
      allowed: `at most ${limit} bytes`,
      fix: 'the file is hostile or damaged: do not use it',
    });
  });
}

async function withSource<T>(
  folder: CheckpointFolder,
  name: string,
  use: (source: ByteSource) => Promise<T>,
): Promise<T> {
  const source = await folder.open(name);
  try {
    return await use(source);
  } finally {
    await source.close();
  }
}
