import { FormatError } from '../../lib/errors';
import { GGUF_VALUE_TYPES, parseGguf, type GgufArray, type GgufValue } from '../../lib/format/gguf';
import { JsonProblem } from '../../lib/format/json/json-problem';
import { JsonScanner } from '../../lib/format/json/json-scanner';
import { parseSafetensors } from '../../lib/format/safetensors';
import { ggufTarget } from '../fuzz/gguf';
import { Random } from '../fuzz/random';
import { safetensorsTarget } from '../fuzz/safetensors';

/** `llama.cpp` reads GGUF too; its answer says less of the metadata. */
export type Kind = 'safetensors' | 'gguf' | 'llama.cpp';

/** The same inputs that the fuzzing makes, without its cases that only test text encodings. */
export function makeInput(kind: Kind, seed: number): Uint8Array {
  return (kind === 'safetensors' ? safetensorsTarget : ggufTarget).make(new Random(seed));
}

/** What this library reads, in the words of the reference's answer; or the id of its refusal. */
export function readOurs(kind: Kind, bytes: Uint8Array): { ok: unknown } | { error: string } {
  try {
    return { ok: ANSWERS[kind](bytes) };
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    // The first of two equal keys may be wrong in another way, which a reader that keeps the last never sees.
    return { error: kind === 'safetensors' && hasKeyTwice(bytes) ? 'SAFETENSORS_DUPLICATE_KEY' : error.id };
  }
}

function hasKeyTwice(bytes: Uint8Array): boolean {
  const scanner = new JsonScanner(bytes.subarray(8));
  try {
    scanner.skip();
    return false;
  } catch (error) {
    return error instanceof JsonProblem && error.kind === 'duplicate';
  }
}

function safetensorsAnswer(bytes: Uint8Array): unknown {
  const { tensors, metadata } = parseSafetensors(bytes);
  return {
    tensors: byName([...tensors.values()].map(({ name, dtype, shape, bytes: length }) => [name, dtype, shape, length])),
    metadata: byName([...metadata]),
  };
}

/** Python's order of text: by code point. */
function byName<T extends readonly unknown[]>(rows: T[]): T[] {
  const key = (row: T): Buffer => Buffer.from(String(row[0]));
  return rows.sort((left, right) => Buffer.compare(key(left), key(right)));
}

function ggufAnswer(bytes: Uint8Array): unknown {
  const { tensors, metadata, littleEndian } = parseGguf(bytes);
  return {
    tensors: [...tensors.values()].map(({ name, dtype, shape, bytes: length, offset }) => [
      name,
      dtype,
      shape,
      length,
      offset,
    ]),
    metadata: [...metadata].map(([key, value]) => [key, typesOf(value), contentsOf(value)]),
    little: littleEndian,
  };
}

function llamaCppAnswer(bytes: Uint8Array): unknown {
  const { tensors, metadata, littleEndian } = parseGguf(bytes);
  return {
    // It has four dimensions for every tensor.
    tensors: [...tensors.values()].map(({ name, dtype, shape, bytes: length, offset }) => [
      name,
      dtype,
      [1, 1, 1, 1, ...shape].slice(-4),
      length,
      offset,
    ]),
    metadata: [...metadata].map(([key, value]) => [
      key,
      GGUF_VALUE_TYPES.indexOf(value.type),
      value.type === 'array' ? GGUF_VALUE_TYPES.indexOf(value.elementType) : null,
    ]),
    little: littleEndian,
  };
}

const ANSWERS: Readonly<Record<Kind, (bytes: Uint8Array) => unknown>> = {
  safetensors: safetensorsAnswer,
  gguf: ggufAnswer,
  'llama.cpp': llamaCppAnswer,
};

/** gguf-py names the types down to the first element; an empty array has none. */
function typesOf(value: GgufValue): string[] {
  if (value.type !== 'array') return [value.type.toUpperCase()];
  if (value.values.length === 0) return ['ARRAY'];
  if (value.elementType === 'array') return ['ARRAY', ...typesOf(value.values[0])];
  return ['ARRAY', value.elementType.toUpperCase()];
}

function contentsOf(value: GgufValue): unknown {
  if (value.type !== 'array') return plain(value.value);
  return value.values.length === 0 || value.elementType === 'array' ? null : elementsOf(value);
}

function elementsOf(array: GgufArray): unknown[] {
  if (array.elementType === 'array') return [];
  if (array.elementType === 'bool') return [...array.values].map((element) => element === 1);
  return Array.from(array.values as ArrayLike<number | bigint | string>, plain);
}

function plain(value: number | bigint | boolean | string): unknown {
  if (typeof value === 'bigint') return value > 2n ** 53n || value < -(2n ** 53n) ? String(value) : Number(value);
  if (typeof value !== 'number' || Number.isFinite(value)) return value;
  return Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf';
}
