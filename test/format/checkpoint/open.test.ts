import { copyFileSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  MemoryFolder,
  MemorySource,
  countParameters,
  groupTensors,
  layoutCheckpoint,
  layoutGguf,
  layoutGgufParts,
  openCheckpoint,
  parseGguf,
  summarizeDtypes,
  type Checkpoint,
  type SafetensorsDtype,
} from '../../../lib/format';
import { closeS3, locateCheckpoint } from '../../../lib/format/node';
import { entry, safetensorsFile } from '../safetensors-file';
import { S3Server } from '../s3-server';
import { useTemporaryFolder } from '../temporary-folder';

const models = path.join(__dirname, '../../../examples/models');
const temporary = useTemporaryFolder();

const openAt = (location: string): Promise<Checkpoint> => {
  const { folder, file } = locateCheckpoint(location);
  return openCheckpoint(folder, file);
};
const folderOf = (files: Record<string, Uint8Array | string>) =>
  new MemoryFolder(
    'folder',
    Object.entries(files).map(
      ([name, content]) =>
        [
          name,
          new MemorySource(typeof content === 'string' ? new TextEncoder().encode(content) : content, name),
        ] as const,
    ),
  );
const open = (files: Record<string, Uint8Array | string>, file?: string) => openCheckpoint(folderOf(files), file);
const shard = (...names: string[]) =>
  safetensorsFile(`{${names.map((name, at) => entry(name, 'U8', [1], at, at + 1)).join(',')}}`, names.length);
const indexOf = (weightMap: Record<string, string>, total?: number) =>
  JSON.stringify({ metadata: total === undefined ? {} : { total_size: total }, weight_map: weightMap });

