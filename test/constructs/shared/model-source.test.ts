import { mkdirSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { App, LegacyStackSynthesizer, Size, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { InstanceType, ModelSource, QuantizationScheme, ServingContainer } from '../../../index';
import { COMMIT, QWEN_7B, QWEN_7B_AWQ } from '../models';
import { ENV, environmentOf, errorsOf, makeEndpoint, messagesOf, resourceOf, testStack, warningsOf } from '../support';

const MODELS = 'examples/models';

function directory(files: Record<string, string | Buffer>): string {
  const root = mkdtempSync(path.join(tmpdir(), 'model-'));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    writeFileSync(path.join(root, name), content);
  }
  return root;
}

/** A safetensors file of so many bytes of tensors. */
function safetensors(bytes: number): Buffer {
  const header = Buffer.from(`{"a":{"dtype":"U8","shape":[${bytes}],"data_offsets":[0,${bytes}]}}`);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, Buffer.alloc(bytes)]);
}

function lockFile(models: Record<string, unknown>): Record<string, unknown> {
  const file = path.join(directory({ 'lock.json': JSON.stringify({ version: 1, models }) }), 'lock.json');
  return { 'cdk-quantized-endpoints:lockFile': file };
}

function dataSourceOf(stack: Stack): Record<string, unknown> {
  const { PrimaryContainer } = resourceOf(stack, 'AWS::SageMaker::Model') as {
    PrimaryContainer: { ModelDataSource: { S3DataSource: Record<string, unknown> } };
  };
  return PrimaryContainer.ModelDataSource.S3DataSource;
}

interface Artefact {
  readonly spec: { readonly model: Record<string, unknown> };
  readonly plan: { readonly parameters: number };
}

function planOf(stack: Stack): Artefact {
  const { directory: assembly } = (stack.node.root as App).synth();
  const name = readdirSync(assembly).find((file) => file.endsWith('.plan.json'));
  return JSON.parse(readFileSync(path.join(assembly, name!), 'utf8')) as Artefact;
}

describe('the hub', () => {
  const locked = {
    source: 'huggingface',
    id: 'org/model',
    revision: COMMIT,
    config: QWEN_7B_AWQ,
    weightBytes: 5_570_747_392,
    gated: false,
  };

  test('is not asked at synth: what is known comes from the lock file, the commit too', () => {
    const stack = testStack(ENV, lockFile({ 'huggingface:org/model': locked }));
    makeEndpoint(stack, { model: ModelSource.huggingFace('org/model') });
    expect(warningsOf(stack)).toEqual([]);
    expect(environmentOf(stack)).toMatchObject({ HF_MODEL_ID: 'org/model', HF_REVISION: COMMIT });
    expect(planOf(stack).spec.model).toMatchObject({ weightBytes: 5_570_747_392, gated: false });
  });

  test('an entry for the default branch serves whoever names its commit', () => {
    const stack = testStack(ENV, lockFile({ 'huggingface:org/model': locked }));
    makeEndpoint(stack, { model: ModelSource.huggingFace('org/model', { revision: COMMIT }) });
    expect(warningsOf(stack)).toEqual([]);
  });

  test('a tag is another entry, locked to its commit', () => {
    const stack = testStack(ENV, lockFile({ 'huggingface:org/model@v1': locked }));
    makeEndpoint(stack, { model: ModelSource.huggingFace('org/model', { revision: 'v1' }) });
    expect(warningsOf(stack)).toEqual([]);
    expect(environmentOf(stack).HF_REVISION).toBe(COMMIT);
  });

  test('another commit than the locked one is not taken for it', () => {
    const stack = testStack(ENV, lockFile({ 'huggingface:org/model': locked }));
    makeEndpoint(stack, { model: ModelSource.huggingFace('org/model', { revision: '0'.repeat(40) }) });
    expect(warningsOf(stack)).toEqual(['MODEL_CONFIG_UNKNOWN']);
  });

  test('a model of which nothing is known is a warning that names the command', () => {
    const stack = testStack();
    makeEndpoint(stack, { model: ModelSource.huggingFace('org/model', { revision: COMMIT }) });
    expect(warningsOf(stack)).toEqual(['MODEL_CONFIG_UNKNOWN']);
    expect(messagesOf(stack, 'warning')[0]).toContain(`qe models add org/model@${COMMIT}`);
    expect(errorsOf(stack)).toEqual([]);
  });

  test('a well-known model is planned by its name alone', () => {
    const stack = testStack();
    makeEndpoint(stack, { model: ModelSource.huggingFace('Qwen/Qwen3-4B', { revision: COMMIT }) });
    expect(warningsOf(stack)).toEqual([]);
    expect(planOf(stack).plan.parameters).toBe(4_022_468_096);
  });

  test.each([
    ['none', undefined],
    ['a branch', 'main'],
  ])('a revision that moves is a warning: %s', (_, revision) => {
    const stack = testStack();
    makeEndpoint(stack, { model: ModelSource.huggingFace('org/model', { revision, config: QWEN_7B }) });
    expect(warningsOf(stack)).toEqual(['MODEL_REVISION_NOT_PINNED']);
  });

  test('options win over the lock file', () => {
    const stack = testStack(ENV, lockFile({ 'huggingface:org/model': locked }));
    const weightSize = Size.gibibytes(4);
    makeEndpoint(stack, { model: ModelSource.huggingFace('org/model', { weightSize, gated: true }) });
    expect(planOf(stack).spec.model).toMatchObject({ weightBytes: 4 * 1024 ** 3, gated: true });
  });
});

