import { FormatError } from '../../errors';
import type { FolderEntry } from '../folder/folder';
import { parseGgufPartName } from '../gguf';
import { printable } from '../quoted';
import { INDEX_FILE, SINGLE_FILE } from '../safetensors';
import type { CheckpointWarning } from './checkpoint';

/** Which files of a folder make up the model. */
export type Found =
  | { readonly kind: 'index'; readonly index: string; readonly warnings: readonly CheckpointWarning[] }
  | { readonly kind: 'safetensors'; readonly files: readonly string[]; readonly warnings: readonly CheckpointWarning[] }
  | { readonly kind: 'gguf'; readonly files: readonly string[]; readonly warnings: readonly CheckpointWarning[] };

/** Left by a writer that was stopped (`UNFINISHED_FILE` of the checkpoint writer, which needs Node; this needs nothing). */
const UNFINISHED = 'checkpoint.unfinished';

/** Weights of image encoders, which llama.cpp loads beside the model: not the model. */
const PROJECTOR = /^mmproj/i;

/**
 * What Transformers would load from the folder: `model.safetensors`, else the index, else the other safetensors files;
 * and where there is none, a GGUF.
 *
 * @throws FormatError `CHECKPOINT_NOT_FOUND`, `CHECKPOINT_PICKLE`, `CHECKPOINT_AMBIGUOUS`, `CHECKPOINT_PART_MISSING`, `CHECKPOINT_UNFINISHED`
 */
export function findCheckpoint(entries: readonly FolderEntry[], folder: string): Found {
  const names = entries.map(({ name }) => name).filter((name) => !name.startsWith('.'));
  if (names.includes(UNFINISHED)) throw unfinished(folder);
  const safetensors = names.filter((name) => name.endsWith('.safetensors'));
  const indexes = names.filter((name) => name.endsWith('.safetensors.index.json'));
  if (names.includes(SINGLE_FILE)) {
    const warnings = names.includes(INDEX_FILE) ? [indexIgnored(folder)] : [];
    return { kind: 'safetensors', files: [SINGLE_FILE], warnings };
  }
  if (names.includes(INDEX_FILE)) return { kind: 'index', index: INDEX_FILE, warnings: [] };
  if (indexes.length === 1) return { kind: 'index', index: indexes[0], warnings: [] };
  if (indexes.length > 1) throw ambiguous(folder, indexes);
  if (safetensors.length > 0) return withoutIndex(safetensors, folder);
  return findGguf(names, folder);
}

function withoutIndex(files: readonly string[], folder: string): Found {
  const parts = files.map((name) => /^(.*)-(\d{5})-of-(\d{5})\.safetensors$/s.exec(name));
  if (files.length === 1 && parts[0] === null) return { kind: 'safetensors', files, warnings: [] };
  const [first] = parts;
  // Files that are not the parts of one set are several models, and which one is meant only the caller knows.
  if (first === null || parts.some((part) => part === null || part[1] !== first[1] || part[3] !== first[3])) {
    throw ambiguous(folder, files);
  }
  assertAllParts(files.length, Number(first[3]), folder, files);
  return {
    kind: 'safetensors',
    files,
    warnings: [
      {
        id: 'INDEX_ABSENT',
        message: `${folder} has ${files.length} parts of a checkpoint and no ${INDEX_FILE}: Transformers does not load it`,
        fix: `download ${INDEX_FILE} too`,
      },
    ],
  };
}

function findGguf(names: readonly string[], folder: string): Found {
  const files = names.filter((name) => name.endsWith('.gguf') && !PROJECTOR.test(name));
  if (files.length === 0) throw nothing(names, folder);
  const [first] = files;
  const part = parseGgufPartName(first);
  if (part === undefined) {
    if (files.length > 1) throw ambiguous(folder, files);
    return { kind: 'gguf', files, warnings: [] };
  }
  const sameSet = files.every((name) => {
    const other = parseGgufPartName(name);
    return other?.base === part.base && other.count === part.count;
  });
  if (!sameSet) throw ambiguous(folder, files);
  return { kind: 'gguf', files: ggufSet(names, first, folder), warnings: [] };
}

/** All parts of the set that a GGUF's name belongs to, in order; the file alone if it belongs to none. */
export function ggufSet(names: readonly string[], file: string, folder: string): readonly string[] {
  const part = parseGgufPartName(file);
  if (part === undefined) return [file];
  const files = names.filter((name) => {
    const other = parseGgufPartName(name);
    return other?.base === part.base && other.count === part.count;
  });
  assertAllParts(files.length, part.count, folder, files);
  return files;
}

function assertAllParts(got: number, wanted: number, folder: string, files: readonly string[]): void {
  if (got === wanted) return;
  throw new FormatError('CHECKPOINT_PART_MISSING', `${folder} does not hold all parts of the model`, {
    path: folder,
    got: `${got}: ${shown(files)}`,
    allowed: `${wanted} parts, as their names say`,
    fix: 'download the missing parts',
  });
}

function unfinished(folder: string): FormatError {
  return new FormatError('CHECKPOINT_UNFINISHED', `${folder} was not written to its end`, {
    path: folder,
    got: UNFINISHED,
    allowed: 'a whole checkpoint',
    fix: 'run the command that wrote it again: it goes on where it was stopped',
  });
}

function ambiguous(folder: string, files: readonly string[]): FormatError {
  return new FormatError('CHECKPOINT_AMBIGUOUS', `${folder} holds more than one model`, {
    path: folder,
    got: shown(files),
    allowed: 'one model',
    fix: `give the path of one of them, such as ${folder.replace(/\/$/, '')}/${files[0]}`,
  });
}

function nothing(names: readonly string[], folder: string): FormatError {
  const pickles = names.filter((name) => /^(pytorch_model|consolidated|model).*\.(bin|pt|pth|ckpt)$/.test(name));
  if (pickles.length > 0) {
    return new FormatError(
      'CHECKPOINT_PICKLE',
      `${folder} holds weights in a format that can run code when it is loaded`,
      {
        path: folder,
        got: shown(pickles),
        allowed: '.safetensors or .gguf',
        fix: 'convert it: https://huggingface.co/spaces/safetensors/convert',
      },
    );
  }
  return new FormatError('CHECKPOINT_NOT_FOUND', `${folder} holds no weights`, {
    path: folder,
    got: names.length === 0 ? 'no file' : shown(names),
    allowed: `${SINGLE_FILE}, ${INDEX_FILE}, other .safetensors files, or a .gguf`,
    fix: 'give the folder of a downloaded model',
  });
}

function shown(names: readonly string[]): string {
  const first = names.slice(0, 5).map(printable).join(', ');
  return names.length <= 5 ? first : `${first} and ${names.length - 5} more`;
}

function indexIgnored(folder: string): CheckpointWarning {
  return {
    id: 'INDEX_IGNORED',
    message: `${folder} holds both ${SINGLE_FILE} and ${INDEX_FILE}: the single file is read, as Transformers does`,
    fix: 'remove the one that is not meant',
  };
}