describe('a checkpoint', () => {
  test('in shards with an index is read as one', async () => {
    const checkpoint = await openAt(path.join(models, 'gutenberg-3m'));
    expect(checkpoint.files.map(({ name }) => name)).toEqual(
      [1, 2, 3].map((part) => `model-0000${part}-of-00003.safetensors`),
    );
    expect(checkpoint.tensors.size).toBe(38);
    expect(checkpoint.tensors.get('model.norm.weight')).toMatchObject({
      file: 'model-00003-of-00003.safetensors',
      shape: [256],
      dtype: 'BF16',
    });
    expect(countParameters(checkpoint)).toEqual({ parameters: 3_410_176, weightBytes: 6_820_352, companionBytes: 0 });
    expect(checkpoint.config).toMatchObject({ architectures: ['LlamaForCausalLM'] });
    expect(checkpoint.warnings).toEqual([]);
  });

  test('as a GGUF is read alike', async () => {
    const checkpoint = await openAt(path.join(models, 'gutenberg-3m-Q4_K_M/gutenberg-3m-Q4_K_M.gguf'));
    expect(checkpoint).toMatchObject({ format: 'gguf', littleEndian: true, warnings: [] });
    expect(countParameters(checkpoint).parameters).toBe(3_410_176);
    expect(summarizeDtypes(checkpoint).map(({ dtype }) => dtype)).toEqual(
      expect.arrayContaining(['Q4_K', 'Q6_K', 'F32']),
    );
  });

  test('has the same tensors, bytes and places whether a file or the folder is named, on disk or through the cache of the hub', async () => {
    const commit = 'a'.repeat(40);
    const cache = path.join(temporary(), 'models--org--gutenberg-3m');
    for (const folder of ['blobs', 'refs', `snapshots/${commit}`, 'snapshots/old'])
      mkdirSync(path.join(cache, folder), { recursive: true });
    writeFileSync(path.join(cache, 'refs/main'), commit);
    for (const [at, name] of readdirSync(path.join(models, 'gutenberg-3m')).entries()) {
      copyFileSync(path.join(models, 'gutenberg-3m', name), path.join(cache, 'blobs', String(at)));
      symlinkSync(`../../blobs/${at}`, path.join(cache, `snapshots/${commit}`, name));
    }
    const expected = await openAt(path.join(models, 'gutenberg-3m'));
    for (const location of [
      cache,
      path.join(cache, 'snapshots', commit),
      path.join(models, 'gutenberg-3m/model.safetensors.index.json'),
    ]) {
      expect([...(await openAt(location)).tensors]).toEqual([...expected.tensors]);
    }
  });

  test('gives the bytes of a tensor', async () => {
    const checkpoint = await openAt(path.join(models, 'gutenberg-3m'));
    const { file, offset, bytes } = checkpoint.tensors.get('model.norm.weight')!;
    const source = await checkpoint.open(file);
    const whole = readFileSync(path.join(models, 'gutenberg-3m', file));
    expect(Buffer.from(await source.read(offset, bytes)).equals(whole.subarray(offset, offset + bytes))).toBe(true);
    await source.close();
  });

  test('may be one part of a sharded one, when that part is named', async () => {
    expect((await openAt(path.join(models, 'gutenberg-3m/model-00003-of-00003.safetensors'))).files).toHaveLength(1);
  });

  test('is looked for as Transformers does', async () => {
    const one = shard('a');
    const index = indexOf({ b: 'x.safetensors' });
    expect(
      (await open({ 'model.safetensors': one, 'model.safetensors.index.json': index, 'x.safetensors': shard('b') }))
        .warnings[0].id,
    ).toBe('INDEX_IGNORED');
    expect([
      ...(
        await open({ 'x.safetensors': shard('b'), 'model.safetensors.index.json': index, 'y.safetensors': one })
      ).tensors.keys(),
    ]).toEqual(['b']);
    expect([...(await open({ 'only.safetensors': one })).tensors.keys()]).toEqual(['a']);
    const parts = await open({
      'model-00001-of-00002.safetensors': one,
      'model-00002-of-00002.safetensors': shard('b'),
    });
    expect([...parts.tensors.keys()]).toEqual(['a', 'b']);
    expect(parts.warnings[0].id).toBe('INDEX_ABSENT');
  });

  test('with a total_size that is wrong is read, with a warning', async () => {
    const files = { 'x.safetensors': shard('a') };
    expect(
      (await open({ ...files, 'model.safetensors.index.json': indexOf({ a: 'x.safetensors' }, 1) })).warnings,
    ).toEqual([]);
    expect(
      (await open({ ...files, 'model.safetensors.index.json': indexOf({ a: 'x.safetensors' }, 2) })).warnings[0].id,
    ).toBe('INDEX_TOTAL_SIZE');
  });

  test.each<[string, Record<string, Uint8Array | string>]>([
    ['CHECKPOINT_NOT_FOUND', {}],
    ['CHECKPOINT_NOT_FOUND', { 'config.json': '{}', 'README.md': '' }],
    ['CHECKPOINT_NOT_FOUND', { 'mmproj-model.gguf': '' }],
    ['CHECKPOINT_PICKLE', { 'pytorch_model.bin': '' }],
    ['CHECKPOINT_AMBIGUOUS', { 'a.safetensors': shard('a'), 'b.safetensors': shard('b') }],
    [
      'CHECKPOINT_AMBIGUOUS',
      { 'model-00001-of-00002.safetensors': shard('a'), 'model-00001-of-00003.safetensors': shard('b') },
    ],
    ['CHECKPOINT_AMBIGUOUS', { 'm-Q4_0.gguf': '', 'm-Q8_0.gguf': '' }],
    ['CHECKPOINT_AMBIGUOUS', { 'm-00001-of-00001.gguf': '', 'n-00001-of-00001.gguf': '' }],
    [
      'CHECKPOINT_PART_MISSING',
      { 'model-00001-of-00003.safetensors': shard('a'), 'model-00003-of-00003.safetensors': shard('b') },
    ],
    ['CHECKPOINT_PART_MISSING', { 'm-00002-of-00002.gguf': '' }],
    [
      'CHECKPOINT_DUPLICATE_TENSOR',
      { 'model-00001-of-00002.safetensors': shard('a'), 'model-00002-of-00002.safetensors': shard('a') },
    ],
    ['INDEX_SHARD_MISSING', { 'model.safetensors.index.json': indexOf({ a: 'x.safetensors' }) }],
    ['INDEX_SHARD_NAME', { 'model.safetensors.index.json': indexOf({ a: '../x.safetensors' }) }],
    ['SAFETENSORS_HEADER_TOO_SMALL', { 'model.safetensors': '' }],
    ['GGUF_TRUNCATED', { 'm.gguf': '' }],
    ['CONFIG_JSON', { 'model.safetensors': shard('a'), 'config.json': '{"a":}' }],
    ['CONFIG_JSON', { 'model.safetensors': shard('a'), 'config.json': Uint8Array.of(0x22, 0xff, 0x22) }],
  ])('that is none is %s', async (id, files) => {
    await expect(open(files)).rejects.toMatchObject({ name: 'FormatError', id, fix: expect.stringMatching(/\S/) });
  });

  test('must be a file of weights', async () => {
    await expect(openAt(path.join(models, 'gutenberg-3m/tokenizer.json'))).rejects.toMatchObject({
      id: 'CHECKPOINT_FILE_TYPE',
    });
    await expect(async () => openAt(path.join(models, 'nothing-here'))).rejects.toMatchObject({
      id: 'SOURCE_UNREADABLE',
    });
  });

  test('in the cache of the hub must be one snapshot', async () => {
    const cache = path.join(temporary(), 'models--org--name');
    mkdirSync(path.join(cache, 'snapshots'), { recursive: true });
    await expect(async () => openAt(cache)).rejects.toMatchObject({ id: 'HUB_CACHE_EMPTY' });
    mkdirSync(path.join(cache, 'snapshots/b'));
    await expect(openAt(cache)).rejects.toMatchObject({ id: 'CHECKPOINT_NOT_FOUND' });
    mkdirSync(path.join(cache, 'snapshots/c'));
    await expect(async () => openAt(cache)).rejects.toMatchObject({ id: 'HUB_CACHE_AMBIGUOUS' });
  });

  test('opens no file outside its folder, whoever asks', async () => {
    const checkpoint = await openAt(path.join(models, 'gutenberg-3m'));
    for (const name of ['../gutenberg-3m-Q8_0/gutenberg-3m-Q8_0.gguf', '/etc/passwd', '..', '']) {
      await expect(checkpoint.open(name)).rejects.toMatchObject({ id: 'SOURCE_OUTSIDE_FOLDER' });
    }
  });
});

