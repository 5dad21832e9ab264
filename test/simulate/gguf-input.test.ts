import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openCheckpoint, type Checkpoint } from '../../lib/format';
import { layoutGguf } from '../../lib/format/gguf/layout';
import { gguf } from '../../lib/format/gguf/value';
import { locateCheckpoint } from '../../lib/format/node';
import { parseScheme } from '../../lib/scheme';
import type { GgufQuantizedType } from '../../lib/scheme/gguf/quantized-types';
import { createKernelEngine, dequantizeGguf, quantizeGguf } from '../../lib/simulate';
import { simulate } from '../../lib/simulate/simulate';
import { weightValues } from './helpers/checkpoint';

const folder = mkdtempSync(path.join(tmpdir(), 'simulate-gguf-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ROWS = 700;
const COLUMNS = 1536;
const LAYERS: readonly GgufQuantizedType[] = ['Q4_1', 'Q6_K', 'Q8_0'];
const SCHEMES = ['int8-weight-only', 'fp8', 'int4-rtn', 'gguf:Q4_0', 'nvfp4'].map((name) => parseScheme(name));

interface Stored {
  readonly dtype: string;
  readonly data: Uint8Array;
}

function fileOf(name: string, tensors: readonly Stored[]): string {
  const layout = layoutGguf({
    metadata: new Map([['general.architecture', gguf.string('llama')]]),
    tensors: tensors.map(({ dtype }, layer) => ({ name: `blk.${layer}.ffn_up.weight`, dtype, shape: [ROWS, COLUMNS] })),
  });
  const bytes = new Uint8Array(layout.fileBytes);
  bytes.set(layout.header);
  tensors.forEach(({ data }, layer) => bytes.set(data, layout.tensors.get(`blk.${layer}.ffn_up.weight`)?.offset));
  const file = path.join(folder, name);
  writeFileSync(file, bytes);
  return file;
}

function open(file: string): Promise<Checkpoint> {
  const located = locateCheckpoint(file);
  return openCheckpoint(located.folder, located.file);
}

const engine = createKernelEngine();
const quantized = LAYERS.map((dtype, layer): Stored => {
  const values = weightValues(ROWS * COLUMNS, layer + 1);
  const data = new Uint8Array(values.buffer);
  return {
    dtype,
    data: quantizeGguf(engine, { dtype: 'F32', rows: ROWS, columns: COLUMNS, data }, dtype as GgufQuantizedType).blocks,
  };
});
const decoded = quantized.map(({ dtype, data }): Stored => {
  return { dtype: 'F32', data: new Uint8Array(dequantizeGguf(engine, dtype as GgufQuantizedType, data).buffer) };
});

test('a GGUF that was quantized before is simulated on what its blocks stand for, and the report says so', async () => {
  const found = await simulate(await open(fileOf('quantized.gguf', quantized)), { schemes: SCHEMES, threads: 2 });
  const plain = await simulate(await open(fileOf('plain.gguf', decoded)), { schemes: SCHEMES, threads: 2 });
  found.schemes.forEach(({ scheme, tensors, notes }, index) => {
    const expected = plain.schemes[index];
    expect({ scheme: scheme.name, tensors: tensors.map(({ name, clipped }) => [name, clipped]) }).toEqual({
      scheme: scheme.name,
      tensors: expected.tensors.map(({ name, clipped }) => [name, clipped]),
    });
    tensors.forEach(({ figures }, tensor) => {
      expect(figures.maxAbsError).toBe(expected.tensors[tensor].figures.maxAbsError);
      // Sums go over pieces in another order.
      expect(figures.sqnrDb).toBeCloseTo(expected.tensors[tensor].figures.sqnrDb, 4);
    });
    expect(notes[0]).toMatch(/quantized before \(Q4_1, Q6_K, Q8_0\)/);
    expect(expected.notes.join()).not.toMatch(/quantized before/);
  });
});

test('a file that lost its end after it was opened ends the run with an error that names it', async () => {
  const file = fileOf('cut.gguf', quantized);
  const checkpoint = await open(file);
  truncateSync(file, 100_000);
  await expect(simulate(checkpoint, { schemes: SCHEMES, threads: 2 })).rejects.toMatchObject({
    id: 'SOURCE_OUT_OF_RANGE',
    path: file,
  });
});
