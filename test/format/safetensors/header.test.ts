import { FormatError } from '../../../lib/errors';
import {
  MAX_HEADER_BYTES,
  SAFETENSORS_DTYPE_BITS,
  parseSafetensors,
  readSafetensorsHeader,
} from '../../../lib/format/safetensors';
import { MemorySource } from '../../../lib/format/source/memory-source';
import { entry, safetensorsFile } from '../safetensors-file';

const F32 = '"dtype":"F32","shape":[1],"data_offsets":[0,4]';

function errorOf(bytes: Uint8Array): FormatError {
  try {
    parseSafetensors(bytes, 'model.safetensors');
  } catch (error) {
    expect(error).toBeInstanceOf(FormatError);
    return error as FormatError;
  }
  throw new Error('the file was accepted');
}

describe('a well-formed safetensors header', () => {
  test('gives each tensor with its type, shape and place in the file', () => {
    const header = `{"__metadata__":{"format":"pt"},${entry('b', 'BF16', [2, 3], 4, 16)},${entry('a', 'F32', [], 0, 4)}}`;
    const read = parseSafetensors(safetensorsFile(header, 16));
    expect([...read.tensors.keys()]).toEqual(['a', 'b']);
    expect(read.tensors.get('a')).toEqual({
      name: 'a',
      dtype: 'F32',
      shape: [],
      elements: 1,
      offset: 8 + header.length,
      bytes: 4,
    });
    expect(read.tensors.get('b')).toMatchObject({
      dtype: 'BF16',
      shape: [2, 3],
      elements: 6,
      offset: 12 + header.length,
      bytes: 12,
    });
    expect([...read.metadata]).toEqual([['format', 'pt']]);
  });

  test.each(Object.entries(SAFETENSORS_DTYPE_BITS))('may hold %s', (dtype, bits) => {
    const read = parseSafetensors(safetensorsFile(`{${entry('t', dtype, [8], 0, bits)}}`, bits));
    expect(read.tensors.get('t')).toMatchObject({ dtype, elements: 8, bytes: bits });
  });

  test('may be empty, have empty tensors, end in white space and have null for metadata', () => {
    expect(parseSafetensors(safetensorsFile('{}')).tensors.size).toBe(0);
    const empty = `{${entry('z', 'F32', [0, 7], 4, 4)},${entry('a', 'F32', [1], 0, 4)},${entry('y', 'U8', [0], 0, 0)}}  \n\t\r `;
    expect([...parseSafetensors(safetensorsFile(empty, 4)).tensors.keys()]).toEqual(['y', 'a', 'z']);
    expect(parseSafetensors(safetensorsFile(`{"__metadata__":null,"a":{${F32}}}`, 4)).metadata.size).toBe(0);
  });

  test('may name a tensor like a property of Object.prototype', () => {
    const names = ['__proto__', 'constructor', 'hasOwnProperty', 'toString'];
    const header = `{${names.map((name, index) => entry(name, 'U8', [1], index, index + 1)).join(',')}}`;
    const read = parseSafetensors(safetensorsFile(header, 4));
    expect([...read.tensors.keys()]).toEqual(names);
    expect(({} as Record<string, unknown>).dtype).toBeUndefined();
  });

  test('may have keys in an entry that are not known, and any Unicode in its names', () => {
    const read = parseSafetensors(
      safetensorsFile(`{"w\\u00e9\\ud83d\\ude00é😀\\/":{"x":[{"y":-1.5e-3}],${F32},"z":true}}`, 4),
    );
    expect([...read.tensors.keys()]).toEqual(['wé😀é😀/']);
  });

  test('may have a shape whose product is 0 by one dimension, as long as it fits 64 bits on the way', () => {
    const read = parseSafetensors(safetensorsFile(`{${entry('z', 'U8', [4294967295, 4294967295, 0], 0, 0)}}`));
    expect(read.tensors.get('z')).toMatchObject({ elements: 0, bytes: 0 });
  });

  test('is read through a source without its data', async () => {
    const header = `{${entry('big', 'U8', [1_000_000], 0, 1_000_000)}}`.padEnd(100_000);
    const source = new MemorySource(safetensorsFile(header, 1_000_000), 'big.safetensors');
    const asked: number[] = [];
    const counting = {
      name: source.name,
      size: source.size,
      close: () => source.close(),
      read: (offset: number, length: number) => (asked.push(offset + length), source.read(offset, length)),
    };
    expect((await readSafetensorsHeader(counting)).tensors.get('big')?.bytes).toBe(1_000_000);
    expect(Math.max(...asked)).toBe(8 + 100_000);
  });
});

