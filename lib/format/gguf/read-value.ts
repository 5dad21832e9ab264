import { FormatError } from '../../errors';
import { quoted } from '../quoted';
import type { GgufCursor } from './cursor';
import { MAX_ARRAY_DEPTH, MAX_NESTED_ARRAYS } from './limits';
import { storedStrings } from './string-array';
import { GGUF_VALUE_BYTES, GGUF_VALUE_TYPES, type GgufArray, type GgufValue, type GgufValueType } from './value';

/** Arrays in arrays seen so far in one file: each costs many times its bytes. */
export interface NestedArrays {
  count: number;
}

export function readValue(cursor: GgufCursor, key: string, nested: NestedArrays): GgufValue {
  const what = `the value of ${quoted(key)}`;
  const type = readValueType(cursor, key);
  switch (type) {
    case 'bool':
      return { type, value: readBool(cursor, key) };
    case 'string':
      return { type, value: cursor.string(what) };
    case 'array':
      return readArray(cursor, key, 1, nested);
    case 'uint64':
    case 'int64':
      return { type, value: cursor[type](what) };
    default:
      return { type, value: cursor[type](what) };
  }
}

function readValueType(cursor: GgufCursor, key: string): GgufValueType {
  const id = cursor.uint32(`the type of ${quoted(key)}`);
  const type = GGUF_VALUE_TYPES[id];
  if (type !== undefined) return type;
  throw new FormatError('GGUF_VALUE_TYPE', `key ${quoted(key)} of ${cursor.file} has a type that does not exist`, {
    path: cursor.file,
    got: `type ${id}`,
    allowed: `types 0 to ${GGUF_VALUE_TYPES.length - 1}`,
    fix: 'the file is damaged, or written by a newer tool: download it again',
  });
}

function readBool(cursor: GgufCursor, key: string): boolean {
  const byte = cursor.uint8(`the value of ${quoted(key)}`);
  if (byte > 1) throw notBool(cursor, key, byte);
  return byte === 1;
}

function notBool(cursor: GgufCursor, key: string, byte: number): FormatError {
  return new FormatError('GGUF_BOOL', `key ${quoted(key)} of ${cursor.file} holds a boolean that is neither 0 nor 1`, {
    path: cursor.file,
    got: String(byte),
    allowed: '0 or 1',
    fix: 'the file is damaged: download it again',
  });
}

function readArray(cursor: GgufCursor, key: string, depth: number, nested: NestedArrays): GgufArray {
  if (depth > MAX_ARRAY_DEPTH || (depth > 1 && ++nested.count > MAX_NESTED_ARRAYS)) {
    throw new FormatError('GGUF_ARRAY_DEPTH', `key ${quoted(key)} of ${cursor.file} has too many arrays in arrays`, {
      path: cursor.file,
      got: depth > MAX_ARRAY_DEPTH ? `${depth} levels` : `${nested.count} arrays`,
      allowed: `${MAX_ARRAY_DEPTH} levels and ${MAX_NESTED_ARRAYS} arrays`,
      fix: 'the file is hostile or damaged: do not use it',
    });
  }
  const elementType = readValueType(cursor, key);
  const what = `the array ${quoted(key)}`;
  const length = cursor.count(what);
  // A string takes at least the 8 bytes of its length; an array, 12.
  const least = elementType === 'string' ? 8 : elementType === 'array' ? 12 : GGUF_VALUE_BYTES[elementType];
  if (length > cursor.remaining / least) {
    throw new FormatError(
      'GGUF_ARRAY_LENGTH',
      `${what} of ${cursor.file} claims more elements than the file can hold`,
      {
        path: cursor.file,
        got: `${length} of ${elementType}`,
        allowed: `at most ${Math.floor(cursor.remaining / least)}`,
        fix: 'the file is cut or damaged: download it again',
      },
    );
  }
  if (elementType === 'string') {
    const start = cursor.position;
    cursor.skipStrings(length, what);
    return storedStrings(cursor.bytes.slice(start, cursor.position), length, cursor.littleEndian);
  }
  if (elementType === 'array') {
    const values: GgufArray[] = [];
    for (let index = 0; index < length; index++) values.push(readArray(cursor, key, depth + 1, nested));
    return { type: 'array', elementType, values };
  }
  const start = cursor.take(length * least, what);
  const bytes = cursor.bytes.slice(start, start + length * least);
  if (elementType === 'bool') {
    const wrong = bytes.find((byte) => byte > 1);
    if (wrong !== undefined) throw notBool(cursor, key, wrong);
  }
  if (cursor.littleEndian !== MACHINE_IS_LITTLE_ENDIAN) swapBytes(bytes, least);
  const TypedArray = TYPED_ARRAYS[elementType];
  return { type: 'array', elementType, values: new TypedArray(bytes.buffer, 0, length) } as GgufArray;
}

const TYPED_ARRAYS = {
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  uint32: Uint32Array,
  int32: Int32Array,
  float32: Float32Array,
  bool: Uint8Array,
  uint64: BigUint64Array,
  int64: BigInt64Array,
  float64: Float64Array,
} as const;

export const MACHINE_IS_LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** Turns the byte order of every `size`-byte number around, in place. */
export function swapBytes(bytes: Uint8Array, size: number): void {
  for (let start = 0; start + size <= bytes.byteLength; start += size) bytes.subarray(start, start + size).reverse();
}
