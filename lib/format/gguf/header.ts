import { FormatError, type FormatErrorDetails } from '../../errors';
import { ggufTensorTypeOfId } from '../../scheme/gguf/types';
import { quoted } from '../quoted';
import type { TensorInfo } from '../tensor';
import { GgufCursor } from './cursor';
import {
  DEFAULT_ALIGNMENT,
  GGUF_VERSIONS,
  MAX_ALIGNMENT,
  MAX_DIMENSIONS,
  MAX_KEYS,
  MAX_KEY_BYTES,
  MAX_NAME_BYTES,
  MAX_TENSORS,
  MIN_ALIGNMENT,
} from './limits';
import { readValue, type NestedArrays } from './read-value';
import type { GgufMetadata, GgufValue } from './value';
import { utf8Bytes } from '../text';

/** `GGUF` in ASCII: the one thing of the file that has no byte order. */
export const GGUF_MAGIC = 0x46554747;

/** Everything a GGUF file says before its data. */
export interface GgufHeader {
  readonly file: string;
  readonly fileBytes: number;
  readonly version: 2 | 3;
  /** False for files made for big-endian machines; their tensor data is in that order too. */
  readonly littleEndian: boolean;
  /** `general.alignment`, or 32. */
  readonly alignment: number;
  /** By key, in the file's order. Text in it (the chat template is a program!) is never evaluated. */
  readonly metadata: GgufMetadata;
  /** By name, in the file's order, which is the order of their data. */
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /** Where the data begins. */
  readonly dataOffset: number;
  /** Bytes after the last tensor and its padding. Neither llama.cpp nor gguf-py looks at them. */
  readonly trailingBytes: number;
}

/**
 * Reads a header as strictly as llama.cpp (`ggml/src/gguf.cpp`) and as the format's text
 * (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md).
 *
 * @param bytes the first bytes of the file
 * @param fileBytes length of the whole file
 * @throws FormatError `GGUF_*`
 * @throws NeedMoreBytes when the header is longer than `bytes`, but not than the file
 */
export function parseGgufHeader(bytes: Uint8Array, fileBytes: number, file: string): GgufHeader {
  const cursor = new GgufCursor(bytes, fileBytes, file);
  const version = readMagicAndVersion(cursor);
  const tensorCount = readCount(cursor, 'tensors', MAX_TENSORS, LEAST_TENSOR_BYTES);
  const keyCount = readCount(cursor, 'keys', MAX_KEYS, LEAST_KEY_BYTES);
  const metadata = readMetadata(cursor, keyCount);
  const alignment = alignmentOf(metadata.get('general.alignment'), file);
  const tensors = new Map<string, Entry>();
  for (let index = 0; index < tensorCount; index++) readEntry(cursor, tensors);

  const dataOffset = padded(cursor.position, alignment);
  let end = 0;
  for (const entry of tensors.values()) {
    place(entry, end, dataOffset, alignment, cursor);
    end = padded(end + entry.bytes, alignment);
  }
  return {
    file,
    fileBytes,
    version,
    littleEndian: cursor.littleEndian,
    alignment,
    metadata,
    tensors,
    dataOffset,
    trailingBytes: Math.max(0, fileBytes - (dataOffset + end)),
  };
}

/** The next multiple of `alignment`. In doubles: `(x + n - 1) & -n` would wrap at 2 GiB. */
export function padded(position: number, alignment: number): number {
  return Math.ceil(position / alignment) * alignment;
}

function readMagicAndVersion(cursor: GgufCursor): 2 | 3 {
  const { file } = cursor;
  const magic = cursor.uint32('the magic number');
  if (magic !== GGUF_MAGIC) {
    throw new FormatError('GGUF_BAD_MAGIC', `${file} is not a GGUF file`, {
      path: file,
      got: `0x${magic.toString(16).padStart(8, '0')} as the first four bytes`,
      allowed: 'the letters GGUF',
      fix: cursor.fileBytes < 1024 ? 'if it is a Git LFS pointer, run git lfs pull' : 'give the path of a .gguf file',
    });
  }
  let version = cursor.uint32('the version');
  // A file of the other byte order shows its small version in the upper half.
  if ((version & 0xffff) === 0) {
    cursor.littleEndian = false;
    version = ((version >>> 24) | ((version >>> 8) & 0xff00)) >>> 0;
  }
  if (version === 2 || version === 3) return version;
  throw new FormatError('GGUF_BAD_VERSION', `${file} has a GGUF version that is not read`, {
    path: file,
    got: String(version),
    allowed: `version ${GGUF_VERSIONS.join(' or ')}`,
    fix:
      version === 1
        ? 'convert the model anew: version 1 is from 2023'
        : 'the file is damaged, or written by a newer tool',
  });
}

