import { FormatError } from '../../../lib/errors';
import { MAX_TENSORS, parseGguf, readGgufHeader } from '../../../lib/format/gguf';
import { BlobSource } from '../../../lib/format/source/blob-source';
import { TYPE, ggufFile, put, type RawGguf } from '../gguf-file';

const F32 = 0;
const Q4_0 = 2;
const Q4_K = 12;

function errorOf(bytes: Uint8Array): FormatError {
  try {
    parseGguf(bytes, 'model.gguf');
  } catch (error) {
    expect(error).toBeInstanceOf(FormatError);
    return error as FormatError;
  }
  throw new Error('the file was accepted');
}

describe('a well-formed GGUF header', () => {
  test.each([
    ['little', 2],
    ['little', 3],
    ['big', 2],
    ['big', 3],
  ])(
    'in %s-endian order, version %i, gives every value with its type and every tensor with its place',
    (order, version) => {
      const littleEndian = order === 'little';
      const file = ggufFile({
        version,
        littleEndian,
        keys: [
          put.key('general.architecture', TYPE.string, put.string('llama')),
          put.key('n', TYPE.uint64, put.uint64(0xffff_ffff_ffff_ffffn)),
          put.key('list', TYPE.array, put.array(TYPE.uint32, 2n, put.uint32(1), put.uint32(0xffff_ffff))),
          put.key('nested', TYPE.array, put.array(TYPE.array, 1n, put.array(TYPE.string, 1n, put.string('é')))),
          put.key('__proto__', TYPE.bool, put.uint8(1)),
        ],
        tensors: [put.tensor('a', [32, 2], Q4_0, 0), put.tensor('b', [3], F32, 64)],
        dataBytes: 96,
      });
      const header = parseGguf(file, 'model.gguf');
      expect(header).toMatchObject({ version, littleEndian, alignment: 32, trailingBytes: 0 });
      expect(header.metadata.get('general.architecture')).toEqual({ type: 'string', value: 'llama' });
      expect(header.metadata.get('n')).toEqual({ type: 'uint64', value: 18446744073709551615n });
      expect(header.metadata.get('list')).toEqual({
        type: 'array',
        elementType: 'uint32',
        values: Uint32Array.of(1, 0xffff_ffff),
      });
      expect(header.metadata.get('nested')).toMatchObject({ values: [{ elementType: 'string', values: ['é'] }] });
      expect(header.metadata.get('__proto__')).toEqual({ type: 'bool', value: true });
      expect(header.tensors.get('a')).toMatchObject({
        dtype: 'Q4_0',
        shape: [2, 32],
        elements: 64,
        bytes: 36,
        offset: header.dataOffset,
      });
      expect(header.tensors.get('b')).toMatchObject({
        dtype: 'F32',
        shape: [3],
        bytes: 12,
        offset: header.dataOffset + 64,
      });
    },
  );

  test('may have a scalar, an empty tensor, no padding after the last tensor, and bytes after it', () => {
    const tensors = [
      put.tensor('scalar', [], F32, 0),
      put.tensor('empty', [32, 0], Q4_0, 32),
      put.tensor('last', [1], F32, 32),
    ];
    const header = parseGguf(ggufFile({ tensors, dataBytes: 36 }));
    expect(header.tensors.get('scalar')).toMatchObject({ shape: [], elements: 1, bytes: 4 });
    expect(header.tensors.get('empty')).toMatchObject({ shape: [0, 32], elements: 0, bytes: 0 });
    expect(parseGguf(ggufFile({ tensors, dataBytes: 164 })).trailingBytes).toBe(100);
  });

  test('may be empty', () => {
    expect(parseGguf(ggufFile())).toMatchObject({ tensors: new Map(), metadata: new Map() });
  });

  test('longer than the first read is fetched in full, and the data is not', async () => {
    const tokens = Array.from({ length: 200_000 }, (_, index) => put.string(`token ${index}`));
    const keys = [
      put.key(
        'tokens',
        TYPE.array,
        put.array(TYPE.string, 200_000n, (writer) => tokens.forEach((token) => token(writer))),
      ),
    ];
    const file = ggufFile({
      keys,
      tensors: [put.tensor('t', [20_000_000], TYPE.uint8 + 24, 0)],
      dataBytes: 20_000_000,
    });
    let furthest = 0;
    const blob = new Blob([file as Uint8Array<ArrayBuffer>]);
    const watched = {
      size: blob.size,
      slice: (start: number, end: number) => ((furthest = Math.max(furthest, end)), blob.slice(start, end)),
    };
    const header = await readGgufHeader(new BlobSource(watched, 'big.gguf'));
    expect(header.metadata.get('tokens')).toMatchObject({ values: { length: 200_000 } });
    expect(header.tensors.get('t')?.bytes).toBe(20_000_000);
    expect(furthest).toBeLessThan(2 * header.dataOffset);
  });
});