describe('a checkpoint in S3', () => {
  const server = new S3Server();
  beforeAll(async () => {
    Object.assign(process.env, {
      AWS_ENDPOINT_URL_S3: await server.start(),
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_MAX_ATTEMPTS: '1',
    });
    for (const name of readdirSync(path.join(models, 'gutenberg-3m')))
      server.put(`bucket/models/small/${name}`, readFileSync(path.join(models, 'gutenberg-3m', name)));
    server.put('bucket/models/small/deeper/model.safetensors', 'not this one');
    server.put('bucket/models/q8.gguf', readFileSync(path.join(models, 'gutenberg-3m-Q8_0/gutenberg-3m-Q8_0.gguf')));
    server.pageSize = 3;
  });
  afterAll(async () => {
    await closeS3();
    await server.stop();
  });

  test.each([
    's3://bucket/models/small',
    's3://bucket/models/small/',
    's3://bucket/models/small/model.safetensors.index.json',
  ])('is the same as on disk: %s', async (address) => {
    const local = await openAt(path.join(models, 'gutenberg-3m'));
    server.bytesSent = 0;
    const remote = await openAt(address);
    expect([...remote.tensors]).toEqual([...local.tensors]);
    expect(remote.config).toEqual(local.config);
    // Three headers of 64 KiB at most, the index and the config; of 7 MB of data nothing.
    expect(server.bytesSent).toBeLessThan(4 * 65_536);
  });

  test('as a GGUF costs one read', async () => {
    server.seen.length = 0;
    expect((await openAt('s3://bucket/models/q8.gguf')).tensors.size).toBe(38);
    expect(
      server.seen
        .filter(({ method }) => method === 'GET' || method === 'HEAD')
        .filter(({ range }) => range !== undefined),
    ).toHaveLength(1);
  });

  test.each([
    ['CHECKPOINT_NOT_FOUND', 's3://bucket/models/nothing/'],
    ['S3_NOT_FOUND', 's3://bucket/models/nothing.gguf'],
  ])('that is not there is %s', async (id, address) => {
    await expect(openAt(address)).rejects.toMatchObject({ id });
  });
});

