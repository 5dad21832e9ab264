import { createHash } from 'node:crypto';
import { truncateSync } from 'node:fs';
import { parseScheme } from '../../lib/scheme';
import { createKernelEngine, figuresOf, quantizeMatrix, type RowGrid } from '../../lib/simulate';
import { recipeOf, simulatedSchemes } from '../../lib/simulate/schemes/recipe';
import { simulate } from '../../lib/simulate/simulate';
import { toReport } from '../../lib/simulate/to-report';
import { TestFolder, bf16Matrix, bf16Bytes, weightValues, type TestTensor } from './helpers/checkpoint';

const folder = new TestFolder();
afterAll(() => folder.remove());

const LAYER = 'model.layers.0.self_attn.q_proj.weight';
const ZEROS: TestTensor = { dtype: 'BF16', shape: [4096, 4096], data: new Uint8Array(2 * 4096 * 4096) };
const schemes = (...names: string[]) => names.map((name) => parseScheme(name));

async function simulated(name: string, tensors: Record<string, TestTensor>, ...names: string[]) {
  const { checkpoint } = await folder.checkpoint(name, tensors);
  return simulate(checkpoint, { schemes: schemes(...names), threads: 2 });
}

describe('figures', () => {
  test('equal those of quantizing the whole matrix at once, for every grid, however it is cut', async () => {
    // Wide enough that the matrix is read in many pieces; not a multiple of the block in either direction.
    const matrix = bf16Matrix(600, 4224, 7);
    const names = simulatedSchemes.filter((name) => recipeOf(parseScheme(name)).kernel.kind === 'grid');
    const { schemes: results } = await simulated('pieces', { [LAYER]: matrix }, ...names);
    const engine = createKernelEngine();
    for (const [index, name] of names.entries()) {
      const { kernel } = recipeOf(parseScheme(name));
      if (kernel.kind !== 'grid') throw new Error('chosen above');
      const grid: RowGrid = kernel.grid;
      const whole = quantizeMatrix(engine, { dtype: 'BF16', rows: 600, columns: 4224, data: matrix.data }, grid);
      const expected = figuresOf(whole.figures);
      const [tensor] = results[index].tensors;
      expect({ name, clipped: tensor.clipped }).toEqual({ name, clipped: whole.figures.clipped });
      expect(tensor.figures.maxAbsError).toBe(expected.maxAbsError);
      expect({ name, zeroed: tensor.figures.zeroed }).toEqual({ name, zeroed: expected.zeroed });
      expect(tensor.figures.sqnrDb).toBeCloseTo(expected.sqnrDb, 4);
      expect(tensor.figures.cosine).toBeCloseTo(expected.cosine, 6);
    }
  });

  test('are those of plain arithmetic', async () => {
    const values = weightValues(64 * 256, 3);
    const tensor: TestTensor = { dtype: 'F32', shape: [64, 256], data: new Uint8Array(values.buffer) };
    const {
      schemes: [result],
    } = await simulated('plain', { [LAYER]: tensor }, 'int8-weight-only');
    let signal = 0;
    let noise = 0;
    let largest = 0;
    for (let row = 0; row < 64; row++) {
      const line = values.subarray(row * 256, (row + 1) * 256);
      const scale = Math.fround(line.reduce((best, value) => Math.max(best, Math.abs(value)), 0) / 127.5);
      for (const value of line) {
        const ratio = Math.fround(value / scale);
        // Ties do not occur in this data: rounding half up is rounding to nearest.
        const error = value - Math.fround(Math.min(Math.max(Math.round(ratio), -128), 127) * scale);
        signal += value * value;
        noise += error * error;
        largest = Math.max(largest, Math.abs(error));
      }
    }
    expect(result.figures.sqnrDb).toBeCloseTo(10 * Math.log10(signal / noise), 3);
    expect(result.figures.maxAbsError).toBeCloseTo(largest, 8);
    expect(result.figures.meanSquaredError).toBeCloseTo(noise / (64 * 256), 12);
  });

  test('leave NaN and infinities out, and say how many there were', async () => {
    const values = weightValues(32 * 128, 5);
    values[3] = NaN;
    values[400] = Infinity;
    const tensor = { dtype: 'BF16' as const, shape: [32, 128], data: bf16Bytes(values) };
    const {
      schemes: [result],
    } = await simulated('nonfinite', { [LAYER]: tensor }, 'fp8');
    // A scale of NaN or infinity leaves nothing of the other weights of its row.
    expect(result.figures.nonfinite).toBeGreaterThanOrEqual(2);
    expect(result.figures.sqnrDb).toBeGreaterThan(0);
    expect(result.notes.join()).toMatch(/NaN or infinite/);
  });

  test('name the columns that stand out', async () => {
    const values = weightValues(64 * 128, 9);
    for (let row = 0; row < 64; row++) {
      values[row * 128 + 17] *= 40;
      values[row * 128 + 90] /= 40;
      values[row * 128 + 91] = 0;
    }
    const tensor = { dtype: 'BF16' as const, shape: [64, 128], data: bf16Bytes(values) };
    const {
      schemes: [result],
    } = await simulated('outliers', { [LAYER]: tensor }, 'int8-weight-only');
    expect(result.tensors[0].outlierColumns).toEqual([17, 90]);
  });

  test('of a lossless scheme are null in the report, which JSON can hold', async () => {
    const tensor = { dtype: 'BF16' as const, shape: [32, 128], data: new Uint8Array(32 * 128 * 2) };
    const report = toReport(await simulated('zeros', { [LAYER]: tensor }, 'int4-rtn'));
    expect(report.schemes[0].weights).toEqual({ sqnrDb: null, relativeError: 0, maxAbsError: 0 });
    expect(JSON.parse(JSON.stringify(report))).toEqual(JSON.parse(JSON.stringify(report)));
  });
});

