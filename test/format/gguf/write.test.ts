import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as fc from 'fast-check';
import { gguf, layoutGguf, parseGguf, type GgufValue } from '../../../lib/format/gguf';
import { blockElements, ggufTensorTypeNames } from '../../../lib/scheme/gguf/types';

const models = path.join(__dirname, '../../../examples/models');

describe('a GGUF file written back', () => {
  test.each(['gutenberg-3m-Q4_K_M', 'gutenberg-3m-Q8_0'])(
    'is the file that llama.cpp wrote, to the byte: %s',
    (name) => {
      const original = readFileSync(path.join(models, name, `${name}.gguf`));
      const header = parseGguf(original, name);
      const layout = layoutGguf({ metadata: header.metadata, tensors: [...header.tensors.values()] });
      const copy = new Uint8Array(layout.fileBytes);
      copy.set(layout.header);
      for (const tensor of layout.tensors.values()) {
        const from = header.tensors.get(tensor.name)!.offset;
        copy.set(original.subarray(from, from + tensor.bytes), tensor.offset);
      }
      expect(createHash('sha256').update(copy).digest('hex')).toBe(createHash('sha256').update(original).digest('hex'));
    },
  );

  const scalar: fc.Arbitrary<GgufValue> = fc.oneof(
    fc.integer({ min: 0, max: 255 }).map(gguf.uint8),
    fc.integer({ min: -128, max: 127 }).map((value): GgufValue => ({ type: 'int8', value })),
    fc.integer({ min: 0, max: 65535 }).map(gguf.uint16),
    fc.integer({ min: -32768, max: 32767 }).map((value): GgufValue => ({ type: 'int16', value })),
    fc.integer({ min: 0, max: 4294967295 }).map(gguf.uint32),
    fc.integer().map(gguf.int32),
    fc.float().map(gguf.float32),
    fc.double().map(gguf.float64),
    fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }).map(gguf.uint64),
    fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }).map((value): GgufValue => ({ type: 'int64', value })),
    fc.boolean().map(gguf.bool),
    fc.string({ unit: 'binary' }).map(gguf.string),
  );
  const array: fc.Arbitrary<GgufValue> = fc.oneof(
    fc.array(fc.string({ unit: 'binary' })).map(gguf.strings),
    fc.array(fc.integer()).map(gguf.int32s),
    fc.array(fc.float()).map(gguf.float32s),
    fc
      .array(fc.double())
      .map((values): GgufValue => ({ type: 'array', elementType: 'float64', values: Float64Array.from(values) })),
    fc
      .array(fc.boolean())
      .map((values): GgufValue => ({ type: 'array', elementType: 'bool', values: Uint8Array.from(values, Number) })),
    fc
      .array(fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }))
      .map((values): GgufValue => ({ type: 'array', elementType: 'uint64', values: BigUint64Array.from(values) })),
    fc
      .array(
        fc.array(fc.string()).map((values) => ({ type: 'array' as const, elementType: 'string' as const, values })),
      )
      .map((values): GgufValue => ({ type: 'array', elementType: 'array', values })),
  );
  const tensor = fc
    .record({
      name: fc.string({ maxLength: 15 }).filter((name) => !name.includes('\0')),
      type: fc.constantFrom(...ggufTensorTypeNames),
      rows: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 3 }),
      blocks: fc.integer({ min: 0, max: 3 }),
    })
    .map(({ name, type, rows, blocks }) => ({ name, dtype: type, shape: [...rows, blocks * blockElements(type)] }));

  test('says what was meant, in either byte order and at any alignment', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(
          fc.tuple(
            fc
              .string({ unit: 'binary', minLength: 1 })
              .filter((key) => key !== 'general.alignment' && !key.includes('\0')),
            fc.oneof(scalar, array),
          ),
          { selector: ([key]) => key },
        ),
        fc.uniqueArray(tensor, { selector: ({ name }) => name }),
        fc.boolean(),
        fc.constantFrom(undefined, 8, 32, 64, 4096),
        (pairs, tensors, littleEndian, alignment) => {
          const metadata = new Map<string, GgufValue>(pairs);
          if (alignment !== undefined) metadata.set('general.alignment', gguf.uint32(alignment));
          const layout = layoutGguf({ metadata, tensors, littleEndian });
          const file = new Uint8Array(layout.fileBytes);
          file.set(layout.header);
          const read = parseGguf(file);
          expect(read.littleEndian).toBe(littleEndian);
          expect([...read.metadata]).toEqual([...metadata]);
          expect([...read.tensors.values()]).toEqual([...layout.tensors.values()]);
          expect(read.tensors.size).toBe(tensors.length);
          expect(read.trailingBytes).toBe(0);
          expect(read.dataOffset % (alignment ?? 32)).toBe(0);
        },
      ),
      { seed: 20260101, numRuns: 300 },
    );
  });
});

describe('a GGUF file that no reader would load is not written', () => {
  const metadata = new Map<string, GgufValue>();
  const tensor = (dtype: string, shape: number[], name = 't') => ({ name, dtype, shape });
  test.each([
    ['GGUF_TENSOR_TYPE', [tensor('Q4_2', [32])]],
    ['GGUF_BLOCK', [tensor('Q4_K', [255])]],
    ['GGUF_BLOCK', [tensor('Q4_0', [])]],
    ['GGUF_DIMENSIONS', [tensor('F32', [1, 1, 1, 1, 1])]],
    ['GGUF_SHAPE_OVERFLOW', [tensor('F32', [-1])]],
    ['GGUF_SHAPE_OVERFLOW', [tensor('F32', [0.5])]],
    ['GGUF_SHAPE_OVERFLOW', [tensor('F32', [2 ** 40, 2 ** 40])]],
    ['GGUF_TENSOR_NAME', [tensor('F32', [1], 'x'.repeat(64))]],
    ['GGUF_DUPLICATE_TENSOR', [tensor('F32', [1]), tensor('F32', [1])]],
  ])('%s', (id, tensors) => {
    expect(() => layoutGguf({ metadata, tensors })).toThrow(expect.objectContaining({ id }));
  });

  test.each<[string, string, GgufValue]>([
    ['GGUF_VALUE_RANGE', 'a', gguf.uint8(256)],
    ['GGUF_VALUE_RANGE', 'a', gguf.uint32(-1)],
    ['GGUF_VALUE_RANGE', 'a', gguf.int32(1.5)],
    ['GGUF_VALUE_RANGE', 'a', gguf.uint64(1n << 64n)],
    ['GGUF_ALIGNMENT', 'general.alignment', gguf.uint32(33)],
    ['GGUF_KEY', '', gguf.uint8(1)],
  ])('%s for %s', (id, key, value) => {
    expect(() => layoutGguf({ metadata: new Map([[key, value]]), tensors: [] })).toThrow(
      expect.objectContaining({ id }),
    );
  });
});
