import { parseGguf } from '../../lib/format/gguf';
import { parseSafetensors, parseSafetensorsIndex } from '../../lib/format/safetensors';
import { ByteWriter } from '../../lib/format/write/byte-writer';
import { joined } from './mutate';
import { utf8 } from './json-text';

/** A large input that holds as much as its bytes can say: what costs a reader the most memory for its size. */
export interface HeavyInput {
  readonly name: string;
  make(): Uint8Array;
  /** The result is returned so that it stays in memory while it is measured. */
  read(bytes: Uint8Array): unknown;
}

function safetensorsOf(json: string): Uint8Array {
  const header = utf8(json);
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(header.byteLength), true);
  return joined(length, header);
}

function repeated(count: number, item: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => item(index)).join(',');
}

function ggufOf(tensors: number, keys: number, body: (writer: ByteWriter) => void): Uint8Array {
  const writer = new ByteWriter(true, 1 << 20);
  writer.raw(utf8('GGUF'));
  writer.uint32(3);
  writer.uint64(BigInt(tensors));
  writer.uint64(BigInt(keys));
  body(writer);
  writer.pad(32);
  return writer.finish();
}

function string(writer: ByteWriter, text: string): void {
  writer.uint64(BigInt(text.length));
  writer.raw(utf8(text));
}

function arrayKey(writer: ByteWriter, elementType: number, length: number, element: () => void): void {
  string(writer, 'a');
  writer.uint32(9);
  writer.uint32(elementType);
  writer.uint64(BigInt(length));
  for (let index = 0; index < length; index++) element();
}

export const HEAVY_INPUTS: readonly HeavyInput[] = [
  {
    name: 'a safetensors header of empty tensors',
    make: () =>
      safetensorsOf(
        `{${repeated(500_000, (index) => `"${index.toString(36)}":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}`)}}`,
      ),
    read: (bytes) => parseSafetensors(bytes),
  },
  {
    name: 'a safetensors header of tensors in the wrong order',
    make: () => {
      const count = 300_000;
      const header = safetensorsOf(
        `{${repeated(count, (index) => `"${index.toString(36)}":{"dtype":"U8","shape":[1],"data_offsets":[${count - index - 1},${count - index}]}`)}}`,
      );
      return joined(header, new Uint8Array(count));
    },
    read: (bytes) => parseSafetensors(bytes),
  },
  {
    name: 'a safetensors header of long metadata',
    make: () => safetensorsOf(`{"__metadata__":{${repeated(65_000, (index) => `"${index}":"${'é'.repeat(100)}"`)}}}`),
    read: (bytes) => parseSafetensors(bytes),
  },
  {
    name: 'a safetensors header of shapes',
    make: () =>
      safetensorsOf(
        `{${repeated(20_000, (index) => `"${index}":{"dtype":"U8","shape":[0${',1'.repeat(255)}],"data_offsets":[0,0]}`)}}`,
      ),
    read: (bytes) => parseSafetensors(bytes),
  },
  {
    name: 'a safetensors header of unknown keys',
    make: () =>
      safetensorsOf(
        `{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"x":{${repeated(65_000, (index) => `"${index.toString(36)}":0`)}}}}`,
      ),
    read: (bytes) => parseSafetensors(bytes),
  },
  {
    name: 'an index of short names',
    make: () => utf8(`{"weight_map":{${repeated(800_000, (index) => `"${index.toString(36)}":"a.safetensors"`)}}}`),
    read: (bytes) => parseSafetensorsIndex(bytes, 'index'),
  },
  {
    name: 'a GGUF array of empty strings',
    make: () => ggufOf(0, 1, (writer) => arrayKey(writer, 8, 2_000_000, () => writer.uint64(0n))),
    read: (bytes) => parseGguf(bytes),
  },
  {
    name: 'a GGUF array of two-letter strings',
    make: () => ggufOf(0, 1, (writer) => arrayKey(writer, 8, 2_000_000, () => string(writer, 'xy'))),
    read: (bytes) => parseGguf(bytes),
  },
  {
    name: 'a GGUF array of booleans',
    make: () => ggufOf(0, 1, (writer) => arrayKey(writer, 7, 16_000_000, () => writer.uint8(1))),
    read: (bytes) => parseGguf(bytes),
  },
  {
    name: 'a GGUF of arrays in an array',
    make: () =>
      ggufOf(0, 1, (writer) =>
        arrayKey(writer, 9, 65_000, () => {
          writer.uint32(0);
          writer.uint64(0n);
        }),
      ),
    read: (bytes) => parseGguf(bytes),
  },
  {
    name: 'a GGUF of keys',
    make: () =>
      ggufOf(0, 65_000, (writer) => {
        for (let index = 0; index < 65_000; index++) {
          string(writer, index.toString(36));
          writer.uint32(0);
          writer.uint8(0);
        }
      }),
    read: (bytes) => parseGguf(bytes),
  },
  {
    name: 'a GGUF of empty tensors',
    make: () =>
      ggufOf(262_144, 0, (writer) => {
        for (let index = 0; index < 262_144; index++) {
          string(writer, index.toString(36));
          writer.uint32(1);
          writer.uint64(0n);
          writer.uint32(0);
          writer.uint64(0n);
        }
      }),
    read: (bytes) => parseGguf(bytes),
  },
];
