import fc from 'fast-check';
import {
  GGUF_QUANTIZED_TYPES,
  ggufBlock,
  type GgufQuantizedType,
  usesImportance,
} from '../../lib/scheme/gguf/quantized-types';
import {
  createKernelEngine,
  dequantizeGguf,
  quantizeGguf,
  quantizeGgufWeighted,
  type Matrix,
} from '../../lib/simulate';
import { ggufSourceNumber } from '../../lib/simulate/gguf/kernels';
import { runWeightedJob } from '../../lib/simulate/gguf/weighted';

const engine = createKernelEngine();
const COLUMNS = 512;
const WEIGHTED = GGUF_QUANTIZED_TYPES.filter(usesImportance);

const values = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: COLUMNS, maxLength: COLUMNS });
const importances = fc.array(fc.oneof(fc.constant(0), fc.double({ min: 0, max: 50, noNaN: true })), {
  minLength: COLUMNS,
  maxLength: COLUMNS,
});

function floats(row: readonly number[]): Matrix {
  return { dtype: 'F32', rows: 1, columns: COLUMNS, data: new Uint8Array(Float32Array.from(row).buffer) };
}

/** The upper halves of f32, which are the same numbers with less of a fraction. */
function halves(row: readonly number[]): { readonly bf16: Matrix; readonly f32: Matrix } {
  const words = new Uint16Array(Float32Array.from(row).buffer).filter((_, index) => index % 2 === 1);
  const wide = new Uint32Array(words.length).map((_, index) => words[index] << 16);
  return {
    bf16: { dtype: 'BF16', rows: 1, columns: COLUMNS, data: new Uint8Array(words.buffer) },
    f32: { dtype: 'F32', rows: 1, columns: COLUMNS, data: new Uint8Array(wide.buffer) },
  };
}

function weightedError(row: readonly number[], restored: Float32Array, importance: Float32Array): number {
  return row.reduce((sum, value, index) => sum + importance[index] * (value - restored[index]) ** 2, 0);
}

describe.each(WEIGHTED.map((type) => ({ type })))('$type with an importance matrix', ({ type }) => {
  test('quantizes bf16 as the f32 that it stands for', () => {
    fc.assert(
      fc.property(values, importances, (row, weights) => {
        const { bf16, f32 } = halves(row);
        const importance = Float32Array.from(weights);
        const blocks = quantizeGgufWeighted(engine, bf16, type, importance).blocks;
        expect(blocks).toEqual(quantizeGgufWeighted(engine, f32, type, importance).blocks);
      }),
      { seed: 20261126, numRuns: 15 },
    );
  });

  test('quantizes from blocks as from the values they stand for', () => {
    fc.assert(
      fc.property(values, importances, fc.constantFrom(...GGUF_QUANTIZED_TYPES), (row, weights, stored) => {
        const importance = Float32Array.from(weights);
        const source = quantizeGguf(engine, floats(row), stored).blocks;
        const direct = quantizeGgufWeighted(
          engine,
          floats([...dequantizeGguf(engine, stored, source)]),
          type,
          importance,
        );
        expect(fromBlocks(source, stored, type, importance)).toEqual(direct.blocks);
      }),
      { seed: 20261126, numRuns: 15 },
    );
  });

  test('says what its blocks stand for, and how far that is from the weights', () => {
    fc.assert(
      fc.property(values, importances, (row, weights) => {
        const { blocks, restored, figures, columnEnergy } = quantizeGgufWeighted(
          engine,
          floats(row),
          type,
          Float32Array.from(weights),
        );
        expect(restored).toEqual(dequantizeGguf(engine, type, blocks));
        const noise = Float32Array.from(row).reduce((sum, value, index) => sum + (value - restored[index]) ** 2, 0);
        expect(figures.noise).toBeCloseTo(noise, 4);
        expect(columnEnergy[7]).toBeCloseTo(row[7] ** 2, 6);
      }),
      { seed: 20261126, numRuns: 15 },
    );
  });

  test('keeps the columns that weigh most closer than it does without', () => {
    // Over many rows: the search minimizes an error that also weighs large values, so that a single one may lose.
    let weighed = 0;
    let plain = 0;
    fc.assert(
      fc.property(values, (row) => {
        const importance = Float32Array.from({ length: COLUMNS }, (_, index) => (index % 8 === 0 ? 100 : 0.1));
        weighed += weightedError(row, quantizeGgufWeighted(engine, floats(row), type, importance).restored, importance);
        plain += weightedError(row, quantizeGguf(engine, floats(row), type).restored, importance);
      }),
      { seed: 20261126, numRuns: 20 },
    );
    expect(weighed).toBeLessThan(plain);
  });
});

function fromBlocks(
  source: Uint8Array,
  stored: GgufQuantizedType,
  type: GgufQuantizedType,
  importance: Float32Array,
): Uint8Array {
  const bytes = (COLUMNS / ggufBlock(type).blockElements) * ggufBlock(type).blockBytes;
  return engine.arena.scoped(() => {
    const blocks = engine.arena.reserve(bytes);
    const job = {
      source: engine.place(source),
      dtype: ggufSourceNumber(stored),
      rows: 1,
      columns: COLUMNS,
      type: ggufBlock(type).id,
      blocks,
      restored: 0,
      figures: 0,
      columnEnergy: 0,
    };
    expect(runWeightedJob(engine, job, importance)).toBe(0);
    return engine.copy(blocks, bytes);
  });
}

test('an importance matrix of another length is refused', () => {
  expect(() => quantizeGgufWeighted(engine, floats([...Array(COLUMNS).keys()]), 'Q4_K', new Float32Array(256))).toThrow(
    expect.objectContaining({ id: 'IMPORTANCE_LENGTH', got: '256 for 512 input features' }),
  );
});

test('weights that are not finite are counted by their blocks', () => {
  const row = floats([Infinity, ...Array<number>(COLUMNS - 1).fill(1)]);
  engine.arena.scoped(() => {
    const job = {
      source: engine.place(row.data),
      dtype: 0,
      rows: 1,
      columns: COLUMNS,
      type: ggufBlock('Q4_K').id,
      blocks: 0,
      restored: 0,
      figures: 0,
      columnEnergy: 0,
    };
    expect(runWeightedJob(engine, job, new Float32Array(COLUMNS).fill(1))).toBe(1);
  });
});
