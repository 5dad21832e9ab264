import { FormatError, type FormatErrorDetails } from '../../errors';
import { nearestNames } from '../../text/nearest';
import { JsonProblem } from '../json/json-problem';
import { JsonScanner } from '../json/json-scanner';
import { quoted } from '../quoted';
import type { TensorInfo } from '../tensor';
import { SAFETENSORS_DTYPE_BITS, SAFETENSORS_DTYPES, isSafetensorsDtype, type SafetensorsDtype } from './dtypes';
import { tensorSpan } from './span';

/** Longest header in bytes that the Rust library reads (`MAX_HEADER_SIZE`); more is taken for an attack on memory. */
export const MAX_HEADER_BYTES = 100_000_000;

/** The header's own length, as a little-endian 64-bit integer, comes first. */
export const LENGTH_BYTES = 8;

/** The one key of a header that names no tensor. */
export const METADATA_KEY = '__metadata__';

export interface SafetensorsTensor extends TensorInfo {
  readonly dtype: SafetensorsDtype;
}

/** Everything a `.safetensors` file says before its data. */
export interface SafetensorsHeader {
  /** The file's name, as its source gives it. */
  readonly file: string;
  /** Length of the file in bytes. */
  readonly fileBytes: number;
  /** Where the data begins: 8 + length of the JSON. */
  readonly dataOffset: number;
  /** `__metadata__`; empty when the file has none. */
  readonly metadata: ReadonlyMap<string, string>;
  /** By name, in the order of their data. A `Map`, so that no name can be a property of `Object.prototype`. */
  readonly tensors: ReadonlyMap<string, SafetensorsTensor>;
}

/**
 * The header's length from the first 8 bytes of a file.
 *
 * @param start the first bytes of the file: 8, or all there are
 * @param fileBytes length of the file
 * @throws FormatError `SAFETENSORS_HEADER_TOO_SMALL`, `SAFETENSORS_HEADER_TOO_LARGE`, `SAFETENSORS_HEADER_LENGTH`
 */
export function headerLength(start: Uint8Array, fileBytes: number, file: string): number {
  if (fileBytes < LENGTH_BYTES || start.byteLength < LENGTH_BYTES) {
    throw new FormatError('SAFETENSORS_HEADER_TOO_SMALL', `${file} is too short for a safetensors file`, {
      path: file,
      got: `${fileBytes} bytes`,
      allowed: 'at least 8 bytes',
      fix: 'download the file again',
    });
  }
  const length = new DataView(start.buffer, start.byteOffset, LENGTH_BYTES).getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER_BYTES)) {
    throw new FormatError('SAFETENSORS_HEADER_TOO_LARGE', `${file} claims a header that no safetensors file may have`, {
      path: file,
      got: `${length} bytes`,
      allowed: `at most ${MAX_HEADER_BYTES} bytes`,
      fix: whatItIs(start) ?? 'this is not a safetensors file, or it is damaged: download it again',
    });
  }
  if (Number(length) > fileBytes - LENGTH_BYTES) {
    throw new FormatError('SAFETENSORS_HEADER_LENGTH', `the header of ${file} is longer than the file`, {
      path: file,
      got: `a header of ${length} bytes in a file of ${fileBytes}`,
      allowed: `at most ${fileBytes - LENGTH_BYTES} bytes`,
      fix: 'the file is cut: download it again',
    });
  }
  return Number(length);
}

/** What people hand over by mistake, known by its first bytes. */
function whatItIs(start: Uint8Array): string | undefined {
  const magic = String.fromCharCode(...start.subarray(0, LENGTH_BYTES));
  if (magic === 'version ') return 'this is a Git LFS pointer, not the file: run git lfs pull';
  if (magic.startsWith('PK\x03\x04'))
    return 'this is a ZIP archive, perhaps a PyTorch checkpoint: convert it to safetensors first';
  if (magic.startsWith('GGUF')) return 'this is a GGUF file: give it the ending .gguf';
  if (magic.startsWith('<'))
    return 'this is a web page, not the file: download it again, with a token if the model is gated';
  return undefined;
}

/**
 * Reads a header as strictly as the Rust library (`SafeTensors::read_metadata`), and where that is laxer than the format's
 * own text, as the text says: no key twice, and `{` as the first byte.
 *
 * @param json the header's bytes, without the 8 that give its length
 * @param fileBytes length of the whole file
 * @param file its name, for errors
 * @throws FormatError `SAFETENSORS_*`; nothing else
 */
