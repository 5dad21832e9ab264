import fc from 'fast-check';
import { FIGURE_FIELDS, createKernelEngine, quantizeMatrix, sumsFrom, type FigureSums } from '../../lib/simulate';
import { parseScheme } from '../../lib/scheme';
import { gridRunner } from '../../lib/simulate/rows/grid-runner';
import { matrixRange } from '../../lib/simulate/rows/matrix-range';
import { recipeOf, simulatedSchemes } from '../../lib/simulate/schemes/recipe';

const engine = createKernelEngine();
const ROWS = 2;
/** Five groups of 128: grids are computed for four groups at a time, and for what is left one by one. */
const COLUMNS = 640;

const grids = simulatedSchemes.flatMap((name) => {
  const { kernel } = recipeOf(parseScheme(name));
  return kernel.kind === 'grid' ? [{ name, kernel }] : [];
});

/** Figures of the fused loop, which reads bf16 as it is stored. */
function fused(kernel: (typeof grids)[number]['kernel'], data: Uint8Array): FigureSums {
  return engine.arena.scoped(() => {
    const at = engine.place(data);
    const figures = engine.arena.reserveZeroed(FIGURE_FIELDS * 8);
    const columnEnergy = engine.arena.reserveZeroed(COLUMNS * 4);
    const piece = { at, dtype: 'BF16' as const, rows: ROWS, columns: COLUMNS, firstRow: 0, matrixRows: ROWS };
    const range = gridRunner.needsRange(kernel) ? matrixRange(engine, at, 'BF16', ROWS, COLUMNS) : undefined;
    gridRunner.run(engine, kernel, piece, { figures, columnEnergy }, range);
    return sumsFrom(engine.doubles(figures, FIGURE_FIELDS));
  });
}

/** Weights as checkpoints have them, and all that a bf16 can be: subnormals, infinities, NaN. */
const ordinary = fc
  .integer({ min: 0x3000, max: 0x3fff })
  .chain((magnitude) => fc.constantFrom(magnitude, magnitude | 0x8000));
const anything = fc.integer({ min: 0, max: 0xffff });
/** Quotients half-way between two codes, at the ends of the grid too. */
const halves = fc
  .tuple(fc.integer({ min: -31, max: 31 }), fc.constantFrom(1, 0.5, 1.75))
  .map(([steps, scale]) => bf16Bits((steps * scale) / 64));
/** So small that f16 holds scales as subnormals only, and AutoAWQ takes the least one. */
const small = fc
  .integer({ min: 0x3400, max: 0x3680 })
  .chain((magnitude) => fc.constantFrom(magnitude, magnitude | 0x8000));
/** Zero would lie outside of their range. */
const positive = fc.integer({ min: 0x3c00, max: 0x3c80 });
const negative = positive.map((bits) => bits | 0x8000);
const word = new DataView(new ArrayBuffer(4));
function bf16Bits(value: number): number {
  word.setFloat32(0, value);
  return word.getUint16(0);
}
const patterns = (element: fc.Arbitrary<number>) =>
  fc.array(element, { minLength: ROWS * COLUMNS, maxLength: ROWS * COLUMNS }).map((values) => Uint16Array.from(values));

describe.each(grids)('$name', ({ name, kernel }) => {
  /** Both are sums in f32 of the same numbers in another order. */
  const close = (left: number, right: number) =>
    Math.abs(left - right) <= 1e-4 * Math.max(Math.abs(left), Math.abs(right)) + 1e-30;

  test.each([
    ['ordinary weights', ordinary],
    ['any bit patterns', anything],
    ['weights between two codes', halves],
    ['very small weights', small],
    ['positive weights', positive],
    ['negative weights', negative],
  ])('the loop for figures alone and the one that writes agree on %s', (_, element) => {
    fc.assert(
      fc.property(patterns(element), (words) => {
        const data = new Uint8Array(words.buffer);
        const left = fused(kernel, data);
        const right = quantizeMatrix(
          engine,
          { dtype: 'BF16', rows: ROWS, columns: COLUMNS, data },
          kernel.grid,
        ).figures;
        expect({ name, clipped: left.clipped, zeroed: left.zeroed, nonfinite: left.nonfinite }).toEqual({
          name,
          clipped: right.clipped,
          zeroed: right.zeroed,
          nonfinite: right.nonfinite,
        });
        expect(left.maxError).toBe(right.maxError);
        expect(close(left.noise, right.noise)).toBe(true);
      }),
      { numRuns: 40, seed: 20261125 },
    );
  });
});

const grouped = grids.filter(({ kernel: { grid } }) => grid.sharing.strategy === 'group' && grid.grid !== 'nvfp4');

test.each(grouped)(
  '$name: a group has the same grid and codes in a long row and as a matrix of its own',
  ({ kernel }) => {
    const { groupSize } = kernel.grid.sharing as { readonly groupSize: number };
    const groups = COLUMNS / groupSize;
    fc.assert(
      fc.property(fc.constantFrom(ordinary, anything, halves, small, positive, negative).chain(patterns), (words) => {
        const whole = quantizeMatrix(
          engine,
          { dtype: 'BF16', rows: ROWS, columns: COLUMNS, data: new Uint8Array(words.buffer) },
          kernel.grid,
        );
        const alone = quantizeMatrix(
          engine,
          { dtype: 'BF16', rows: ROWS * groups, columns: groupSize, data: new Uint8Array(words.buffer) },
          kernel.grid,
        );
        expect(bytesOf(whole.scales)).toEqual(bytesOf(alone.scales));
        expect(bytesOf(whole.zeroPoints)).toEqual(bytesOf(alone.zeroPoints));
        expect(bytesOf(whole.codes)).toEqual(bytesOf(alone.codes));
      }),
      { numRuns: 60, seed: 20261126 },
    );
  },
);

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
}

test('casts to f16 and bf16 and back are exact for every value that the type has', () => {
  const words = Uint16Array.from({ length: 65536 }, (_, index) => index);
  for (const [decode, encode] of [
    ['decodeF16', 'encodeF16'],
    ['decodeBf16', 'encodeBf16'],
  ] as const) {
    engine.arena.scoped(() => {
      const source = engine.place(words);
      const wide = engine.arena.reserve(65536 * 4);
      const back = engine.arena.reserve(65536 * 2);
      engine.kernels[decode](source, wide, 65536);
      engine.kernels[encode](wide, back, 65536);
      const found = new Uint16Array(engine.memory.buffer, back, 65536);
      const infinity = decode === 'decodeF16' ? 0x7c00 : 0x7f80;
      const wrong = words.filter((word) => (word & 0x7fff) <= infinity && found[word] !== word);
      expect([...wrong]).toEqual([]);
      // A NaN stays one; which one is not said.
      const lost = words.filter((word) => (word & 0x7fff) > infinity && (found[word] & 0x7fff) <= infinity);
      expect([...lost]).toEqual([]);
    });
  }
});