describe('which layers', () => {
  const tensors = {
    'model.embed_tokens.weight': bf16Matrix(64, 128),
    'model.layers.0.input_layernorm.weight': { dtype: 'BF16' as const, shape: [128], data: new Uint8Array(256) },
    [LAYER]: bf16Matrix(64, 128, 2),
    'model.layers.1.mlp.down_proj.weight': bf16Matrix(128, 64, 3),
    'lm_head.weight': bf16Matrix(64, 128),
  };

  test('are the linear layers of the blocks, and nothing else', async () => {
    const {
      schemes: [result],
    } = await simulated('choice', tensors, 'fp8');
    expect(result.tensors.map(({ name }) => name)).toEqual([LAYER, 'model.layers.1.mlp.down_proj.weight']);
  });

  test('can be chosen by a pattern', async () => {
    const { checkpoint } = await folder.checkpoint('pattern', tensors);
    const {
      schemes: [result],
    } = await simulate(checkpoint, { schemes: schemes('fp8'), layers: '*.down_proj.*' });
    expect(result.tensors.map(({ name }) => name)).toEqual(['model.layers.1.mlp.down_proj.weight']);
    await expect(simulate(checkpoint, { schemes: schemes('fp8'), layers: 'mamba' })).rejects.toMatchObject({
      id: 'NO_LAYER_MATCHES',
    });
  });

  test('with input features that the group size does not divide are left alone, with the reason', async () => {
    const {
      schemes: [result],
    } = await simulated('ragged', tensors, 'int4-rtn');
    expect(result.skipped).toEqual([
      { name: 'model.layers.1.mlp.down_proj.weight', reason: expect.stringContaining('group size 128') },
    ]);
    expect(result.notes.join()).toMatch(/Left unquantized/);
  });

  test('may be missing', async () => {
    const { checkpoint } = await folder.checkpoint('none', { 'lm_head.weight': bf16Matrix(32, 32) });
    await expect(simulate(checkpoint, { schemes: schemes('fp8') })).rejects.toMatchObject({ id: 'NO_LINEAR_LAYERS' });
  });

  test('that are quantized already are refused by name', async () => {
    const bytes = { dtype: 'F8_E4M3' as const, shape: [32, 32], data: new Uint8Array(1024) };
    const { checkpoint } = await folder.checkpoint('quantized', { [LAYER]: bytes });
    await expect(simulate(checkpoint, { schemes: schemes('fp8') })).rejects.toMatchObject({
      id: 'CHECKPOINT_QUANTIZED',
      message: expect.stringContaining(LAYER),
    });
  });
});

test('the digest is over the sorted names and the hashes of the bytes', async () => {
  const tensors = { [LAYER]: bf16Matrix(32, 64), 'b.weight': bf16Matrix(4, 4), 'a.weight': bf16Matrix(2, 2) };
  const { model } = await simulated('digest', tensors, 'fp8');
  const hash = createHash('sha256');
  for (const name of ['a.weight', 'b.weight', LAYER]) {
    hash.update(
      `${name}\0${createHash('sha256')
        .update(tensors[name as keyof typeof tensors].data)
        .digest('hex')}`,
    );
  }
  expect(model.digest).toBe(`sha256:${hash.digest('hex')}`);
});

test('a scheme that stores weights as they are is refused', async () => {
  const { checkpoint } = await folder.checkpoint('scheme', { [LAYER]: bf16Matrix(32, 64) });
  await expect(simulate(checkpoint, { schemes: schemes('bf16') })).rejects.toMatchObject({
    id: 'SCHEME_NOT_SIMULATED',
  });
});

test('schemes that want calibration say so when there is none', async () => {
  const { schemes: results } = await simulated(
    'calibrated',
    { [LAYER]: bf16Matrix(32, 128) },
    'awq',
    'gptq',
    'smoothquant',
  );
  for (const { notes } of results) expect(notes[0]).toMatch(/^No calibration/);
});

describe('a run that ends early', () => {
  test('by the caller rejects with the reason', async () => {
    const { checkpoint } = await folder.checkpoint('cancelled', { [LAYER]: ZEROS });
    const controller = new AbortController();
    const reason = new Error('the user went home');
    const run = simulate(checkpoint, { schemes: schemes('fp8-static', 'int4-rtn'), signal: controller.signal });
    setTimeout(() => controller.abort(reason), 0);
    await expect(run).rejects.toBe(reason);
    await expect(simulate(checkpoint, { schemes: schemes('fp8'), signal: controller.signal })).rejects.toBe(reason);
  });

  test('because the file shrank tells so', async () => {
    const { checkpoint, file } = await folder.checkpoint('shrunk', { [LAYER]: bf16Matrix(512, 1024) });
    truncateSync(file, 4096);
    await expect(simulate(checkpoint, { schemes: schemes('fp8') })).rejects.toMatchObject({
      id: expect.stringMatching(/^SOURCE_/),
    });
  });
});

test('progress comes to its end', async () => {
  const { checkpoint } = await folder.checkpoint('progress', { [LAYER]: bf16Matrix(256, 1024) });
  const seen: number[] = [];
  await simulate(checkpoint, {
    schemes: schemes('fp8'),
    onProgress: ({ doneBytes, totalBytes }) => seen.push(doneBytes / totalBytes),
  });
  expect(seen[seen.length - 1]).toBe(1);
});