export function parseSafetensorsHeader(json: Uint8Array, fileBytes: number, file: string): SafetensorsHeader {
  const metadata = new Map<string, string>();
  const found = new Map<string, SafetensorsTensor>();
  let metadataSeen = false;
  const dataOffset = LENGTH_BYTES + json.byteLength;
  if (json[0] !== 0x7b) {
    throw new FormatError('SAFETENSORS_HEADER_START', `the header of ${file} does not begin with {`, {
      path: file,
      got: json.byteLength === 0 ? 'an empty header' : `byte 0x${json[0].toString(16).padStart(2, '0')}`,
      allowed: '{ as the first byte of the header',
      fix: 'write the file again with a current safetensors library',
    });
  }

  const scanner = new JsonScanner(json);
  // The entry being read, so that an error names it.
  let current: string | undefined;
  try {
    scanner.object(
      (name) => {
        current = name;
        if (name === METADATA_KEY) {
          metadataSeen = true;
          readMetadata(scanner, metadata, file);
        } else {
          found.set(name, readEntry(scanner, name, dataOffset, file));
        }
        current = undefined;
      },
      (name) => (name === METADATA_KEY ? !metadataSeen : !found.has(name)),
    );
    scanner.end();
  } catch (error) {
    if (error instanceof JsonProblem) throw fromJsonProblem(error, file, current);
    throw error;
  }

  const tensors = inDataOrder(found);
  let end = dataOffset;
  for (const tensor of tensors.values()) {
    if (tensor.offset !== end) throw misplaced(tensor, end, dataOffset, file);
    end += tensor.bytes;
  }
  if (end !== fileBytes) {
    throw new FormatError(
      'SAFETENSORS_FILE_LENGTH',
      `${file} is ${end > fileBytes ? 'shorter' : 'longer'} than its header says`,
      {
        path: file,
        got: `${fileBytes} bytes`,
        allowed: `${end} bytes`,
        fix:
          end > fileBytes
            ? 'the file is cut: download it again'
            : 'bytes follow the last tensor: the file is damaged or hides something; download it again',
      },
    );
  }
  return { file, fileBytes, dataOffset, metadata, tensors };
}

/** Names may stand in any order in the header. Sorting is stable, so that empty tensors keep theirs. */
function inDataOrder(found: Map<string, SafetensorsTensor>): Map<string, SafetensorsTensor> {
  let last = 0;
  let ordered = true;
  for (const { offset, bytes } of found.values()) {
    if (offset < last) ordered = false;
    last = offset + bytes;
  }
  if (ordered) return found;
  const sorted = [...found.values()].sort((left, right) => left.offset - right.offset || left.bytes - right.bytes);
  const tensors = new Map<string, SafetensorsTensor>();
  for (const tensor of sorted) tensors.set(tensor.name, tensor);
  return tensors;
}

function readMetadata(scanner: JsonScanner, metadata: Map<string, string>, file: string): void {
  const kind = scanner.kind();
  if (kind === 'null') {
    scanner.literal();
    return;
  }
  try {
    scanner.object((key) => metadata.set(key, scanner.string()));
  } catch (error) {
    if (!(error instanceof JsonProblem) || error.kind !== 'type') throw error;
    throw new FormatError('SAFETENSORS_METADATA', `__metadata__ of ${file} is not a map of strings`, {
      path: file,
      got: error.message,
      allowed: 'an object whose values are all strings',
      fix: 'write the file again, with every metadata value as a string',
    });
  }
}

function readEntry(scanner: JsonScanner, name: string, dataOffset: number, file: string): SafetensorsTensor {
  let dtype: SafetensorsDtype | undefined;
  let shape: number[] | undefined;
  let offsets: number[] | undefined;
  scanner.object((key) => {
    if (key === 'dtype') dtype = readDtype(scanner, name, file);
    else if (key === 'shape') shape = readIntegers(scanner);
    else if (key === 'data_offsets') offsets = readIntegers(scanner);
    // Unknown keys are the future's: the Rust library passes over them too.
    else scanner.skip();
  });
  if (dtype === undefined || shape === undefined || offsets === undefined || offsets.length !== 2) {
    const lacks =
      dtype === undefined
        ? 'dtype'
        : shape === undefined
          ? 'shape'
          : offsets === undefined
            ? 'data_offsets'
            : undefined;
    throw entryError('SAFETENSORS_TENSOR_INFO', name, file, `has no ${lacks ?? 'two data_offsets'}`, {
      got: lacks === undefined ? `${offsets?.length} data_offsets` : `no ${lacks}`,
      allowed: 'dtype, shape and data_offsets: [begin, end]',
      fix: 'write the file again with a current safetensors library',
    });
  }
  const [begin, end] = offsets;
  if (end < begin) {
    throw entryError('SAFETENSORS_OFFSETS', name, file, 'ends before it begins', {
      got: `data_offsets [${begin}, ${end}]`,
      allowed: 'begin ≤ end',
      fix: 'the header is damaged: download the file again',
    });
  }
  const span = tensorSpan(shape, SAFETENSORS_DTYPE_BITS[dtype]);
  if ('problem' in span) {
    throw span.problem === 'overflow'
      ? entryError('SAFETENSORS_SHAPE_OVERFLOW', name, file, 'has a shape larger than any memory', {
          got: `${dtype} [${shape.join(', ')}]`,
          allowed: 'fewer than 2^64 bits',
          fix: 'the header is damaged or hostile: download the file again',
        })
      : entryError('SAFETENSORS_MISALIGNED', name, file, 'does not end at a whole byte', {
          got: `${dtype} [${shape.join(', ')}]`,
          allowed: `a count of elements that fills whole bytes at ${SAFETENSORS_DTYPE_BITS[dtype]} bits each`,
          fix: 'pad the last dimension before writing the file',
        });
  }
  if (span.bytes !== end - begin) {
    throw entryError('SAFETENSORS_SPAN', name, file, 'does not span what its shape takes', {
      got: `${end - begin} bytes`,
      allowed: `${span.bytes} bytes for ${dtype} [${shape.join(', ')}]`,
      fix: 'the header is damaged: download the file again',
    });
  }
  return { name, dtype, shape, elements: span.elements, offset: dataOffset + begin, bytes: span.bytes };
}

