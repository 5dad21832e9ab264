import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { modelFromCheckpoint } from '../../lib/convert/gguf/from-checkpoint';
import { writeGguf } from '../../lib/convert/gguf/write-gguf';
import { openCheckpoint } from '../../lib/format';
import { layoutGguf } from '../../lib/format/gguf/layout';
import { gguf } from '../../lib/format/gguf/value';
import { closeS3, locateCheckpoint } from '../../lib/format/node';
import { parseScheme } from '../../lib/scheme';
import { simulate } from '../../lib/simulate/simulate';
import { writeCheckpoint } from '../../lib/simulate/write/write-checkpoint';
import { S3Server } from '../format/s3-server';
import { TestFolder, bf16Matrix, weightValues } from './helpers/checkpoint';

const server = new S3Server();
const local = new TestFolder();
const out = mkdtempSync(path.join(tmpdir(), 's3-input-'));

/** More than a block of what is read ahead, and no multiple of it. */
const WIDE = bf16Matrix(1300, 4224, 1);
const CONFIG = { architectures: ['Unheard'], hidden_size: 4224 };

beforeAll(async () => {
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_S3: await server.start(),
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_MAX_ATTEMPTS: '1',
  });
  await local.checkpoint(
    'model',
    {
      'model.embed_tokens.weight': bf16Matrix(64, 256, 3),
      'model.layers.0.self_attn.q_proj.weight': WIDE,
      'model.layers.1.self_attn.q_proj.weight': bf16Matrix(300, 4224, 2),
    },
    CONFIG,
  );
});
afterAll(async () => {
  await closeS3();
  await server.stop();
  local.remove();
  rmSync(out, { recursive: true, force: true });
});
beforeEach(() => {
  server.objects.clear();
  server.seen.length = 0;
  server.failWith = undefined;
  for (const name of readdirSync(local.path))
    server.put(`bucket/model/${name}`, readFileSync(path.join(local.path, name)));
});

async function open(location: string) {
  const { folder, file } = locateCheckpoint(location);
  return { folder, checkpoint: await openCheckpoint(folder, file) };
}

const schemes = ['int8-weight-only', 'fp8', 'nvfp4'].map((name) => parseScheme(name));

test('a checkpoint in S3 is simulated as one on disk, by ranges', async () => {
  const here = await simulate((await open(local.path)).checkpoint, { schemes, threads: 2 });
  const there = await simulate((await open('s3://bucket/model/')).checkpoint, { schemes, threads: 2 });
  expect(there.model).toEqual({ ...here.model, path: 's3://bucket/model/' });
  there.schemes.forEach(({ tensors, bytes }, index) => {
    expect(bytes).toBe(here.schemes[index].bytes);
    tensors.forEach(({ name, figures }, tensor) => {
      const expected = here.schemes[index].tensors[tensor];
      expect(name).toBe(expected.name);
      expect(figures.maxAbsError).toBe(expected.figures.maxAbsError);
      expect(figures.sqnrDb).toBeCloseTo(expected.figures.sqnrDb, 4);
    });
  });
  const gets = server.seen.filter(({ method, path: key }) => method === 'GET' && key.includes('.safetensors'));
  expect(gets.length).toBeGreaterThan(3);
  expect(gets.every(({ range }) => range !== undefined)).toBe(true);
});

test('a checkpoint in S3 is quantized to the same files as one on disk', async () => {
  const written: string[] = [];
  for (const location of [local.path, 's3://bucket/model/']) {
    const { folder, checkpoint } = await open(location);
    const target = path.join(out, `fp8-${written.length}`);
    await writeCheckpoint(folder, checkpoint, target, { scheme: parseScheme('fp8'), threads: 2 });
    written.push(target);
  }
  const weights = readdirSync(written[0]).filter((name) => name.endsWith('.safetensors'));
  expect(weights.length).toBeGreaterThan(0);
  for (const name of weights) {
    const [here, there] = written.map((folder) => readFileSync(path.join(folder, name)));
    expect(there.equals(here)).toBe(true);
  }
});

test('a GGUF in S3 is quantized to the same file as one on disk', async () => {
  const values = weightValues(1100 * 1024, 5);
  const layout = layoutGguf({
    metadata: new Map([['general.architecture', gguf.string('llama')]]),
    tensors: [{ name: 'blk.0.ffn_up.weight', dtype: 'F32', shape: [1100, 1024] }],
  });
  const bytes = new Uint8Array(layout.fileBytes);
  bytes.set(layout.header);
  bytes.set(new Uint8Array(values.buffer), layout.tensors.get('blk.0.ffn_up.weight')?.offset);
  server.put('bucket/gguf/model-F32.gguf', bytes);
  const scheme = parseScheme('gguf-tensor:Q4_K');
  const { folder, checkpoint } = await open('s3://bucket/gguf/model-F32.gguf');
  const target = path.join(out, 'from-s3.gguf');
  await writeGguf(await modelFromCheckpoint(folder, checkpoint), scheme, target, { threads: 2 });

  const file = path.join(out, 'model-F32.gguf');
  writeFileSync(file, bytes);
  const here = await open(file);
  const expected = path.join(out, 'from-disk.gguf');
  await writeGguf(await modelFromCheckpoint(here.folder, here.checkpoint), scheme, expected, { threads: 2 });
  expect(readFileSync(target).equals(readFileSync(expected))).toBe(true);
});

test('what S3 answers with ends the run, named, and leaves no file', async () => {
  const { folder, checkpoint } = await open('s3://bucket/model/');
  server.failWith = { status: 403, code: 'AccessDenied' };
  await expect(simulate(checkpoint, { schemes, threads: 2 })).rejects.toMatchObject({
    id: 'S3_DENIED',
    path: 's3://bucket/model/model.safetensors',
  });
  const target = path.join(out, 'denied');
  const writing = writeCheckpoint(folder, checkpoint, target, { scheme: parseScheme('fp8'), threads: 2 });
  await expect(writing).rejects.toMatchObject({ id: 'S3_DENIED' });
});

test('an object that was replaced while it was read ends the run', async () => {
  const { checkpoint } = await open('s3://bucket/model/');
  server.put('bucket/model/model.safetensors', new Uint8Array(1000));
  await expect(simulate(checkpoint, { schemes, threads: 2 })).rejects.toMatchObject({
    path: 's3://bucket/model/model.safetensors',
  });
});
