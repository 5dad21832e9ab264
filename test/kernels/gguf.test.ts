import fc from 'fast-check';
import { GGUF_QUANTIZED_TYPES, ggufBlock, type GgufQuantizedType } from '../../lib/scheme/gguf/quantized-types';
import { ggmlBytes } from '../../lib/scheme/gguf/types';
import { createKernelEngine, dequantizeGguf, quantizeGguf } from '../../lib/simulate';
import { ggufSourceNumber, runGgufJob } from '../../lib/simulate/gguf/kernels';

const engine = createKernelEngine();
const SUPER_BLOCK = 256;

/** Larger than the loops take that leave out what cannot happen: the blocks beside it are then quantized as the C code does in every case. */
const HUGE = 1e10;

function blocksOf(values: Float32Array, type: GgufQuantizedType): Uint8Array {
  const data = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return quantizeGguf(engine, { dtype: 'F32', rows: 1, columns: values.length, data }, type).blocks;
}

/** What a writer makes of blocks: without values or figures of them. */
function requantized(source: Uint8Array, stored: GgufQuantizedType, type: GgufQuantizedType): Uint8Array {
  const columns = (source.byteLength / ggufBlock(stored).blockBytes) * ggufBlock(stored).blockElements;
  const bytes = ggmlBytes(type, columns);
  return engine.arena.scoped(() => {
    const blocks = engine.arena.reserve(bytes);
    runGgufJob(engine, {
      source: engine.place(source),
      dtype: ggufSourceNumber(stored),
      rows: 1,
      columns,
      type: ggufBlock(type).id,
      blocks,
      restored: 0,
      figures: 0,
      columnEnergy: 0,
    });
    return engine.copy(blocks, bytes);
  });
}

/** Super-blocks as checkpoints have them, and as they should not be: one-sided, flat, sparse, of few values, of all magnitudes. */
const superBlock = fc
  .tuple(
    fc.infiniteStream(fc.double({ min: -1, max: 1, noNaN: true })),
    fc.constantFrom('bell', 'positive', 'negative', 'flat', 'sparse', 'few', 'magnitudes', 'tiny'),
    fc.integer({ min: -12, max: 2 }),
  )
  .map(([stream, kind, exponent]) => {
    const scale = 10 ** exponent;
    const next = (): number => stream.next().value;
    const value = (index: number): number => {
      const bell = next() + next() + next();
      switch (kind) {
        case 'positive':
          return Math.abs(bell);
        case 'negative':
          return -Math.abs(bell) - 1;
        case 'flat':
          return (index >> 5) % 2 === 0 ? 1 : bell;
        case 'sparse':
          return Math.abs(bell) > 1.5 ? bell : 0;
        case 'few':
          return Math.round(bell * 3) / 4;
        case 'magnitudes':
          return bell * 10 ** Math.round(8 * next());
        case 'tiny':
          return (index >> 4) % 3 === 0 ? bell * 1e-16 : bell;
        default:
          return bell;
      }
    };
    return Array.from({ length: SUPER_BLOCK }, (_, index) => value(index) * scale);
  });

describe.each(GGUF_QUANTIZED_TYPES.map((type) => ({ type })))('$type', ({ type }) => {
  const bytes = ggmlBytes(type, SUPER_BLOCK);

  test('quantizes blocks alike in the quick loops and in those for any values', () => {
    fc.assert(
      fc.property(superBlock, (values) => {
        const alone = blocksOf(Float32Array.from(values), type);
        const beside = blocksOf(
          Float32Array.from([...values, HUGE, ...new Array<number>(SUPER_BLOCK - 1).fill(0)]),
          type,
        );
        expect(beside.subarray(0, bytes)).toEqual(alone);
      }),
      { seed: 20261125, numRuns: 150 },
    );
  });

  test('quantizes a block alike wherever it stands in a row', () => {
    fc.assert(
      fc.property(fc.array(superBlock, { minLength: 1, maxLength: 11 }), (blocks) => {
        const row = blocksOf(Float32Array.from(blocks.flat()), type);
        blocks.forEach((values, index) => {
          const found = row.subarray(index * bytes, (index + 1) * bytes);
          expect(found).toEqual(blocksOf(Float32Array.from(values), type));
        });
      }),
      { seed: 20261125, numRuns: 20 },
    );
  });

  test('quantizes from blocks as from the values they stand for', () => {
    fc.assert(
      fc.property(superBlock, fc.constantFrom(...GGUF_QUANTIZED_TYPES), (values, stored) => {
        const source = blocksOf(Float32Array.from(values), stored);
        expect(requantized(source, stored, type)).toEqual(blocksOf(dequantizeGguf(engine, stored, source), type));
      }),
      { seed: 20261125, numRuns: 60 },
    );
  });
});