describe('a GGUF in parts', () => {
  const whole = parseGguf(readFileSync(path.join(models, 'gutenberg-3m-Q8_0/gutenberg-3m-Q8_0.gguf')));
  const parts = (): Record<string, Uint8Array> => {
    const layouts = layoutGgufParts({ metadata: whole.metadata, tensors: [...whole.tensors.values()] }, 'm', 1_500_000);
    return Object.fromEntries(
      layouts.map(({ name, header, fileBytes }) => {
        const file = new Uint8Array(fileBytes);
        file.set(header);
        return [name, file];
      }),
    );
  };
  const edited = (
    change: (
      metadata: Map<string, ReturnType<typeof parseGguf>['metadata'] extends ReadonlyMap<string, infer V> ? V : never>,
    ) => void,
    part = 'm-00002-of-00003.gguf',
  ): Record<string, Uint8Array> => {
    const files = parts();
    const header = parseGguf(files[part]);
    const metadata = new Map(header.metadata);
    change(metadata);
    const layout = layoutGguf({ metadata, tensors: [...header.tensors.values()] });
    files[part] = new Uint8Array(layout.fileBytes);
    files[part].set(layout.header);
    return files;
  };

  test('is one model, whichever part is named', async () => {
    expect(Object.keys(parts())).toEqual(['m-00001-of-00003.gguf', 'm-00002-of-00003.gguf', 'm-00003-of-00003.gguf']);
    for (const file of [undefined, 'm-00001-of-00003.gguf', 'm-00003-of-00003.gguf']) {
      const checkpoint = await open(parts(), file);
      expect([...checkpoint.tensors.values()].map(({ name, dtype, shape }) => ({ name, dtype, shape }))).toEqual(
        [...whole.tensors.values()].map(({ name, dtype, shape }) => ({ name, dtype, shape })),
      );
      expect(checkpoint.gguf?.get('general.architecture')).toEqual({ type: 'string', value: 'llama' });
    }
  });

  test.each<[string, () => Record<string, Uint8Array>]>([
    ['CHECKPOINT_PART_MISSING', () => Object.fromEntries(Object.entries(parts()).slice(1))],
    ['GGUF_SPLIT_COUNT', () => edited((metadata) => metadata.set('split.count', { type: 'uint16', value: 4 }))],
    ['GGUF_SPLIT_COUNT', () => edited((metadata) => metadata.delete('split.count'))],
    ['GGUF_SPLIT_COUNT', () => edited((metadata) => metadata.set('split.count', { type: 'string', value: '3' }))],
    ['GGUF_SPLIT_NUMBER', () => edited((metadata) => metadata.set('split.no', { type: 'uint16', value: 2 }))],
    ['GGUF_SPLIT_NUMBER', () => edited((metadata) => metadata.delete('split.no'))],
    [
      'GGUF_SPLIT_TENSORS',
      () =>
        edited(
          (metadata) => metadata.set('split.tensors.count', { type: 'int32', value: 39 }),
          'm-00001-of-00003.gguf',
        ),
    ],
    [
      'GGUF_DUPLICATE_TENSOR',
      () => {
        const files = edited(
          (metadata) => metadata.set('split.no', { type: 'uint16', value: 1 }),
          'm-00001-of-00003.gguf',
        );
        return { ...parts(), 'm-00002-of-00003.gguf': files['m-00001-of-00003.gguf'] };
      },
    ],
    ['GGUF_SPLIT_COUNT', () => ({ 'renamed.gguf': parts()['m-00001-of-00003.gguf'] })],
  ])('that do not belong together is %s', async (id, files) => {
    await expect(open(files())).rejects.toMatchObject({ name: 'FormatError', id });
  });
});

