import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openCheckpoint, parseSafetensors, type CheckpointFolder } from '../../../lib/format';
import { locateCheckpoint } from '../../../lib/format/node';
import { parseScheme } from '../../../lib/scheme';
import { createKernelEngine, quantizeMatrix, type Matrix, type QuantizedMatrix } from '../../../lib/simulate';
import { quantizeInSlices } from '../../../lib/simulate/write/quantize-in-slices';
import { recipeOf } from '../../../lib/simulate/schemes/recipe';
import { planEncoding, writableSchemes } from '../../../lib/simulate/write/plan-encoding';
import { writeCheckpoint, type WriteOptions } from '../../../lib/simulate/write/write-checkpoint';
import { TestFolder, bf16Bytes, bf16Matrix, weightValues, type TestTensor } from '../helpers/checkpoint';

const source = new TestFolder();
const scratch = mkdtempSync(path.join(tmpdir(), 'write-'));
afterAll(() => {
  source.remove();
  rmSync(scratch, { recursive: true, force: true });
});

const Q = 'model.layers.0.self_attn.q_proj';
const DOWN = 'model.layers.0.mlp.down_proj';
const tensors: Record<string, TestTensor> = {
  'model.embed_tokens.weight': bf16Matrix(64, 256, 1),
  'model.layers.0.input_layernorm.weight': { dtype: 'BF16', shape: [256], data: bf16Bytes(weightValues(256, 2)) },
  [`${Q}.weight`]: bf16Matrix(256, 256, 3),
  [`${DOWN}.weight`]: bf16Matrix(256, 192, 4),
};

let folder: CheckpointFolder;
beforeAll(async () => {
  await source.checkpoint('model', tensors, { architectures: ['Unheard'], hidden_size: 256 });
  writeFileSync(path.join(source.path, 'tokenizer.json'), '{}');
  ({ folder } = locateCheckpoint(source.path));
});

let runs = 0;
async function write(options: Partial<WriteOptions> & { scheme: WriteOptions['scheme'] }, out = `out-${runs++}`) {
  const target = path.join(scratch, out);
  const written = await writeCheckpoint(folder, await openCheckpoint(folder), target, { threads: 2, ...options });
  const files = readdirSync(target).filter((name) => name.endsWith('.safetensors'));
  const found = new Map<string, TestTensor>();
  for (const file of files) {
    const bytes = new Uint8Array(readFileSync(path.join(target, file)));
    for (const { name, dtype, shape, offset, bytes: length } of parseSafetensors(bytes).tensors.values())
      found.set(name, { dtype, shape, data: bytes.slice(offset, offset + length) });
  }
  const config = JSON.parse(readFileSync(path.join(target, 'config.json'), 'utf8')) as {
    quantization_config: Record<string, unknown>;
    torch_dtype?: string;
  };
  return { target, written, tensors: found, config };
}

const scheme = parseScheme;

describe('a checkpoint that is written', () => {
  test('has what quantizing the whole matrix gives, in FP8', async () => {
    const { tensors: found, config } = await write({ scheme: scheme('fp8') });
    const { kernel } = recipeOf(scheme('fp8'));
    if (kernel.kind !== 'grid') throw new Error('a grid');
    const matrix: Matrix = { dtype: 'BF16', rows: 256, columns: 256, data: tensors[`${Q}.weight`].data };
    const whole = quantizeMatrix(createKernelEngine(), matrix, kernel.grid);
    expect(found.get(`${Q}.weight`)).toEqual({ dtype: 'F8_E4M3', shape: [256, 256], data: whole.codes });
    expect(found.get(`${Q}.weight_scale`)).toMatchObject({ dtype: 'BF16', shape: [256, 1] });
    expect(config.quantization_config).toMatchObject({
      quant_method: 'compressed-tensors',
      format: 'float-quantized',
      quantization_status: 'compressed',
      ignore: ['lm_head'],
    });
  });

  test('keeps all other tensors and the files beside the weights to the byte', async () => {
    const { target, tensors: found } = await write({ scheme: scheme('neuron-int8') });
    for (const name of ['model.embed_tokens.weight', 'model.layers.0.input_layernorm.weight'])
      expect(found.get(name)).toEqual(tensors[name]);
    expect(readFileSync(path.join(target, 'tokenizer.json'), 'utf8')).toBe('{}');
    expect(readdirSync(target).some((name) => name.startsWith('.') || name.endsWith('.partial'))).toBe(false);
  });

  test('is f16 throughout for AutoAWQ, and leaves out the layer that groups do not divide, by name', async () => {
    const { tensors: found, config, written } = await write({ scheme: scheme('int4-rtn') });
    expect(found.get('model.embed_tokens.weight')?.dtype).toBe('F16');
    expect(found.get(`${Q}.qweight`)?.shape).toEqual([256, 32]);
    expect(found.get(`${DOWN}.weight`)?.dtype).toBe('F16');
    expect(config).toMatchObject({
      torch_dtype: 'float16',
      quantization_config: { quant_method: 'awq', modules_to_not_convert: ['lm_head', DOWN] },
    });
    expect(written.skipped).toEqual([{ name: `${DOWN}.weight`, reason: expect.stringContaining('192') }]);
  });

  test.each(writableSchemes.filter((name) => !planEncoding(parseScheme(name)).needsCalibration))(
    'is one that this library opens again: %s',
    async (name) => {
      const { target } = await write({ scheme: scheme(name) });
      const again = locateCheckpoint(target);
      const checkpoint = await openCheckpoint(again.folder);
      expect(checkpoint.warnings).toEqual([]);
      expect(checkpoint.tensors.has('model.embed_tokens.weight')).toBe(true);
    },
  );

  test('of several files has an index', async () => {
    const { target, tensors: found } = await write({ scheme: scheme('fp8'), maxShardBytes: 40_000 });
    const checkpoint = await openCheckpoint(locateCheckpoint(target).folder);
    expect(checkpoint.files.length).toBeGreaterThan(2);
    expect(new Set(checkpoint.tensors.keys())).toEqual(new Set(found.keys()));
  });
});

