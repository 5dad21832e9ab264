/** Types of a metadata value; the index is the number in the file (`enum gguf_type` of ggml). */
export const GGUF_VALUE_TYPES = [
  'uint8',
  'int8',
  'uint16',
  'int16',
  'uint32',
  'int32',
  'float32',
  'bool',
  'string',
  'array',
  'uint64',
  'int64',
  'float64',
] as const;

export type GgufValueType = (typeof GGUF_VALUE_TYPES)[number];

/** Types whose values are JavaScript numbers, exactly. */
export type GgufNumberType = 'uint8' | 'int8' | 'uint16' | 'int16' | 'uint32' | 'int32' | 'float32' | 'float64';

/** Types that need all of 64 bits: a `number` would round beyond 2^53. */
export type GgufBigType = 'uint64' | 'int64';

/** Numbers of an array, in the machine's byte order whatever the file's. Booleans are 0 and 1. */
export interface GgufNumericArrays {
  uint8: Uint8Array;
  int8: Int8Array;
  uint16: Uint16Array;
  int16: Int16Array;
  uint32: Uint32Array;
  int32: Int32Array;
  float32: Float32Array;
  bool: Uint8Array;
  uint64: BigUint64Array;
  int64: BigInt64Array;
  float64: Float64Array;
}

export type GgufArray =
  | {
      [E in keyof GgufNumericArrays]: {
        readonly type: 'array';
        readonly elementType: E;
        readonly values: GgufNumericArrays[E];
      };
    }[keyof GgufNumericArrays]
  | { readonly type: 'array'; readonly elementType: 'string'; readonly values: readonly string[] }
  | { readonly type: 'array'; readonly elementType: 'array'; readonly values: readonly GgufArray[] };

/** A metadata value with the type that the file gives it: written back, it makes the same bytes. */
export type GgufValue =
  | { readonly type: GgufNumberType; readonly value: number }
  | { readonly type: GgufBigType; readonly value: bigint }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'string'; readonly value: string }
  | GgufArray;

export type GgufMetadata = ReadonlyMap<string, GgufValue>;

/** Bytes of one element; 0 for what has no fixed size. */
export const GGUF_VALUE_BYTES: Readonly<Record<GgufValueType, number>> = {
  uint8: 1,
  int8: 1,
  uint16: 2,
  int16: 2,
  uint32: 4,
  int32: 4,
  float32: 4,
  bool: 1,
  string: 0,
  array: 0,
  uint64: 8,
  int64: 8,
  float64: 8,
};

/** Constructors for metadata, so that callers do not spell the objects out: `gguf.uint32(15)`, `gguf.strings(tokens)`. */
export const gguf = {
  uint8: (value: number): GgufValue => ({ type: 'uint8', value }),
  uint16: (value: number): GgufValue => ({ type: 'uint16', value }),
  uint32: (value: number): GgufValue => ({ type: 'uint32', value }),
  int32: (value: number): GgufValue => ({ type: 'int32', value }),
  float32: (value: number): GgufValue => ({ type: 'float32', value }),
  float64: (value: number): GgufValue => ({ type: 'float64', value }),
  uint64: (value: bigint): GgufValue => ({ type: 'uint64', value }),
  bool: (value: boolean): GgufValue => ({ type: 'bool', value }),
  string: (value: string): GgufValue => ({ type: 'string', value }),
  strings: (values: readonly string[]): GgufValue => ({ type: 'array', elementType: 'string', values }),
  int32s: (values: ArrayLike<number>): GgufValue => ({
    type: 'array',
    elementType: 'int32',
    values: Int32Array.from(values),
  }),
  uint32s: (values: ArrayLike<number>): GgufValue => ({
    type: 'array',
    elementType: 'uint32',
    values: Uint32Array.from(values),
  }),
  float32s: (values: ArrayLike<number>): GgufValue => ({
    type: 'array',
    elementType: 'float32',
    values: Float32Array.from(values),
  }),
} as const;

/** The whole number of a value, or undefined if it is none or lies beyond 2^53. */
export function integerOf(value: GgufValue | undefined): number | undefined {
  if (value === undefined || value.type === 'array' || value.type === 'string' || value.type === 'bool')
    return undefined;
  const number = Number(value.value);
  return Number.isSafeInteger(number) ? number : undefined;
}

/** The text of a value, or undefined if it is none. */
export function stringOf(value: GgufValue | undefined): string | undefined {
  return value?.type === 'string' ? value.value : undefined;
}