describe('the lock file', () => {
  test('fails when it is broken', () => {
    const file = path.join(directory({ 'lock.json': '{' }), 'lock.json');
    const stack = testStack(ENV, { 'cdk-quantized-endpoints:lockFile': file });
    expect(() => makeEndpoint(stack)).toThrow(expect.objectContaining({ id: 'LOCK_FILE_MALFORMED' }));
  });
});

describe('config', () => {
  test.each([
    ['is missing', 'MODEL_CONFIG_UNREADABLE', () => path.join(directory({}), 'config.json')],
    ['is not JSON', 'MODEL_CONFIG_NOT_JSON', () => path.join(directory({ 'config.json': '<html>' }), 'config.json')],
    ['is a list', 'MODEL_CONFIG_NOT_JSON', () => path.join(directory({ 'config.json': '[]' }), 'config.json')],
  ])('fails when it %s', (_, id, configPath) => {
    const model = ModelSource.huggingFace('org/model', { revision: COMMIT, configPath: configPath() });
    expect(() => makeEndpoint(testStack(), { model })).toThrow(expect.objectContaining({ id }));
  });

  test('fails when it is given twice', () => {
    const model = ModelSource.huggingFace('org/model', { config: QWEN_7B, configPath: 'config.json' });
    expect(() => makeEndpoint(testStack(), { model })).toThrow(
      expect.objectContaining({ id: 'MODEL_CONFIG_GIVEN_TWICE' }),
    );
  });

  test('that lacks its sizes is an error at synth, beside whatever else is wrong', () => {
    const stack = testStack();
    const model = ModelSource.huggingFace('org/model', { revision: COMMIT, config: { model_type: 'llama' } });
    makeEndpoint(stack, { model, maxMonthlyCost: 1, scalingTarget: 0 });
    expect(errorsOf(stack)).toEqual(expect.arrayContaining(['SCALING_TARGET_OUT_OF_RANGE']));
    expect(errorsOf(stack).some((id) => id.startsWith('MODEL_CONFIG_'))).toBe(true);
  });
});

describe('an object in S3', () => {
  const make = (key: string) => {
    const stack = testStack();
    const bucket = Bucket.fromBucketName(stack, 'Models', 'my-models');
    makeEndpoint(stack, { model: ModelSource.s3Object(bucket, key, { config: QWEN_7B_AWQ }) });
    return stack;
  };

  test('that is an archive is unpacked', () => {
    expect(dataSourceOf(make('a/model.tar.gz'))).toEqual({
      S3Uri: 's3://my-models/a/model.tar.gz',
      S3DataType: 'S3Object',
      CompressionType: 'Gzip',
    });
  });

  test('that is a model by itself is taken as it is', () => {
    const stack = testStack();
    makeEndpoint(stack, {
      model: ModelSource.s3Object(Bucket.fromBucketName(stack, 'M', 'my-models'), 'a/model.gguf', { config: QWEN_7B }),
      quantization: QuantizationScheme.gguf('Q4_K_M'),
      container: ServingContainer.llamaCpp(),
      maxModelLen: 4096,
    });
    expect(errorsOf(stack)).toEqual([]);
    expect(dataSourceOf(stack)).toEqual({
      S3Uri: 's3://my-models/a/model.gguf',
      S3DataType: 'S3Object',
      CompressionType: 'None',
    });
  });
});

