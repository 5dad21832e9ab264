import fc from 'fast-check';
import { FormatError } from '../../../lib/errors';
import { gguf, imatrixBytes, layoutGguf, MemorySource, parseImatrix, readImatrix } from '../../../lib/format';
import { ByteWriter } from '../../../lib/format/write/byte-writer';

const PLAN = {
  datasets: ['wiki.train.raw'],
  chunks: 3,
  chunkSize: 512,
  entries: new Map([
    ['blk.0.attn_q.weight', { sums: Float32Array.of(3, 6, 0), counts: [1536] }],
    ['blk.0.ffn_down_exps.weight', { sums: Float32Array.of(8, 4, 1, 1), counts: [16, 0] }],
  ]),
};

interface DatEntry {
  readonly name: string;
  readonly calls: number;
  readonly values: readonly number[];
}

/** The older form, as `llama-imatrix --output-format dat` writes it. */
function dat(entries: readonly DatEntry[], tail: (writer: ByteWriter) => void = () => undefined): Uint8Array {
  const writer = new ByteWriter(true);
  const text = (words: string): void => {
    const bytes = new TextEncoder().encode(words);
    writer.int32(bytes.byteLength);
    writer.raw(bytes);
  };
  writer.int32(entries.length);
  for (const { name, calls, values } of entries) {
    text(name);
    writer.int32(calls);
    writer.int32(values.length);
    for (const value of values) writer.float32(value);
  }
  tail(writer);
  return writer.finish();
}

const ONE = [{ name: 'output.weight', calls: 4, values: [8, 2] }];

/** A GGUF with tensors of f32 alone, by name. */
function ggufOf(
  tensors: Readonly<Record<string, readonly number[]>>,
  keys: readonly string[] = ['imatrix.datasets', 'imatrix.chunk_count', 'imatrix.chunk_size'],
  { type = 'imatrix', dtype = 'F32', littleEndian = true } = {},
): Uint8Array {
  const metadata = new Map([
    ['general.type', gguf.string(type)],
    ...keys.map((key) => [key, key.endsWith('datasets') ? gguf.strings([]) : gguf.uint32(7)] as const),
  ]);
  const plans = Object.entries(tensors).map(([name, values]) => ({ name, dtype, shape: [values.length] }));
  const layout = layoutGguf({ metadata, tensors: plans, littleEndian });
  const bytes = new Uint8Array(layout.fileBytes);
  bytes.set(layout.header);
  const view = new DataView(bytes.buffer);
  for (const [name, values] of Object.entries(tensors)) {
    const at = layout.tensors.get(name)?.offset ?? 0;
    if (dtype === 'F32') values.forEach((value, index) => view.setFloat32(at + 4 * index, value, true));
  }
  return bytes;
}

function refusal(bytes: Uint8Array): Partial<FormatError> {
  try {
    parseImatrix(bytes, 'm.imatrix');
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    const { id, got, tensor, path, fix } = error;
    return { id, got, tensor, path, fix };
  }
  throw new Error('it was read');
}

describe('an importance matrix that is a GGUF file', () => {
  test('gives means of squares: sums over counts, and ones for experts that no token reached', () => {
    const { form, datasets, chunks, entries } = parseImatrix(imatrixBytes(PLAN), 'm.gguf');
    expect({ form, datasets, chunks }).toEqual({ form: 'gguf', datasets: ['wiki.train.raw'], chunks: 3 });
    expect([...entries.keys()]).toEqual(['blk.0.attn_q.weight', 'blk.0.ffn_down_exps.weight']);
    expect(entries.get('blk.0.attn_q.weight')).toEqual({
      meanSquares: Float32Array.of(3 / 1536, 6 / 1536, 0),
      counts: [1536],
    });
    expect(entries.get('blk.0.ffn_down_exps.weight')).toEqual({
      meanSquares: Float32Array.of(0.5, 0.25, 1, 1),
      counts: [16, 0],
    });
  });

  test('is read from any source', async () => {
    const { file, entries } = await readImatrix(new MemorySource(imatrixBytes(PLAN), 'm.gguf'));
    expect([file, entries.size]).toEqual(['m.gguf', 2]);
  });

  test('may hold tensors of other names, which nobody looks at', () => {
    expect(parseImatrix(ggufOf({ 'a.in_sum2': [1], 'a.counts': [2], 'a.in_sum': [9] })).entries.size).toBe(1);
  });

  test.each([
    ['IMATRIX_NOT_ONE', ggufOf({ 'a.in_sum2': [1], 'a.counts': [1] }, [], { type: 'model' }), 'general.type model'],
    ['IMATRIX_METADATA', ggufOf({ 'a.in_sum2': [1], 'a.counts': [1] }, ['imatrix.chunk_size']), /no imatrix.datasets/],
    ['IMATRIX_BIG_ENDIAN', ggufOf({ a: [1] }, undefined, { littleEndian: false }), 'big-endian data'],
    ['IMATRIX_EMPTY', ggufOf({ a: [1] }), '1 tensors'],
    ['IMATRIX_PAIR', ggufOf({ 'a.in_sum2': [1] }), 'a.in_sum2 alone'],
    ['IMATRIX_PAIR', ggufOf({ 'a.counts': [1] }), 'a.counts alone'],
    ['IMATRIX_TYPE', ggufOf({ 'a.in_sum2': [1], 'a.counts': [1] }, undefined, { dtype: 'F16' }), 'F16 and F16'],
    ['IMATRIX_SHAPE', ggufOf({ 'a.in_sum2': [1, 2, 3], 'a.counts': [1, 1] }), '3 sums for 2 counts'],
    ['IMATRIX_SHAPE', ggufOf({ 'a.in_sum2': [], 'a.counts': [] }), '0 sums for 0 counts'],
    ['IMATRIX_COUNT', ggufOf({ 'a.in_sum2': [1], 'a.counts': [-1] }), '-1'],
    ['IMATRIX_VALUE', ggufOf({ 'a.in_sum2': [-1], 'a.counts': [2] }), '-1 over 2'],
    ['IMATRIX_VALUE', ggufOf({ 'a.in_sum2': [NaN], 'a.counts': [2] }), 'NaN over 2'],
    ['GGUF_STRING_LENGTH', imatrixBytes(PLAN).subarray(0, 150), expect.anything()],
    ['GGUF_TENSOR_TRUNCATED', imatrixBytes(PLAN).subarray(0, -64), expect.anything()],
  ])('is refused: %s', (id, bytes, got) => {
    const told = typeof got === 'string' ? got : got instanceof RegExp ? expect.stringMatching(got) : got;
    expect(refusal(bytes)).toMatchObject({ id, got: told, path: 'm.imatrix', fix: expect.any(String) });
  });
});

