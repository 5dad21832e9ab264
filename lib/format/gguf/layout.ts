import { FormatError } from '../../errors';
import { findGgufTensorType, ggufTensorTypeNames } from '../../scheme/gguf/types';
import type { FileLayout } from '../layout';
import { quoted } from '../quoted';
import type { TensorInfo } from '../tensor';
import { utf8Bytes } from '../text';
import { ByteWriter } from '../write/byte-writer';
import { GGUF_MAGIC, alignmentOf, padded } from './header';
import { MAX_DIMENSIONS, MAX_KEY_BYTES, MAX_NAME_BYTES } from './limits';
import { storedElements } from './string-array';
import type { GgufMetadata } from './value';
import { writeString, writeValue } from './write-value';

export interface GgufTensorPlan {
  readonly name: string;
  /** Name of the ggml type, such as `Q4_K`. */
  readonly dtype: string;
  /** Row-major; its last dimension must be whole blocks of the type. */
  readonly shape: readonly number[];
}

export interface GgufPlan {
  /** Keys in the order in which they are written. `general.alignment`, if given, is obeyed. */
  readonly metadata: GgufMetadata;
  /** In the order of their data. */
  readonly tensors: readonly GgufTensorPlan[];
  /** @default true */
  readonly littleEndian?: boolean;
}

/**
 * Lays out a GGUF file of version 3 as llama.cpp and gguf-py do: tensors in the given order, each (the last one too)
 * padded with zeros to the alignment.
 *
 * @throws FormatError for what no reader would load: `GGUF_KEY`, `GGUF_VALUE_RANGE`, `GGUF_ALIGNMENT`, `GGUF_TENSOR_NAME`,
 * `GGUF_DUPLICATE_TENSOR`, `GGUF_DIMENSIONS`, `GGUF_TENSOR_TYPE`, `GGUF_BLOCK`, `GGUF_SHAPE_OVERFLOW`
 */
export function layoutGguf(plan: GgufPlan): FileLayout {
  const littleEndian = plan.littleEndian ?? true;
  const alignment = alignmentOf(plan.metadata.get('general.alignment'), 'the new file');
  const writer = new ByteWriter(littleEndian, 64 * 1024 + storedBytes(plan.metadata, littleEndian));
  // The magic is four letters, in every byte order.
  for (let shift = 0; shift < 32; shift += 8) writer.uint8((GGUF_MAGIC >>> shift) & 0xff);
  writer.uint32(3);
  writer.count(plan.tensors.length);
  writer.count(plan.metadata.size);
  for (const [key, value] of plan.metadata) {
    assertKey(key);
    writeString(writer, key);
    writeValue(writer, key, value, littleEndian);
  }

  const placed = new Map<string, TensorInfo>();
  let end = 0;
  for (const tensor of plan.tensors) {
    const { name, dtype, shape } = tensor;
    const { id, elements, bytes } = measure(tensor);
    if (placed.has(name)) throw refuse('GGUF_DUPLICATE_TENSOR', name, 'stands twice', quoted(name), 'every name once');
    writeString(writer, name);
    writer.uint32(shape.length);
    for (const dimension of [...shape].reverse()) writer.count(dimension);
    writer.uint32(id);
    writer.count(end);
    placed.set(name, { name, dtype, shape: [...shape], elements, bytes, offset: end });
    end = padded(end + bytes, alignment);
  }
  writer.pad(alignment);
  const header = writer.finish();
  const tensors = new Map<string, TensorInfo>();
  for (const [name, tensor] of placed) tensors.set(name, { ...tensor, offset: header.byteLength + tensor.offset });
  return { header, tensors, fileBytes: header.byteLength + end };
}

/** Bytes of what is passed on as it was read: a vocabulary takes megabytes, and room for it is made once. */
function storedBytes(metadata: GgufMetadata, littleEndian: boolean): number {
  let bytes = 0;
  for (const value of metadata.values())
    if (value.type === 'array') bytes += storedElements(value, littleEndian)?.bytes.byteLength ?? 0;
  return bytes;
}

function assertKey(key: string): void {
  const { byteLength } = utf8Bytes(key);
  if (byteLength >= 1 && byteLength <= MAX_KEY_BYTES && !key.includes('\0')) return;
  throw new FormatError('GGUF_KEY', 'a metadata key is empty, too long or holds a zero byte', {
    got: `${byteLength} bytes`,
    allowed: `1 to ${MAX_KEY_BYTES} bytes`,
    fix: 'choose another key',
  });
}

function measure({ name, dtype, shape }: GgufTensorPlan): { id: number; elements: number; bytes: number } {
  const nameBytes = utf8Bytes(name).byteLength;
  if (nameBytes > MAX_NAME_BYTES || name.includes('\0')) {
    throw refuse(
      'GGUF_TENSOR_NAME',
      name,
      'has a name that llama.cpp does not load',
      `${nameBytes} bytes`,
      `at most ${MAX_NAME_BYTES} bytes, none of them 0`,
    );
  }
  const type = findGgufTensorType(dtype);
  if (type === undefined) {
    throw refuse('GGUF_TENSOR_TYPE', name, 'has no type of ggml', quoted(dtype), ggufTensorTypeNames.join(', '));
  }
  if (shape.length > MAX_DIMENSIONS) {
    throw refuse('GGUF_DIMENSIONS', name, 'has too many dimensions', String(shape.length), `0 to ${MAX_DIMENSIONS}`);
  }
  const elements = shape.reduce((product, dimension) => product * dimension, 1);
  const bytes = (elements / type.blockElements) * type.blockBytes;
  const whole = shape.every((dimension) => Number.isSafeInteger(dimension) && dimension >= 0);
  if (!whole || !Number.isSafeInteger(elements) || bytes > Number.MAX_SAFE_INTEGER) {
    throw refuse(
      'GGUF_SHAPE_OVERFLOW',
      name,
      'has no usable shape',
      `[${shape.join(', ')}]`,
      'fewer than 2^53 elements and bytes',
    );
  }
  const row = shape.length === 0 ? 1 : shape[shape.length - 1];
  if (row % type.blockElements !== 0) {
    throw refuse(
      'GGUF_BLOCK',
      name,
      `has rows that are not whole ${dtype} blocks`,
      `rows of ${row}`,
      `a multiple of ${type.blockElements}`,
    );
  }
  return { id: type.id, elements, bytes };
}

function refuse(id: string, tensor: string, problem: string, got: string, allowed: string): FormatError {
  return new FormatError(id, `tensor ${quoted(tensor)} ${problem}`, {
    tensor,
    got,
    allowed,
    fix: 'change the tensor before writing the file',
  });
}