describe('a prefix in S3', () => {
  test('gets the slash that SageMaker asks for', () => {
    const stack = testStack();
    const bucket = Bucket.fromBucketName(stack, 'Models', 'my-models');
    makeEndpoint(stack, { model: ModelSource.s3Prefix(bucket, 'a/b', { config: QWEN_7B_AWQ }) });
    expect(dataSourceOf(stack).S3Uri).toBe('s3://my-models/a/b/');
  });

  test('is known from the lock file', () => {
    const entry = { source: 's3', id: 's3://my-models/a/', config: QWEN_7B_AWQ };
    const stack = testStack(ENV, lockFile({ 's3://my-models/a/': entry }));
    makeEndpoint(stack, { model: ModelSource.s3Prefix(Bucket.fromBucketName(stack, 'M', 'my-models'), 'a/') });
    expect(warningsOf(stack)).toEqual([]);
  });
});

describe('JumpStart', () => {
  const locked = {
    source: 'jumpstart',
    id: 'huggingface-llm-qwen2-5-7b',
    revision: '1.0.0',
    config: QWEN_7B,
    artifact: { bucketPrefix: 'jumpstart-cache-prod', key: 'huggingface-llm/qwen2-5-7b/artifacts/1.0.0/' },
  };

  test('is read from its bucket in whichever region', () => {
    const stack = testStack(ENV, lockFile({ 'jumpstart:huggingface-llm-qwen2-5-7b': locked }));
    makeEndpoint(stack, { model: ModelSource.jumpStart('huggingface-llm-qwen2-5-7b') });
    expect(dataSourceOf(stack)).toEqual({
      S3Uri: 's3://jumpstart-cache-prod-us-east-1/huggingface-llm/qwen2-5-7b/artifacts/1.0.0/',
      S3DataType: 'S3Prefix',
      CompressionType: 'None',
    });
    const anywhere = new Stack(new App({ context: lockFile({ 'jumpstart:x': locked }) }), 'Anywhere');
    makeEndpoint(anywhere, { model: ModelSource.jumpStart('x') });
    expect(JSON.stringify(dataSourceOf(anywhere).S3Uri)).toContain('{"Ref":"AWS::Region"}');
  });

  test('fails when nobody says where the model lies', () => {
    expect(() => makeEndpoint(testStack(), { model: ModelSource.jumpStart('x', { version: '2.0.0' }) })).toThrow(
      expect.objectContaining({ id: 'JUMPSTART_MODEL_NOT_LOCKED', fix: expect.stringContaining('jumpstart:x@2.0.0') }),
    );
  });

  test('accepts a licence only when told to', () => {
    const make = (acceptEula?: boolean) => {
      const stack = testStack();
      makeEndpoint(stack, {
        model: ModelSource.jumpStart('meta', { artifactKey: 'meta/1.0.0/', gated: true, acceptEula, config: QWEN_7B }),
      });
      return stack;
    };
    expect(dataSourceOf(make(true))).toMatchObject({
      S3Uri: 's3://jumpstart-private-cache-prod-us-east-1/meta/1.0.0/',
      ModelAccessConfig: { AcceptEula: true },
    });
    expect(dataSourceOf(make())).not.toHaveProperty('ModelAccessConfig');
    expect(errorsOf(make()).length).toBeGreaterThanOrEqual(1);
  });
});