/** Length of the key, its type, its value. */
const LEAST_KEY_BYTES = 8 + 4 + 1;
/** Name length, number of dimensions, type, offset. */
const LEAST_TENSOR_BYTES = 8 + 4 + 4 + 8;

function readCount(cursor: GgufCursor, noun: string, limit: number, least: number): number {
  const count = cursor.count(`the count of ${noun}`);
  const possible = Math.min(limit, Math.floor(cursor.remaining / least));
  if (count <= possible) return count;
  throw new FormatError('GGUF_COUNT', `${cursor.file} claims more ${noun} than it can hold`, {
    path: cursor.file,
    got: `${count} ${noun}`,
    allowed: `at most ${possible}`,
    fix: 'the file is cut or damaged: download it again',
  });
}

function readMetadata(cursor: GgufCursor, count: number): GgufMetadata {
  const metadata = new Map<string, GgufValue>();
  const nested: NestedArrays = { count: 0 };
  for (let index = 0; index < count; index++) {
    const key = cursor.string(`key ${index + 1} of ${count}`);
    const bytes = key.length > MAX_KEY_BYTES / 3 ? utf8Bytes(key).byteLength : key.length;
    if (key === '' || bytes > MAX_KEY_BYTES) {
      throw new FormatError('GGUF_KEY', `a key of ${cursor.file} is ${key === '' ? 'empty' : 'too long'}`, {
        path: cursor.file,
        got: `${bytes} bytes`,
        allowed: `1 to ${MAX_KEY_BYTES} bytes`,
        fix: 'the file is damaged: download it again',
      });
    }
    assertNoZero(key, 'GGUF_KEY', `key ${quoted(key)}`, cursor.file);
    if (metadata.has(key)) {
      throw new FormatError('GGUF_DUPLICATE_KEY', `key ${quoted(key)} stands twice in ${cursor.file}`, {
        path: cursor.file,
        got: quoted(key),
        allowed: 'every key once: readers would disagree on which one counts',
        fix: 'convert the model anew',
      });
    }
    metadata.set(key, readValue(cursor, key, nested));
  }
  return metadata;
}

/** To a reader in C a name ends at its first zero byte: it would find `general.name` where another finds `general.name\0x`. */
function assertNoZero(name: string, id: string, what: string, file: string): void {
  if (!name.includes('\0')) return;
  throw new FormatError(id, `${what} of ${file} holds a zero byte`, {
    path: file,
    got: quoted(name),
    allowed: 'text without the character U+0000',
    fix: 'the file is hostile or damaged: do not use it',
  });
}

/** `general.alignment`, checked; 32 where the file does not say. */
export function alignmentOf(value: GgufValue | undefined, file: string): number {
  if (value === undefined) return DEFAULT_ALIGNMENT;
  const alignment = value.type === 'uint32' ? value.value : Number.NaN;
  const powerOfTwo = Number.isInteger(Math.log2(alignment));
  if (powerOfTwo && alignment >= MIN_ALIGNMENT && alignment <= MAX_ALIGNMENT) return alignment;
  throw new FormatError('GGUF_ALIGNMENT', `general.alignment of ${file} is not usable`, {
    path: file,
    got: value.type === 'uint32' ? String(value.value) : `a value of type ${value.type}`,
    allowed: `a power of two from ${MIN_ALIGNMENT} to ${MAX_ALIGNMENT}, as uint32`,
    fix: 'the file is damaged: download it again, or convert the model anew',
  });
}

/** Its offset is from the start of the data until `place` has checked it, because the header must end before the data can begin. */
interface Entry extends TensorInfo {
  offset: number;
}

function failure(id: string, name: string, file: string, problem: string, details: FormatErrorDetails): FormatError {
  return new FormatError(id, `tensor ${quoted(name)} of ${file} ${problem}`, { ...details, path: file, tensor: name });
}