describe.each(['Q4_0', 'Q4_1'] as const)('blocks of %s', (stored) => {
  const head = stored === 'Q4_0' ? 2 : 4;
  const half = fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: 0x1000, max: 0x3c00 }) },
    { weight: 4, arbitrary: fc.integer({ min: 0x9000, max: 0xbc00 }) },
    // Zeros, denormals, the largest, infinity and NaN.
    { weight: 1, arbitrary: fc.constantFrom(0, 0x8000, 1, 0x83ff, 0x7bff, 0xfbff, 0x7c00, 0xfc00, 0x7e00) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 0xffff }) },
  );
  /** A scale, sometimes a minimum that lies opposite to it, and codes, of few kinds in some blocks. */
  const block = fc
    .tuple(
      half,
      half,
      fc.boolean(),
      fc.uint8Array({ minLength: 16, maxLength: 16 }),
      fc.constantFrom(0xff, 0x33, 0x80, 0),
    )
    .map(([scale, other, opposite, codes, kinds]) => {
      const minimum = opposite ? ((scale ^ 0x8000) & 0x8000) | Math.min((scale & 0x7fff) + 0x0c00, 0x7bff) : other;
      const words = [scale & 0xff, scale >> 8, minimum & 0xff, minimum >> 8].slice(0, head);
      return [...words, ...codes.map((code) => code & kinds)];
    });

  test.each(['Q4_0', 'Q4_1', 'Q5_0', 'Q5_1', 'Q8_0'] as const)(
    'become %s by their codes as by their values, whatever bits they hold',
    (type) => {
      fc.assert(
        fc.property(fc.array(block, { minLength: 1, maxLength: 70 }), (blocks) => {
          const source = Uint8Array.from(blocks.flat());
          expect(requantized(source, stored, type)).toEqual(blocksOf(dequantizeGguf(engine, stored, source), type));
        }),
        { seed: 20261126, numRuns: 300 },
      );
    },
  );
});

describe('values that are sixteen even steps already', () => {
  /** 32 codes of few or many kinds, the ends among them in most cases; and how far values lie beside their steps. */
  const subBlock = fc
    .record({
      step: fc.integer({ min: 1024, max: 2047 }),
      exponent: fc.integer({ min: -20, max: -14 }),
      least: fc.oneof({ weight: 60, arbitrary: fc.integer({ min: -15, max: 0 }) }, fc.integer({ min: -3000, max: 3 })),
      codes: fc.array(fc.integer({ min: 0, max: 15 }), { minLength: 32, maxLength: 32 }),
      kinds: fc.oneof(
        { weight: 12, arbitrary: fc.constant([]) },
        { weight: 2, arbitrary: fc.array(fc.integer({ min: 0, max: 15 }), { maxLength: 2 }) },
        // The ends alone.
        { weight: 1, arbitrary: fc.constant([0]) },
      ),
      ends: fc.oneof({ weight: 60, arbitrary: fc.constant(true) }, fc.constant(false)),
      beside: fc.oneof(
        { weight: 60, arbitrary: fc.constantFrom(0, 1e-6, 1e-4, 3e-4, 3e-4, 3e-4) },
        fc.double({ min: 0, max: 0.2, noNaN: true }),
      ),
      signs: fc.integer(),
    })
    .map(({ step, exponent, least, codes, kinds, ends, beside, signs }) => {
      const used = kinds.length === 0 ? codes : codes.map((code) => [0, 15, ...kinds][code % (2 + kinds.length)]);
      if (ends) used.splice(0, 2, 0, 15);
      return used.map(
        (code, index) => step * 2 ** exponent * (code + least + ((signs >> index) & 1 ? beside : -beside)),
      );
    });
  const superBlocks = fc.array(subBlock, { minLength: 8, maxLength: 8 }).map((blocks) => blocks.flat());

  test('are quantized to Q4_K by one trial as by all', () => {
    const bytes = ggmlBytes('Q4_K', SUPER_BLOCK);
    fc.assert(
      fc.property(superBlocks, superBlocks, (first, second) => {
        const beside = blocksOf(
          Float32Array.from([...first, HUGE, ...new Array<number>(SUPER_BLOCK - 1).fill(0)]),
          'Q4_K',
        );
        expect(blocksOf(Float32Array.from(first), 'Q4_K')).toEqual(beside.subarray(0, bytes));
        const both = blocksOf(Float32Array.from([...first, ...second]), 'Q4_K');
        expect(both.subarray(0, bytes)).toEqual(beside.subarray(0, bytes));
      }),
      { seed: 20261126, numRuns: 400, endOnFailure: true },
    );
  });
});

test.each<[GgufQuantizedType]>([['Q4_0'], ['Q5_0'], ['Q8_0']])(
  'the zeros of a %s block whose scale is negative are negative, as ggml restores them',
  (type) => {
    const values = new Float32Array(32);
    values[0] = 1;
    const blocks = blocksOf(values, type);
    // The sign of the scale, an f16 in the first two bytes.
    blocks[1] |= 0x80;
    expect([...dequantizeGguf(engine, type, blocks).subarray(1)]).toEqual(Array<number>(31).fill(-0));
  },
);