describe('an importance matrix in the form before GGUF', () => {
  test('gives its values over the number of calls, with and without what later files say at the end', () => {
    const whole = dat(ONE, (writer) => {
      writer.int32(11);
      writer.int32(4);
      writer.raw(new TextEncoder().encode('text'));
    });
    const entries = new Map([['output.weight', { meanSquares: Float32Array.of(2, 0.5), counts: [4] }]]);
    expect(parseImatrix(whole, 'm.dat')).toEqual({
      file: 'm.dat',
      form: 'dat',
      datasets: ['text'],
      chunks: 11,
      entries,
    });
    expect(parseImatrix(dat(ONE), 'm.dat')).toMatchObject({ datasets: [], chunks: 0, entries });
    expect(parseImatrix(dat(ONE, (writer) => writer.int32(5)))).toMatchObject({ datasets: [], chunks: 5 });
  });

  test('gives values as they are where no call was counted', () => {
    const { entries } = parseImatrix(dat([{ name: 'a', calls: 0, values: [3] }]));
    expect(entries.get('a')).toEqual({ meanSquares: Float32Array.of(3), counts: [0] });
  });

  test.each([
    ['IMATRIX_NOT_ONE', new TextEncoder().encode('this is a text, not a matrix'), /as the number of entries/],
    ['IMATRIX_TRUNCATED', new Uint8Array(2), /2 bytes at 0/],
    ['IMATRIX_NOT_ONE', dat([]), /^0 as/],
    ['IMATRIX_TRUNCATED', dat(ONE).subarray(0, -1), /bytes at/],
    ['IMATRIX_DUPLICATE', dat([...ONE, ...ONE]), 'output.weight'],
    ['IMATRIX_COUNT', dat([{ name: 'a', calls: 1, values: [] }]), '0'],
    ['IMATRIX_VALUE', dat([{ name: 'a', calls: 1, values: [Infinity] }]), 'Infinity over 1'],
    ['IMATRIX_NAME', dat([{ name: 'a\0b', calls: 1, values: [1] }]), /bytes at/],
    ['IMATRIX_TRAILING', dat(ONE, (writer) => [1, 0, 7].forEach((value) => writer.int32(value))), '4 bytes more'],
  ])('is refused: %s', (id, bytes, got) => {
    expect(refusal(bytes)).toMatchObject({
      id,
      got: typeof got === 'string' ? got : expect.stringMatching(got),
      path: 'm.imatrix',
      fix: expect.any(String),
    });
  });
});

test('what is written is read as the same, whatever its numbers', () => {
  const entry = fc
    .tuple(
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 9 }),
      fc.infiniteStream(fc.float({ min: 0, max: 1e6, noNaN: true })),
    )
    .map(([matrices, columns, stream]) => ({
      sums: Float32Array.from({ length: matrices * columns }, () => Math.abs(stream.next().value)),
      counts: new Array<number>(matrices).fill(1),
    }));
  fc.assert(
    fc.property(
      fc.dictionary(fc.stringMatching(/^[a-z.0-9]{1,40}$/), entry, { minKeys: 1 }),
      fc.nat(99),
      (dictionary, chunks) => {
        const entries = new Map(Object.entries(dictionary));
        const read = parseImatrix(imatrixBytes({ entries, datasets: ['a', 'b'], chunks, chunkSize: 512 }));
        expect([read.chunks, read.datasets, read.entries.size]).toEqual([chunks, ['a', 'b'], entries.size]);
        for (const [name, { sums }] of entries) expect(read.entries.get(name)?.meanSquares).toEqual(sums);
      },
    ),
    { seed: 20261126, numRuns: 100 },
  );
});