function readEntry(cursor: GgufCursor, tensors: Map<string, Entry>): void {
  const name = cursor.string('the name of a tensor');
  const what = 'the entry of a tensor';
  const fail = (id: string, problem: string, details: FormatErrorDetails): FormatError =>
    failure(id, name, cursor.file, problem, details);

  // A character takes three bytes at most for each unit of its length.
  const nameBytes = name.length * 3 <= MAX_NAME_BYTES ? name.length : utf8Bytes(name).byteLength;
  if (nameBytes > MAX_NAME_BYTES) {
    throw fail('GGUF_TENSOR_NAME', 'has a name that llama.cpp does not load', {
      got: `${nameBytes} bytes`,
      allowed: `at most ${MAX_NAME_BYTES} bytes`,
      fix: 'convert the model anew with shorter names',
    });
  }
  assertNoZero(name, 'GGUF_TENSOR_NAME', `tensor ${quoted(name)}`, cursor.file);
  if (tensors.has(name)) {
    throw fail('GGUF_DUPLICATE_TENSOR', 'stands twice', {
      got: quoted(name),
      allowed: 'every name once',
      fix: 'convert the model anew',
    });
  }
  const dimensions = cursor.uint32(what);
  if (dimensions > MAX_DIMENSIONS) {
    throw fail('GGUF_DIMENSIONS', 'has too many dimensions', {
      got: String(dimensions),
      allowed: `0 to ${MAX_DIMENSIONS}`,
      fix: 'the file is damaged: download it again',
    });
  }
  // The file counts from the fastest dimension on; everyone else from the slowest.
  const shape = new Array<number>(dimensions);
  for (let index = dimensions - 1; index >= 0; index--) shape[index] = cursor.count(what);
  const typeId = cursor.uint32(what);
  const type = ggufTensorTypeOfId(typeId);
  if (type === undefined) {
    throw fail('GGUF_TENSOR_TYPE', 'has a type that is not known', {
      got: `type ${typeId}`,
      allowed: 'a tensor type of ggml that is still in use',
      fix: 'the file is damaged, or of a type that ggml has dropped or added: convert the model anew',
    });
  }
  const elements = shape.reduce((product, dimension) => product * dimension, 1);
  const bytes = (elements / type.blockElements) * type.blockBytes;
  // NaN, Infinity and everything that a double rounds fail here: no file is that large.
  if (!shape.every(Number.isSafeInteger) || !Number.isSafeInteger(elements) || bytes > Number.MAX_SAFE_INTEGER) {
    throw fail('GGUF_SHAPE_OVERFLOW', 'has a shape larger than any file', {
      got: `${type.name} [${shape.join(', ')}]`,
      allowed: 'fewer than 2^53 elements and bytes',
      fix: 'the file is damaged or hostile: download it again',
    });
  }
  const row = shape.length === 0 ? 1 : shape[shape.length - 1];
  if (row % type.blockElements !== 0) {
    throw fail('GGUF_BLOCK', `has rows that are not made of whole ${type.name} blocks`, {
      got: `rows of ${row} elements`,
      allowed: `a multiple of ${type.blockElements}`,
      fix: 'the file is damaged, or quantized by a faulty tool: quantize the model anew',
    });
  }
  const offset = cursor.count(what);
  tensors.set(name, { name, dtype: type.name, shape, elements, bytes, offset });
}

/** Checks that a tensor begins where the one before it (with its padding) ends, and lies inside the file. */
function place(entry: Entry, expected: number, dataOffset: number, alignment: number, cursor: GgufCursor): void {
  const { file, fileBytes } = cursor;
  const fail = (id: string, problem: string, details: FormatErrorDetails): FormatError =>
    failure(id, entry.name, file, problem, details);

  if (entry.offset % alignment !== 0) {
    throw fail('GGUF_OFFSET_UNALIGNED', 'does not begin at the alignment', {
      got: `offset ${entry.offset}`,
      allowed: `a multiple of ${alignment}`,
      fix: 'the file is damaged, or written by a faulty tool: convert the model anew',
    });
  }
  if (entry.offset !== expected) {
    throw fail('GGUF_OFFSET', entry.offset < expected ? 'overlaps another tensor' : 'leaves a hole before it', {
      got: `offset ${entry.offset}`,
      allowed: `offset ${expected}, where the tensor before it ends`,
      fix: 'the file is damaged or hostile: download it again',
    });
  }
  const offset = dataOffset + entry.offset;
  if (offset + entry.bytes > fileBytes) {
    throw fail('GGUF_TENSOR_TRUNCATED', 'goes on beyond the end of the file', {
      got: `a file of ${fileBytes} bytes`,
      allowed: `at least ${offset + entry.bytes} bytes`,
      fix: 'the file is cut: download it again',
    });
  }
  entry.offset = offset;
}
