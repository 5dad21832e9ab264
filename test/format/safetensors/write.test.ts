import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import * as fc from 'fast-check';
import {
  SAFETENSORS_DTYPES,
  SAFETENSORS_DTYPE_BITS,
  layoutCheckpoint,
  layoutSafetensors,
  parseSafetensors,
  parseSafetensorsIndex,
  checkIndex,
  type SafetensorsTensorPlan,
} from '../../../lib/format/safetensors';

const model = path.join(__dirname, '../../../examples/models/gutenberg-3m');

const tensor = fc
  .record({
    name: fc.string({ unit: 'binary', maxLength: 12 }).filter((name) => name !== '__metadata__'),
    dtype: fc.constantFrom(...SAFETENSORS_DTYPES),
    shape: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }),
  })
  // Eight of anything fill whole bytes.
  .map(({ name, dtype, shape }): SafetensorsTensorPlan => ({ name, dtype, shape: [...shape, 8] }));
const tensors = fc.uniqueArray(tensor, { selector: ({ name }) => name, maxLength: 20 });
const metadata = fc
  .array(fc.tuple(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' })))
  .map((pairs) => new Map(pairs));

describe('a safetensors file written back', () => {
  test.each(readdirSync(model).filter((name) => name.endsWith('.safetensors')))(
    'is the file that the Rust library wrote, to the byte: %s',
    (name) => {
      const original = readFileSync(path.join(model, name));
      const header = parseSafetensors(original, name);
      const layout = layoutSafetensors({ tensors: [...header.tensors.values()].reverse(), metadata: header.metadata });
      expect(Buffer.from(layout.header).equals(original.subarray(0, header.dataOffset))).toBe(true);
      expect([...layout.tensors]).toEqual([...header.tensors]);
      expect(layout.fileBytes).toBe(original.byteLength);
    },
  );

  test('says what was meant', () => {
    fc.assert(
      fc.property(tensors, metadata, (planned, pairs) => {
        const layout = layoutSafetensors({ tensors: planned, metadata: pairs });
        const file = new Uint8Array(layout.fileBytes);
        file.set(layout.header);
        const read = parseSafetensors(file);
        expect([...read.tensors]).toEqual([...layout.tensors]);
        expect([...read.metadata]).toEqual([...pairs]);
        expect(read.tensors.size).toBe(planned.length);
        expect(read.dataOffset % 8).toBe(0);
      }),
      { seed: 20260102, numRuns: 300 },
    );
  });

  test('puts each tensor at the alignment of its type', () => {
    fc.assert(
      fc.property(tensors, (planned) => {
        for (const { dtype, offset } of layoutSafetensors({ tensors: planned }).tensors.values()) {
          expect(offset % Math.max(1, SAFETENSORS_DTYPE_BITS[dtype as keyof typeof SAFETENSORS_DTYPE_BITS] >> 3)).toBe(
            0,
          );
        }
      }),
      { seed: 20260103, numRuns: 100 },
    );
  });

  test('orders names by their UTF-8 bytes, as Rust does', () => {
    const names = ['\u{1f600}', '\uffee', 'b', 'a', 'ab', '\u{10000}'];
    const layout = layoutSafetensors({ tensors: names.map((name) => ({ name, dtype: 'U8', shape: [1] })) });
    const byBytes = [...names].sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
    expect([...layout.tensors.keys()]).toEqual(byBytes);
  });
});

describe('a checkpoint in shards', () => {
  test('holds every tensor once, in files below the limit, with an index that is right', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(tensor, { selector: ({ name }) => name, minLength: 1, maxLength: 20 }),
        fc.integer({ min: 1, max: 4096 }),
        (planned, limit) => {
          const layout = layoutCheckpoint({ tensors: planned }, limit);
          const headers = new Map(
            layout.shards.map((shard) => {
              const file = new Uint8Array(shard.fileBytes);
              file.set(shard.header);
              return [shard.name, parseSafetensors(file, shard.name)] as const;
            }),
          );
          for (const { tensors: held } of headers.values()) {
            const bytes = [...held.values()].reduce((sum, { bytes: size }) => sum + size, 0);
            expect(bytes <= limit || [...held.values()].filter(({ bytes: size }) => size > 0).length === 1).toBe(true);
          }
          expect([...headers.values()].flatMap(({ tensors: held }) => [...held.keys()]).sort()).toEqual(
            planned.map(({ name }) => name).sort(),
          );
          if (layout.index === undefined) {
            expect([...headers.keys()]).toEqual(['model.safetensors']);
            return;
          }
          const index = parseSafetensorsIndex(Buffer.from(layout.index), 'index');
          expect(() => checkIndex(index, headers)).not.toThrow();
          expect(index.totalSize).toBe(layout.dataBytes);
        },
      ),
      { seed: 20260104, numRuns: 200 },
    );
  });

  test('is named as Transformers names it', () => {
    const planned = ['a', 'b', 'c'].map((name): SafetensorsTensorPlan => ({ name, dtype: 'U8', shape: [10] }));
    expect(layoutCheckpoint({ tensors: planned }, 10).shards.map(({ name }) => name)).toEqual([
      'model-00001-of-00003.safetensors',
      'model-00002-of-00003.safetensors',
      'model-00003-of-00003.safetensors',
    ]);
  });
});

describe('a safetensors file that no reader would load is not written', () => {
  const plan = (dtype: string, shape: number[], name = 't') => ({ name, dtype: dtype as 'U8', shape });
  test.each([
    ['SAFETENSORS_DTYPE', [plan('F31', [1])]],
    ['SAFETENSORS_MISALIGNED', [plan('F4', [1])]],
    ['SAFETENSORS_SHAPE_OVERFLOW', [plan('U8', [-1])]],
    ['SAFETENSORS_SHAPE_OVERFLOW', [plan('U8', [1.5])]],
    ['SAFETENSORS_SHAPE_OVERFLOW', [plan('U8', [2 ** 40, 2 ** 40])]],
    ['SAFETENSORS_DUPLICATE_KEY', [plan('U8', [1]), plan('U8', [1])]],
    ['SAFETENSORS_TENSOR_NAME', [plan('U8', [1], '__metadata__')]],
    ['SAFETENSORS_TENSOR_NAME', [plan('U8', [1], '\ud800')]],
  ])('%s', (id, planned) => {
    expect(() => layoutSafetensors({ tensors: planned })).toThrow(expect.objectContaining({ id }));
  });

  test.each([0, -1, Number.NaN])('SHARD_SIZE: %d bytes', (limit) => {
    expect(() => layoutCheckpoint({ tensors: [plan('U8', [1])] }, limit)).toThrow(
      expect.objectContaining({ id: 'SHARD_SIZE' }),
    );
  });

  test('SAFETENSORS_DUPLICATE_KEY: a tensor in two shards', () => {
    expect(() => layoutCheckpoint({ tensors: [plan('U8', [1]), plan('U8', [1])] }, 1)).toThrow(
      expect.objectContaining({ id: 'SAFETENSORS_DUPLICATE_KEY' }),
    );
  });
});