describe('a run that was stopped', () => {
  test('goes on where it was, and ends in the same bytes', async () => {
    const options = { scheme: scheme('int8-w8a8'), maxShardBytes: 40_000, threads: 1 };
    const whole = await write(options);
    const controller = new AbortController();
    const target = path.join(scratch, 'stopped');
    const stopped = writeCheckpoint(folder, await openCheckpoint(folder), target, {
      ...options,
      signal: controller.signal,
      onProgress: () => controller.abort(new Error('enough')),
    });
    await expect(stopped).rejects.toThrow('enough');
    expect(readdirSync(target)).not.toContain('config.json');

    const again = await write(options, 'stopped');
    expect(again.written.resumed).toBe(true);
    expect(again.tensors).toEqual(whole.tensors);
  });

  test('is not taken up by another one', async () => {
    const target = path.join(scratch, 'other');
    const controller = new AbortController();
    const options = { scheme: scheme('fp8'), signal: controller.signal, onProgress: () => controller.abort() };
    await expect(writeCheckpoint(folder, await openCheckpoint(folder), target, options)).rejects.toThrow();
    await expect(write({ scheme: scheme('neuron-fp8') }, 'other')).rejects.toMatchObject({ id: 'OUTPUT_NOT_EMPTY' });
  });
});

test('a folder with something else in it is refused', async () => {
  const target = path.join(scratch, 'full');
  await write({ scheme: scheme('fp8') }, 'full');
  await expect(write({ scheme: scheme('fp8') }, 'full')).rejects.toMatchObject({ id: 'OUTPUT_NOT_EMPTY' });
  expect(readdirSync(target)).toContain('config.json');
});

test.each([
  ['fp8-static', undefined, 'CALIBRATION_NEEDED'],
  ['bf16', undefined, 'SCHEME_NOT_WRITTEN'],
  ['fp8', 'gptq', 'FORMAT_NOT_WRITTEN'],
])('%s as %s ends in %s', async (name, format, id) => {
  await expect(write({ scheme: scheme(name), format })).rejects.toMatchObject({ id });
});

test('rows taken some at a time come out as all at once', () => {
  const engine = createKernelEngine();
  const [rows, columns] = [1200, 2048];
  const matrix: Matrix = { dtype: 'BF16', rows, columns, data: bf16Matrix(rows, columns, 11).data };
  for (const name of ['fp8-static', 'fp8-block', 'nvfp4', 'int8-weight-only', 'int4-rtn']) {
    const { kernel } = recipeOf(scheme(name));
    if (kernel.kind !== 'grid') throw new Error('a grid');
    const whole = quantizeMatrix(engine, matrix, kernel.grid);
    const parts = quantizeInSlices(engine, matrix, kernel.grid, true);
    expect({ name, shape: parts.scaleShape, differences: differences(parts, whole) }).toEqual({
      name,
      shape: whole.scaleShape,
      differences: [],
    });
  }
});

/** Names of the arrays that are not the same to the byte. */
function differences(left: QuantizedMatrix, right: QuantizedMatrix): string[] {
  const bytes = (array: ArrayBufferView) => Buffer.from(array.buffer, array.byteOffset, array.byteLength);
  return (['codes', 'scales', 'zeroPoints', 'dequantized'] as const).filter(
    (name) => !bytes(left[name]).equals(bytes(right[name])),
  );
}