describe('parameters of a quantized checkpoint', () => {
  const checkpointOf = async (
    tensors: [name: string, dtype: SafetensorsDtype, shape: number[]][],
  ): Promise<Checkpoint> => {
    const { shards } = layoutCheckpoint({ tensors: tensors.map(([name, dtype, shape]) => ({ name, dtype, shape })) });
    const file = new Uint8Array(shards[0].fileBytes);
    file.set(shards[0].header);
    return open({ 'model.safetensors': file });
  };

  test.each<[string, number | undefined, string, [string, SafetensorsDtype, number[]][]]>([
    [
      'AWQ',
      4,
      'awq',
      [
        ['l.qweight', 'I32', [64, 4]],
        ['l.qzeros', 'I32', [2, 4]],
        ['l.scales', 'F16', [2, 32]],
      ],
    ],
    [
      'GPTQ at 8 bits',
      8,
      'gptq',
      [
        ['l.qweight', 'I32', [16, 32]],
        ['l.qzeros', 'I32', [1, 8]],
        ['l.scales', 'F16', [1, 32]],
        ['l.g_idx', 'I32', [64]],
      ],
    ],
    [
      'compressed-tensors',
      4,
      'compressed-tensors',
      [
        ['l.weight_packed', 'I32', [32, 8]],
        ['l.weight_scale', 'BF16', [32, 1]],
        ['l.weight_shape', 'I64', [2]],
      ],
    ],
    [
      'FP8 in blocks',
      8,
      'fp8',
      [
        ['l.weight', 'F8_E4M3', [32, 64]],
        ['l.weight_scale_inv', 'F32', [1, 1]],
      ],
    ],
    [
      'NVFP4 of ModelOpt',
      4,
      'modelopt',
      [
        ['l.weight', 'U8', [32, 32]],
        ['l.weight_scale', 'F8_E4M3', [32, 4]],
        ['l.weight_scale_2', 'F32', []],
        ['l.input_scale', 'F32', []],
      ],
    ],
    [
      'MXFP4 of gpt-oss',
      4,
      'mxfp4',
      [
        ['e.down_proj_blocks', 'U8', [32, 2, 16]],
        ['e.down_proj_scales', 'U8', [32, 2]],
      ],
    ],
    [
      'bitsandbytes NF4',
      4,
      'bitsandbytes',
      [
        ['l.weight', 'U8', [1024, 1]],
        ['l.weight.absmax', 'U8', [32]],
        ['l.weight.quant_map', 'F32', [16]],
        ['l.weight.quant_state.bitsandbytes__nf4', 'U8', [80]],
      ],
    ],
    ['no quantization', undefined, 'none', [['l.weight', 'BF16', [32, 64]]]],
  ])('count every weight once and no scale: %s', async (_name, bits, method, tensors) => {
    const counted = countParameters(await checkpointOf(tensors), bits, method);
    expect(counted.parameters).toBe(32 * 64);
    const [, ...companions] = tensors;
    expect(counted.companionBytes > 0).toBe(companions.length > 0);
  });

  test('count a tensor that only looks like a scale', async () => {
    expect(countParameters(await checkpointOf([['model.logit.scales', 'F32', [3]]])).parameters).toBe(3);
  });
});

describe('tensors in one line', () => {
  test('for all layers and experts of the same type and shape', async () => {
    const names = [0, 1, 2].flatMap((layer) =>
      [0, 1].map((expert) => `model.layers.${layer}.mlp.experts.${expert}.w1`),
    );
    const checkpoint = await open({ 'model.safetensors': shard(...names, 'model.norm2.weight', '7') });
    expect(groupTensors(checkpoint).map(({ pattern, count, bytes }) => [pattern, count, bytes])).toEqual([
      ['model.layers.{0…2}.mlp.experts.{0…1}.w1', 6, 6],
      ['model.norm2.weight', 1, 1],
      ['7', 1, 1],
    ]);
  });
});
