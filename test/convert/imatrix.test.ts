import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { modelFromCheckpoint } from '../../lib/convert/gguf/from-checkpoint';
import type { GgufModel } from '../../lib/convert/gguf/model';
import { planGguf, writeGguf } from '../../lib/convert/gguf/write-gguf';
import { openCheckpoint, parseImatrix, type ImatrixEntry, type ImportanceMatrix } from '../../lib/format';
import { locateCheckpoint } from '../../lib/format/node';
import { parseScheme } from '../../lib/scheme';
import { MATRIX_NAME, writeImatrixModel } from './imatrix-model';
import reference from './imatrix-digests.json';

/** Of files that llama.cpp's quantizer wrote with the same matrix: tools/generate/imatrix-reference.py. */
const digests: Readonly<Record<string, string>> = reference.digests;

const scratch = mkdtempSync(path.join(tmpdir(), 'qe-imatrix-'));
let model: GgufModel;
let matrix: ImportanceMatrix;
beforeAll(async () => {
  const made = writeImatrixModel(scratch);
  const { folder, file } = locateCheckpoint(made.model);
  model = await modelFromCheckpoint(folder, await openCheckpoint(folder, file));
  matrix = parseImatrix(new Uint8Array(readFileSync(made.matrix)), MATRIX_NAME);
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const withEntries = (change: (entries: Map<string, ImatrixEntry>) => unknown): ImportanceMatrix => {
  const entries = new Map(matrix.entries);
  change(entries);
  return { ...matrix, entries };
};

const plan = (importance: ImportanceMatrix, type = 'Q4_K_M') =>
  planGguf(model, parseScheme(`gguf:${type}`), { importance });

const entry = (length: number): ImatrixEntry => ({ meanSquares: new Float32Array(length).fill(1), counts: [1] });

describe('a mixture of experts with an importance matrix', () => {
  test.each(Object.keys(digests))('is quantized to %s as by llama-quantize --imatrix, to the byte', async (type) => {
    const target = path.join(scratch, `${type}.gguf`);
    await writeGguf(model, parseScheme(`gguf:${type}`), target, { threads: 2, importance: matrix });
    expect(createHash('sha256').update(readFileSync(target)).digest('hex')).toBe(digests[type]);
    rmSync(target);
  });

  test('tells what the matrix does not know, but for what it never does', () => {
    expect(plan(matrix).notes).toEqual([
      `Not in ${MATRIX_NAME}, and quantized without importance: blk.3.attn_v.weight (1 in all).`,
    ]);
  });

  test('may be stored as Q2_K_S, which is made with a matrix alone', () => {
    expect(plan(matrix, 'Q2_K_S').types.get('Q2_K')).toBeGreaterThan(10);
    expect(() => planGguf(model, parseScheme('gguf:Q2_K_S'))).toThrow(
      expect.objectContaining({ id: 'GGUF_TYPE_NOT_WRITTEN', fix: expect.stringContaining('--imatrix') }),
    );
  });
});

describe('an importance matrix that does not fit the model is refused', () => {
  test('with other columns', () => {
    const other = withEntries((entries) => entries.set('blk.0.attn_q.weight', entry(128)));
    expect(() => plan(other)).toThrow(
      expect.objectContaining({ id: 'IMPORTANCE_LENGTH', got: '128 values', allowed: '256 values' }),
    );
  });

  test('with one importance for all experts', () => {
    const other = withEntries((entries) => entries.set('blk.0.ffn_up_exps.weight', entry(256)));
    expect(() => plan(other)).toThrow(
      expect.objectContaining({ id: 'IMPORTANCE_LENGTH', allowed: '512 values: 256 for each of 2 experts' }),
    );
  });

  test('unless it is the embedding, of which llama-imatrix may have seen token numbers', () => {
    const other = withEntries((entries) => entries.set('token_embd.weight', entry(1)));
    expect(plan(other).types).toEqual(plan(matrix).types);
  });

  test('with no name that the model has', () => {
    const other = { ...matrix, entries: new Map([['layers.0.wq', entry(256)]]) };
    expect(() => plan(other)).toThrow(
      expect.objectContaining({ id: 'IMPORTANCE_OTHER_MODEL', got: '1 entries such as layers.0.wq' }),
    );
  });

  test('without what two bits cannot do without', () => {
    const other = withEntries((entries) => entries.delete('blk.5.attn_q.weight'));
    expect(() => plan(other, 'Q2_K_S')).toThrow(
      expect.objectContaining({ id: 'IMPORTANCE_MISSING', got: 'no entry blk.5.attn_q.weight' }),
    );
  });
});

test('the note in the file is cut to what llama.cpp holds, between characters', async () => {
  const target = path.join(scratch, 'noted.gguf');
  const long = { ...matrix, file: 'ä'.repeat(100), datasets: [], chunks: 0 };
  await writeGguf(model, parseScheme('gguf:Q8_0'), target, { threads: 1, importance: long });
  const { folder, file } = locateCheckpoint(target);
  const { gguf } = await openCheckpoint(folder, file);
  expect(gguf?.get('quantize.imatrix.file')).toEqual({ type: 'string', value: 'ä'.repeat(63) });
  expect(gguf?.get('quantize.imatrix.entries_count')).toEqual({ type: 'uint32', value: matrix.entries.size });
  expect([...(gguf?.keys() ?? [])].filter((key) => /dataset|chunks/.test(key))).toEqual([]);
});