describe('a directory on this machine', () => {
  const gguf = (props = {}) => ({
    model: ModelSource.localDirectory(`${MODELS}/gutenberg-3m-Q4_K_M`, {
      configPath: `${MODELS}/gutenberg-3m/config.json`,
    }),
    quantization: QuantizationScheme.gguf('Q4_K_M'),
    container: ServingContainer.llamaCpp(),
    instanceType: InstanceType.G4DN_XLARGE,
    maxModelLen: 512,
    ...props,
  });

  test('is uploaded file by file below one prefix, under the files’ own names', () => {
    const stack = testStack();
    makeEndpoint(stack, { model: ModelSource.localDirectory(`${MODELS}/gutenberg-3m`), maxModelLen: 512 });
    const uri = String(dataSourceOf(stack).S3Uri);
    const prefix = /^s3:\/\/cdk-hnb659fds-assets-123456789012-us-east-1\/([0-9a-f]{64}\/)$/.exec(uri)?.[1];
    const assembly = (stack.node.root as App).synth();
    const { files } = JSON.parse(readFileSync(path.join(assembly.directory, 'Test.assets.json'), 'utf8')) as {
      files: Record<string, { source: { path: string }; destinations: Record<string, { objectKey: string }> }>;
    };
    const uploads = Object.values(files).flatMap(({ source, destinations }) =>
      Object.values(destinations).map(
        ({ objectKey }) => [objectKey, path.join(assembly.directory, source.path)] as const,
      ),
    );
    const ofModel = uploads.filter(([key]) => key.startsWith(prefix!));
    expect(ofModel.map(([key]) => key.slice(prefix!.length)).sort()).toEqual([
      'config.json',
      'generation_config.json',
      'model-00001-of-00003.safetensors',
      'model-00002-of-00003.safetensors',
      'model-00003-of-00003.safetensors',
      'model.safetensors.index.json',
      'special_tokens_map.json',
      'tokenizer.json',
      'tokenizer_config.json',
    ]);
    for (const [key, file] of ofModel)
      expect(
        readFileSync(file).equals(readFileSync(path.join(MODELS, 'gutenberg-3m', key.slice(prefix!.length)))),
      ).toBe(true);
  });

  test('keeps files apart that differ in their extension only', () => {
    const stack = testStack();
    const root = directory({
      'model.safetensors': safetensors(16),
      'tokenizer.json': 'json',
      'tokenizer.model': 'model',
      'config.json': JSON.stringify(QWEN_7B),
      'sub/tokenizer.json': 'sub',
    });
    makeEndpoint(stack, { model: ModelSource.localDirectory(root) });
    const assembly = (stack.node.root as App).synth();
    const { files } = JSON.parse(readFileSync(path.join(assembly.directory, 'Test.assets.json'), 'utf8')) as {
      files: Record<string, { source: { path: string }; destinations: Record<string, { objectKey: string }> }>;
    };
    const contents = Object.fromEntries(
      Object.values(files).map(({ source, destinations }) => [
        Object.values(destinations)[0].objectKey.replace(/^[0-9a-f]{64}\//, ''),
        readFileSync(path.join(assembly.directory, source.path), 'utf8'),
      ]),
    );
    expect(contents).toMatchObject({
      'tokenizer.json': 'json',
      'tokenizer.model': 'model',
      'sub/tokenizer.json': 'sub',
    });
  });

  test('is known from its own config.json and weight files', () => {
    const stack = testStack();
    const root = directory({
      'config.json': JSON.stringify(QWEN_7B),
      'model-1.safetensors': safetensors(1000),
      'model-2.safetensors': safetensors(24),
    });
    makeEndpoint(stack, { model: ModelSource.localDirectory(root) });
    expect(planOf(stack).spec.model).toMatchObject({ config: QWEN_7B, weightBytes: 1024 });
  });

  test('is known from what ModelOpt wrote beside its config.json, where that says nothing itself', () => {
    const written = { producer: { name: 'modelopt' }, quantization: { quant_algo: 'FP8', kv_cache_quant_algo: null } };
    const configOf = (config: object) => {
      const stack = testStack();
      const root = directory({
        'config.json': JSON.stringify(config),
        'hf_quant_config.json': JSON.stringify(written),
        'model.safetensors': safetensors(1000),
      });
      makeEndpoint(stack, { model: ModelSource.localDirectory(root) });
      return (planOf(stack).spec.model.config as Readonly<Record<string, unknown>> | undefined)?.quantization_config;
    };
    const own = { quant_method: 'fp8', activation_scheme: 'dynamic' };
    expect(configOf(QWEN_7B)).toEqual(written);
    expect(configOf({ ...QWEN_7B, quantization_config: own })).toEqual(own);
  });

  test('may be a GGUF for llama.cpp', () => {
    const stack = testStack();
    makeEndpoint(stack, gguf());
    expect(errorsOf(stack)).toEqual([]);
    expect(dataSourceOf(stack).S3DataType).toBe('S3Prefix');
  });

  test('tells the file type of a GGUF by itself', () => {
    const stack = testStack();
    makeEndpoint(stack, gguf({ quantization: undefined }));
    expect(planOf(stack).spec).toMatchObject({ quantization: 'gguf:Q4_K_M' });
    expect(errorsOf(stack)).toEqual([]);
  });

  test.each([
    ['is cut', (bytes: Buffer) => bytes.subarray(0, bytes.length - 1)],
    ['claims a header beyond its end', (bytes: Buffer) => Buffer.concat([Buffer.alloc(8, 0xff), bytes.subarray(8)])],
    ['is a pointer of Git LFS', () => Buffer.from('version https://git-lfs.github.com/spec/v1\n')],
    ['is empty', () => Buffer.alloc(0)],
  ])('fails when a weight file %s', (_, damage) => {
    const root = directory({ 'config.json': JSON.stringify(QWEN_7B), 'model.safetensors': damage(safetensors(64)) });
    const model = ModelSource.localDirectory(root);
    expect(() => makeEndpoint(testStack(), { model })).toThrow(
      expect.objectContaining({ id: expect.stringMatching(/^SAFETENSORS_/) }),
    );
  });

  test('has another prefix as soon as a byte of it changes', () => {
    const uriOf = (content: string) => {
      const stack = testStack();
      const root = directory({
        'model.safetensors': safetensors(8),
        'config.json': JSON.stringify(QWEN_7B),
        'note.txt': content,
      });
      makeEndpoint(stack, { model: ModelSource.localDirectory(root) });
      return dataSourceOf(stack).S3Uri;
    };
    expect(uriOf('a')).toBe(uriOf('a'));
    expect(uriOf('a')).not.toBe(uriOf('b'));
  });

  test('leaves hidden files out, and follows the links of a hub cache', () => {
    const stack = testStack();
    const blobs = directory({ blob: safetensors(8) });
    const root = directory({ 'config.json': JSON.stringify(QWEN_7B), '.git/HEAD': 'ref', '.gitattributes': '' });
    symlinkSync(path.join(blobs, 'blob'), path.join(root, 'model.safetensors'));
    makeEndpoint(stack, { model: ModelSource.localDirectory(root) });
    const [model] = Object.values(Template.fromStack(stack).findResources('AWS::SageMaker::Model'));
    const files = (model as { Metadata: Record<string, string[]> }).Metadata['cdk-quantized-endpoints:files'];
    expect(files.map((key) => key.split('/')[1])).toEqual(['config.json', 'model.safetensors']);
  });

  test('is named in the template file by file, which `cdk gc` takes for being in use', () => {
    const stack = testStack();
    makeEndpoint(stack, gguf());
    expect(JSON.stringify(Template.fromStack(stack).toJSON())).toMatch(/[0-9a-f]{64}\/gutenberg-3m-Q4_K_M\.gguf/);
  });

  test.each([
    ['does not exist', 'MODEL_DIRECTORY_UNREADABLE', () => path.join(tmpdir(), 'no-such-model')],
    ['holds no weights', 'MODEL_DIRECTORY_WITHOUT_WEIGHTS', () => directory({ 'config.json': '{}' })],
    ['is empty', 'MODEL_DIRECTORY_WITHOUT_WEIGHTS', () => directory({})],
  ])('fails when it %s', (_, id, make) => {
    const model = ModelSource.localDirectory(make());
    expect(() => makeEndpoint(testStack(), { model })).toThrow(expect.objectContaining({ id }));
  });

  test('fails from 2 GB on, with the reason, before anything is copied', () => {
    const root = directory({ 'config.json': JSON.stringify(QWEN_7B), 'model.safetensors': '' });
    truncateSync(path.join(root, 'model.safetensors'), 2 * 1024 ** 3);
    const model = ModelSource.localDirectory(root);
    expect(() => makeEndpoint(testStack(), { model })).toThrow(
      expect.objectContaining({ id: 'MODEL_DIRECTORY_TOO_LARGE', fix: expect.stringContaining('aws s3 sync') }),
    );
  });

  test('fails where the stack’s synthesizer renames files', () => {
    const stack = new Stack(new App(), 'Old', { env: ENV, synthesizer: new LegacyStackSynthesizer() });
    expect(() => makeEndpoint(stack, gguf())).toThrow(expect.objectContaining({ id: 'SYNTHESIZER_RENAMES_FILES' }));
  });
});