function readDtype(scanner: JsonScanner, tensor: string, file: string): SafetensorsDtype {
  const dtype = scanner.string();
  if (isSafetensorsDtype(dtype)) return dtype;
  const [nearest] = nearestNames(dtype, SAFETENSORS_DTYPES);
  throw entryError(
    'SAFETENSORS_DTYPE',
    tensor,
    file,
    `has an element type that the format does not know: ${quoted(dtype)}`,
    {
      got: quoted(dtype),
      allowed: SAFETENSORS_DTYPES.join(', '),
      fix: nearest === undefined ? 'write the file again with one of the known types' : `did you mean ${nearest}?`,
    },
  );
}

/** PyTorch and NumPy stop at 64 dimensions. Without a limit, a header of nothing but zeros would cost many times its own size. */
const MAX_RANK = 256;

function readIntegers(scanner: JsonScanner): number[] {
  const integers: number[] = [];
  scanner.array((index) => {
    if (index === MAX_RANK)
      throw new JsonProblem('type', `more than ${MAX_RANK} numbers stand in one list`, scanner.at);
    integers.push(scanner.unsigned());
  });
  // A copy of the exact length: pushing leaves room for 17, which in a header of 100 MB is most of the memory.
  return integers.slice();
}

function misplaced(tensor: SafetensorsTensor, expected: number, dataOffset: number, file: string): FormatError {
  const overlap = tensor.offset < expected;
  return entryError(
    'SAFETENSORS_OFFSETS',
    tensor.name,
    file,
    overlap ? 'overlaps the tensor before it' : 'leaves a hole before it',
    {
      got: `data_offsets [${tensor.offset - dataOffset}, ${tensor.offset - dataOffset + tensor.bytes}]`,
      allowed: `a begin of ${expected - dataOffset}, where the tensor before it ends`,
      fix: 'the header is damaged or hides something: download the file again',
    },
  );
}

function entryError(
  id: string,
  tensor: string,
  file: string,
  problem: string,
  details: FormatErrorDetails,
): FormatError {
  return new FormatError(id, `tensor ${quoted(tensor)} of ${file} ${problem}`, { ...details, path: file, tensor });
}

function fromJsonProblem(problem: JsonProblem, file: string, tensor: string | undefined): FormatError {
  const where = tensor === undefined ? `the header of ${file}` : `the entry ${quoted(tensor)} in the header of ${file}`;
  const details = { path: file, tensor, got: `${problem.message} (byte ${problem.at + LENGTH_BYTES})` };
  switch (problem.kind) {
    case 'utf8':
      return new FormatError('SAFETENSORS_HEADER_UTF8', `${where} is not valid UTF-8`, {
        ...details,
        allowed: 'UTF-8',
        fix: 'the file is damaged: download it again',
      });
    case 'duplicate':
      return new FormatError('SAFETENSORS_DUPLICATE_KEY', `${where} has the same key twice`, {
        ...details,
        allowed: 'every key once: readers would disagree on which one counts',
        fix: 'write the file again with unique names',
      });
    case 'type':
      return new FormatError('SAFETENSORS_TENSOR_INFO', `${where} does not have the form of a tensor's entry`, {
        ...details,
        allowed: '{"dtype": string, "shape": [whole numbers], "data_offsets": [begin, end]}',
        fix: 'write the file again with a current safetensors library',
      });
    case 'limit':
      return new FormatError('SAFETENSORS_HEADER_LIMIT', `${where} holds more than any header`, {
        ...details,
        allowed: 'what models have: a few hundred keys, a few levels',
        fix: 'the file is hostile or damaged: do not use it',
      });
    default:
      return new FormatError('SAFETENSORS_HEADER_JSON', `${where} is not JSON`, {
        ...details,
        allowed: 'JSON (RFC 8259)',
        fix: 'the file is damaged: download it again',
      });
  }
}