describe('a malformed safetensors file is refused', () => {
  const cases: [id: string, what: string, file: Uint8Array][] = [
    ['SAFETENSORS_HEADER_TOO_SMALL', 'nothing in it', new Uint8Array(0)],
    ['SAFETENSORS_HEADER_TOO_SMALL', 'fewer than 8 bytes', new Uint8Array(7)],
    [
      'SAFETENSORS_HEADER_TOO_LARGE',
      'a header over the limit',
      safetensorsFile('{}', 0, BigInt(MAX_HEADER_BYTES) + 1n),
    ],
    ['SAFETENSORS_HEADER_TOO_LARGE', 'a header near 2^64', safetensorsFile('{}', 0, 0xffff_ffff_ffff_ffffn)],
    ['SAFETENSORS_HEADER_LENGTH', 'a header longer than the file', safetensorsFile('{}', 0, 3n)],
    ['SAFETENSORS_HEADER_START', 'an empty header', safetensorsFile('')],
    ['SAFETENSORS_HEADER_START', 'white space before {', safetensorsFile(' {}')],
    ['SAFETENSORS_HEADER_START', 'a byte order mark', safetensorsFile('\ufeff{}')],
    ['SAFETENSORS_HEADER_START', 'an array', safetensorsFile('[]')],
    [
      'SAFETENSORS_HEADER_UTF8',
      'bytes that are not UTF-8',
      safetensorsFile(Uint8Array.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x7b, 0x7d, 0x7d])),
    ],
    [
      'SAFETENSORS_HEADER_UTF8',
      'an overlong encoding',
      safetensorsFile(Uint8Array.from([0x7b, 0x22, 0xc0, 0xaf, 0x22, 0x3a, 0x7b, 0x7d, 0x7d])),
    ],
    [
      'SAFETENSORS_HEADER_UTF8',
      'an encoded surrogate',
      safetensorsFile(Uint8Array.from([0x7b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x3a, 0x7b, 0x7d, 0x7d])),
    ],
    ['SAFETENSORS_HEADER_JSON', 'half of a surrogate pair', safetensorsFile(`{"\\ud800":{${F32}}}`, 4)],
    ['SAFETENSORS_HEADER_JSON', 'a trailing comma', safetensorsFile(`{"a":{${F32}},}`, 4)],
    ['SAFETENSORS_HEADER_JSON', 'a cut header', safetensorsFile(`{"a":{${F32}}`, 4)],
    ['SAFETENSORS_HEADER_JSON', 'a zero byte after the header', safetensorsFile(`{"a":{${F32}}}\0`, 4)],
    ['SAFETENSORS_HEADER_JSON', 'two values', safetensorsFile(`{"a":{${F32}}}{}`, 4)],
    ['SAFETENSORS_HEADER_JSON', 'a control character in a name', safetensorsFile(`{"a\n":{${F32}}}`, 4)],
    [
      'SAFETENSORS_HEADER_JSON',
      'a number with a leading zero',
      safetensorsFile('{"a":{"dtype":"F32","shape":[01],"data_offsets":[0,4]}}', 4),
    ],
    [
      'SAFETENSORS_HEADER_JSON',
      'a number out of range in an unknown key',
      safetensorsFile(`{"a":{${F32},"x":1e999}}`, 4),
    ],
    ['SAFETENSORS_HEADER_LIMIT', 'nesting without end', safetensorsFile(`{"a":{${F32},"x":${'['.repeat(100_000)}`, 4)],
    ['SAFETENSORS_DUPLICATE_KEY', 'a tensor twice', safetensorsFile(`{"a":{${F32}},"a":{${F32}}}`, 4)],
    [
      'SAFETENSORS_DUPLICATE_KEY',
      'a tensor twice, once with an escape',
      safetensorsFile(`{"a":{${F32}},"\\u0061":{${F32}}}`, 4),
    ],
    ['SAFETENSORS_DUPLICATE_KEY', 'a field twice', safetensorsFile(`{"a":{${F32},"dtype":"F32"}}`, 4)],
    ['SAFETENSORS_DUPLICATE_KEY', 'metadata twice', safetensorsFile('{"__metadata__":{},"__metadata__":{}}')],
    ['SAFETENSORS_DUPLICATE_KEY', 'a metadata key twice', safetensorsFile('{"__metadata__":{"a":"1","a":"2"}}')],
    ['SAFETENSORS_METADATA', 'a number in metadata', safetensorsFile('{"__metadata__":{"a":1}}')],
    ['SAFETENSORS_METADATA', 'an object in metadata', safetensorsFile('{"__metadata__":{"a":{}}}')],
    ['SAFETENSORS_METADATA', 'metadata that is a list', safetensorsFile('{"__metadata__":[]}')],
    ['SAFETENSORS_TENSOR_INFO', 'a list for an entry', safetensorsFile('{"a":["F32",[1],[0,4]]}', 4)],
    ['SAFETENSORS_TENSOR_INFO', 'null for an entry', safetensorsFile('{"a":null}')],
    ['SAFETENSORS_TENSOR_INFO', 'no dtype', safetensorsFile('{"a":{"shape":[1],"data_offsets":[0,4]}}', 4)],
    ['SAFETENSORS_TENSOR_INFO', 'no shape', safetensorsFile('{"a":{"dtype":"F32","data_offsets":[0,4]}}', 4)],
    ['SAFETENSORS_TENSOR_INFO', 'no offsets', safetensorsFile('{"a":{"dtype":"F32","shape":[1]}}', 4)],
    [
      'SAFETENSORS_TENSOR_INFO',
      'one offset',
      safetensorsFile('{"a":{"dtype":"F32","shape":[1],"data_offsets":[4]}}', 4),
    ],
    [
      'SAFETENSORS_TENSOR_INFO',
      'three offsets',
      safetensorsFile('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}}', 4),
    ],
    [
      'SAFETENSORS_TENSOR_INFO',
      'a dimension of 1.0',
      safetensorsFile('{"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}}', 4),
    ],
    [
      'SAFETENSORS_TENSOR_INFO',
      'a dimension of 1e0',
      safetensorsFile('{"a":{"dtype":"F32","shape":[1e0],"data_offsets":[0,4]}}', 4),
    ],
    [
      'SAFETENSORS_TENSOR_INFO',
      'a dimension of -0',
      safetensorsFile('{"a":{"dtype":"F32","shape":[-0],"data_offsets":[0,0]}}'),
    ],
    [
      'SAFETENSORS_TENSOR_INFO',
      'a negative dimension',
      safetensorsFile('{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}', 4),
    ],
    [
      'SAFETENSORS_TENSOR_INFO',
      'a dimension in quotes',
      safetensorsFile('{"a":{"dtype":"F32","shape":["1"],"data_offsets":[0,4]}}', 4),
    ],
    [
      'SAFETENSORS_TENSOR_INFO',
      'an offset that a double would round',
      safetensorsFile('{"a":{"dtype":"U8","shape":[1],"data_offsets":[9007199254740993,9007199254740994]}}', 1),
    ],
    [
      'SAFETENSORS_TENSOR_INFO',
      'a hundred thousand dimensions',
      safetensorsFile(`{"a":{"dtype":"U8","shape":[${'1,'.repeat(99_999)}1],"data_offsets":[0,1]}}`, 1),
    ],
    [
      'SAFETENSORS_HEADER_LIMIT',
      'a hundred thousand keys of metadata',
      safetensorsFile(`{"__metadata__":{${Array.from({ length: 100_000 }, (_, at) => `"${at}":""`).join()}}}`),
    ],
    [
      'SAFETENSORS_HEADER_LIMIT',
      'a hundred thousand unknown keys',
      safetensorsFile(`{"a":{${F32},"x":{${Array.from({ length: 100_000 }, (_, at) => `"${at}":0`).join()}}}}`, 4),
    ],
    [
      'SAFETENSORS_DTYPE',
      'a type that does not exist',
      safetensorsFile('{"a":{"dtype":"F31","shape":[1],"data_offsets":[0,4]}}', 4),
    ],
    [
      'SAFETENSORS_DTYPE',
      'a type named like a property of Object',
      safetensorsFile('{"a":{"dtype":"constructor","shape":[1],"data_offsets":[0,4]}}', 4),
    ],
    [
      'SAFETENSORS_OFFSETS',
      'an end before its begin',
      safetensorsFile('{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}', 4),
    ],
    ['SAFETENSORS_OFFSETS', 'a hole before the first tensor', safetensorsFile(`{${entry('a', 'F32', [1], 4, 8)}}`, 8)],
    [
      'SAFETENSORS_OFFSETS',
      'a hole between tensors',
      safetensorsFile(`{${entry('a', 'F32', [1], 0, 4)},${entry('b', 'F32', [1], 5, 9)}}`, 9),
    ],
    [
      'SAFETENSORS_OFFSETS',
      'an overlap',
      safetensorsFile(`{${entry('a', 'F32', [1], 0, 4)},${entry('b', 'F32', [1], 3, 7)}}`, 7),
    ],
    [
      'SAFETENSORS_OFFSETS',
      'two tensors on the same bytes',
      safetensorsFile(`{${entry('a', 'F32', [1], 0, 4)},${entry('b', 'F32', [1], 0, 4)}}`, 4),
    ],
    ['SAFETENSORS_SPAN', 'a span shorter than the shape', safetensorsFile(`{${entry('a', 'F32', [2], 0, 4)}}`, 4)],
    ['SAFETENSORS_SPAN', 'a span longer than the shape', safetensorsFile(`{${entry('a', 'F16', [1], 0, 4)}}`, 4)],
    [
      'SAFETENSORS_SHAPE_OVERFLOW',
      'a product of 2^64',
      safetensorsFile(`{${entry('a', 'U8', [4294967296, 4294967296], 0, 0)}}`),
    ],
    [
      'SAFETENSORS_SHAPE_OVERFLOW',
      'a product of 2^64 before a 0',
      safetensorsFile(`{${entry('a', 'U8', [4294967296, 4294967296, 0], 0, 0)}}`),
    ],
    [
      'SAFETENSORS_SHAPE_OVERFLOW',
      'bits beyond 2^64',
      safetensorsFile(`{${entry('a', 'F64', [2 ** 52, 1024], 0, 0)}}`),
    ],
    ['SAFETENSORS_MISALIGNED', 'half a byte', safetensorsFile(`{${entry('a', 'F4', [3], 0, 2)}}`, 2)],
    ['SAFETENSORS_MISALIGNED', 'three quarters of a byte', safetensorsFile(`{${entry('a', 'F6_E3M2', [1], 0, 1)}}`, 1)],
    ['SAFETENSORS_FILE_LENGTH', 'truncated data', safetensorsFile(`{${entry('a', 'F32', [2], 0, 8)}}`, 7)],
    ['SAFETENSORS_FILE_LENGTH', 'bytes after the last tensor', safetensorsFile(`{${entry('a', 'F32', [2], 0, 8)}}`, 9)],
    ['SAFETENSORS_FILE_LENGTH', 'data and no tensor', safetensorsFile('{}', 1)],
  ];

  test.each(cases)('%s: %s', (id, _what, file) => {
    const error = errorOf(file);
    expect(error.id).toBe(id);
    expect(error.path).toBe('model.safetensors');
    for (const part of [error.message, error.got, error.allowed, error.fix])
      expect(part).toEqual(expect.stringMatching(/\S/));
  });

  test('with the tensor at fault named', () => {
    expect(errorOf(safetensorsFile(`{${entry('model.norm.weight', 'F32', [2], 0, 4)}}`, 4)).tensor).toBe(
      'model.norm.weight',
    );
  });

  test('without letting a name send commands to the terminal', () => {
    const error = errorOf(safetensorsFile(`{${entry('\u001b[2J\u202e', 'F32', [2], 0, 4)}}`, 4));
    expect(error.message).toContain('\\u001b[2J\\u202e');
  });

  test('with a word on what it is instead', () => {
    const text = (content: string) => new TextEncoder().encode(content);
    expect(errorOf(text('version https://git-lfs.github.com/spec/v1\n')).fix).toContain('git lfs pull');
    expect(errorOf(text('<!DOCTYPE html>')).fix).toContain('web page');
    expect(errorOf(text('GGUF\x03\0\0\0\0\0\0\x01')).fix).toContain('GGUF');
    expect(errorOf(text('PK\x03\x04zzzz')).fix).toContain('ZIP');
  });
});