describe('a malformed GGUF file is refused', () => {
  const one = (tensor: ReturnType<typeof put.tensor>, dataBytes = 64): RawGguf => ({ tensors: [tensor], dataBytes });
  const alignment = (type: number, value: ReturnType<typeof put.uint8>): RawGguf => ({
    keys: [put.key('general.alignment', type, value)],
  });
  const nested = (depth: number): ReturnType<typeof put.array> =>
    depth === 0 ? put.array(TYPE.uint8, 0n) : put.array(TYPE.array, 1n, nested(depth - 1));

  const cases: [id: string, what: string, raw: RawGguf | Uint8Array][] = [
    ['GGUF_TRUNCATED', 'an empty file', new Uint8Array(0)],
    ['GGUF_TRUNCATED', 'nothing after the version', ggufFile().subarray(0, 8)],
    ['GGUF_BAD_MAGIC', 'another magic', { magic: 'GGML' }],
    ['GGUF_BAD_MAGIC', 'a magic turned around', { magic: 'FUGG' }],
    ['GGUF_BAD_VERSION', 'version 0', { version: 0 }],
    ['GGUF_BAD_VERSION', 'version 1', { version: 1 }],
    ['GGUF_BAD_VERSION', 'version 4', { version: 4 }],
    ['GGUF_BAD_VERSION', 'version 1 in big-endian order', { version: 1, littleEndian: false }],
    ['GGUF_COUNT', 'a count of keys near 2^64', { keyCount: 0xffff_ffff_ffff_ffffn }],
    ['GGUF_COUNT', 'a count of keys near 2^63', { keyCount: 0x7fff_ffff_ffff_ffffn }],
    ['GGUF_COUNT', 'more keys than fit', { keyCount: 2n, keys: [put.key('a', TYPE.uint8, put.uint8(0))] }],
    ['GGUF_COUNT', 'a count of tensors near 2^63', { tensorCount: 0x7fff_ffff_ffff_ffffn }],
    ['GGUF_COUNT', 'more tensors than fit', { tensorCount: 3n, tensors: [put.tensor('t', [1], F32, 0)] }],
    [
      'GGUF_COUNT',
      'more tensors than any model has',
      { tensorCount: BigInt(MAX_TENSORS + 1), dataBytes: 32 * MAX_TENSORS },
    ],
    ['GGUF_STRING_LENGTH', 'a key beyond the end', { keyCount: 1n, keys: [put.string('abcdefgh', 9n)] }],
    ['GGUF_STRING_LENGTH', 'a key of 2^63 bytes', { keyCount: 1n, keys: [put.string('abcdefgh', 1n << 63n)] }],
    ['GGUF_STRING_LENGTH', 'a value beyond the end', { keys: [put.key('a', TYPE.string, put.string('', 1n))] }],
    [
      'GGUF_STRING_LENGTH',
      'a length that 32 bits would wrap',
      { keys: [put.key('a', TYPE.string, put.string('', 0x1_0000_0000n))] },
    ],
    [
      'GGUF_STRING_UTF8',
      'a value that is not UTF-8',
      { keys: [put.key('a', TYPE.string, put.string(Uint8Array.of(0xc3, 0x28)))] },
    ],
    ['GGUF_STRING_UTF8', 'a tensor name that is not UTF-8', one(put.tensor(Uint8Array.of(0xff), [1], F32, 0))],
    ['GGUF_KEY', 'an empty key', { keys: [put.key('', TYPE.uint8, put.uint8(0))] }],
    ['GGUF_KEY', 'a key of 65,536 bytes', { keys: [put.key('é'.repeat(32_768), TYPE.uint8, put.uint8(0))] }],
    ['GGUF_KEY', 'a zero byte in a key', { keys: [put.key('a\0b', TYPE.uint8, put.uint8(0))] }],
    ['GGUF_TENSOR_NAME', 'a zero byte in a name', one(put.tensor('a\0b', [1], F32, 0))],
    [
      'GGUF_DUPLICATE_KEY',
      'a key twice',
      { keys: [put.key('a', TYPE.uint8, put.uint8(0)), put.key('a', TYPE.uint8, put.uint8(1))] },
    ],
    ['GGUF_VALUE_TYPE', 'a type that does not exist', { keys: [put.key('a', 13, put.uint64(0n))] }],
    ['GGUF_VALUE_TYPE', 'a type of 2^32 − 1', { keys: [put.key('a', 0xffff_ffff, put.uint64(0n))] }],
    ['GGUF_VALUE_TYPE', 'an element type that does not exist', { keys: [put.key('a', TYPE.array, put.array(13, 0n))] }],
    ['GGUF_BOOL', 'a boolean of 2', { keys: [put.key('a', TYPE.bool, put.uint8(2))] }],
    [
      'GGUF_BOOL',
      'a boolean of 255 in an array',
      { keys: [put.key('a', TYPE.array, put.array(TYPE.bool, 2n, put.uint8(1), put.uint8(255)))] },
    ],
    [
      'GGUF_ARRAY_LENGTH',
      'an array of 2^63 elements',
      { keys: [put.key('a', TYPE.array, put.array(TYPE.uint8, 1n << 63n))] },
    ],
    [
      'GGUF_ARRAY_LENGTH',
      'an array whose bytes wrap 64 bits',
      { keys: [put.key('a', TYPE.array, put.array(TYPE.uint64, 1n << 61n))] },
    ],
    [
      'GGUF_ARRAY_LENGTH',
      'more strings than fit',
      { keys: [put.key('a', TYPE.array, put.array(TYPE.string, 3n, put.string('x'), put.string('')))] },
    ],
    [
      'GGUF_ARRAY_LENGTH',
      'one element too many',
      { keys: [put.key('a', TYPE.array, put.array(TYPE.uint32, 2n, put.uint32(1)))] },
    ],
    ['GGUF_ARRAY_DEPTH', 'arrays nine deep', { keys: [put.key('a', TYPE.array, nested(9))] }],
    [
      'GGUF_ARRAY_DEPTH',
      'arrays a hundred thousand deep',
      {
        keys: [
          put.key('a', TYPE.array, (writer) => {
            for (let i = 0; i < 100_000; i++) put.array(TYPE.array, 1n)(writer);
          }),
        ],
      },
    ],
    [
      'GGUF_ARRAY_DEPTH',
      'a hundred thousand arrays in one',
      {
        keys: [
          put.key(
            'a',
            TYPE.array,
            put.array(TYPE.array, 100_000n, ...Array.from({ length: 100_000 }, () => put.array(TYPE.uint8, 0n))),
          ),
        ],
      },
    ],
    ['GGUF_ALIGNMENT', 'an alignment of 0', alignment(TYPE.uint32, put.uint32(0))],
    ['GGUF_ALIGNMENT', 'an alignment of 4', alignment(TYPE.uint32, put.uint32(4))],
    ['GGUF_ALIGNMENT', 'an alignment of 48', alignment(TYPE.uint32, put.uint32(48))],
    ['GGUF_ALIGNMENT', 'an alignment of 2^31', alignment(TYPE.uint32, put.uint32(2 ** 31))],
    ['GGUF_ALIGNMENT', 'an alignment as uint64', alignment(TYPE.uint64, put.uint64(32n))],
    ['GGUF_ALIGNMENT', 'an alignment as text', alignment(TYPE.string, put.string('32'))],
    ['GGUF_TENSOR_NAME', 'a name of 64 bytes', one(put.tensor('é'.repeat(32), [1], F32, 0))],
    [
      'GGUF_DUPLICATE_TENSOR',
      'a tensor twice',
      { tensors: [put.tensor('t', [1], F32, 0), put.tensor('t', [1], F32, 32)], dataBytes: 64 },
    ],
    ['GGUF_DIMENSIONS', 'five dimensions', one(put.tensor('t', [1, 1, 1, 1, 1], F32, 0))],
    ['GGUF_DIMENSIONS', '2^32 − 1 dimensions', one(put.tensor('t', [], F32, 0, 0xffff_ffff))],
    ['GGUF_TENSOR_TYPE', 'a type that ggml has dropped', one(put.tensor('t', [32], 4, 0))],
    ['GGUF_TENSOR_TYPE', 'a type that does not exist', one(put.tensor('t', [32], 10_000, 0))],
    ['GGUF_TENSOR_TYPE', 'a negative type', one(put.tensor('t', [32], 0xffff_ffff, 0))],
    ['GGUF_SHAPE_OVERFLOW', 'a negative dimension', one(put.tensor('t', [0xffff_ffff_ffff_ffffn], F32, 0))],
    ['GGUF_SHAPE_OVERFLOW', 'a product that wraps to 0', one(put.tensor('t', [1n << 32n, 1n << 32n], F32, 0))],
    [
      'GGUF_SHAPE_OVERFLOW',
      'a product that wraps to a small number',
      one(put.tensor('t', [4n, (1n << 62n) + 1n], F32, 0)),
    ],
    ['GGUF_SHAPE_OVERFLOW', 'a 0 among dimensions beyond 2^53', one(put.tensor('t', [0n, 1n << 60n], F32, 0))],
    ['GGUF_BLOCK', 'a row of one and a half blocks', one(put.tensor('t', [48], Q4_0, 0))],
    ['GGUF_BLOCK', 'blocks over two rows', one(put.tensor('t', [128, 2], Q4_K, 0), 160)],
    ['GGUF_BLOCK', 'a scalar of a block type', one(put.tensor('t', [], Q4_0, 0))],
    ['GGUF_OFFSET_UNALIGNED', 'an offset off the alignment', one(put.tensor('t', [1], F32, 4))],
    ['GGUF_OFFSET', 'a hole before the first tensor', one(put.tensor('t', [1], F32, 32))],
    [
      'GGUF_OFFSET',
      'an overlap',
      { tensors: [put.tensor('a', [16], F32, 0), put.tensor('b', [16], F32, 32)], dataBytes: 128 },
    ],
    [
      'GGUF_OFFSET',
      'data out of order',
      { tensors: [put.tensor('a', [8], F32, 32), put.tensor('b', [8], F32, 0)], dataBytes: 64 },
    ],
    ['GGUF_OFFSET', 'an offset whose end wraps 64 bits', one(put.tensor('t', [8], F32, 0xffff_ffff_ffff_ffe0n))],
    ['GGUF_TENSOR_TRUNCATED', 'truncated data', one(put.tensor('t', [16], F32, 0), 63)],
    ['GGUF_TENSOR_TRUNCATED', 'no data at all', { tensors: [put.tensor('t', [16], F32, 0)] }],
    [
      'GGUF_TRUNCATED',
      'a tensor entry cut in its middle',
      ggufFile({ tensors: [put.tensor('t', [1, 1, 1], F32, 0)] }).subarray(0, 60),
    ],
  ];

  test.each(cases)('%s: %s', (id, _what, raw) => {
    const error = errorOf(raw instanceof Uint8Array ? raw : ggufFile(raw));
    expect(error.id).toBe(id);
    expect(error.path).toBe('model.gguf');
    for (const part of [error.message, error.got, error.allowed, error.fix])
      expect(part).toEqual(expect.stringMatching(/\S/));
  });

  test('with the tensor at fault named', () => {
    expect(errorOf(ggufFile(one(put.tensor('blk.0.attn_q.weight', [48], Q4_0, 0)))).tensor).toBe('blk.0.attn_q.weight');
  });

  test('that claims gigabytes of metadata in a sparse file, without reading them', async () => {
    const start = ggufFile({ keyCount: 1n, keys: [put.key('a', TYPE.string, put.string('', 50_000_000_000n))] });
    let read = 0;
    const sparse = {
      name: 'sparse.gguf',
      size: 100_000_000_000,
      close: async () => {},
      read: async (offset: number, length: number) => {
        read += length;
        const bytes = new Uint8Array(length);
        if (offset === 0) bytes.set(start);
        return bytes;
      },
    };
    await expect(readGgufHeader(sparse)).rejects.toMatchObject({ id: 'GGUF_METADATA_TOO_LARGE' });
    expect(read).toBeLessThanOrEqual(2 ** 21);
  });
});
