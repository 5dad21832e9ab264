import * as path from 'node:path';
import { Lazy, Size, type Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { GgufEndpoint, GgufQuality, InstanceType, ModelSource, type GgufEndpointProps } from '../../../index';
import { LLAMA_70B, QWEN_7B } from '../models';
import { environmentOf, errorsOf, messagesOf, resourceOf, testStack, variantOf, warningsOf } from '../support';

const MODELS = path.join(__dirname, '../../../examples/models');
const FILES = [{ path: 'qwen-q4_k_m.gguf' }, { path: 'qwen-q8_0.gguf' }, { path: 'qwen-q2_k.gguf' }];

function gguf(stack: Stack, props: Partial<GgufEndpointProps> = {}, config: Record<string, unknown> = QWEN_7B) {
  return new GgufEndpoint(stack, 'Chat', {
    model: ModelSource.s3Prefix(Bucket.fromBucketName(stack, 'Models', 'models'), 'qwen/', { config }),
    files: FILES,
    instanceType: InstanceType.G6_2XLARGE,
    maxModelLen: 8192,
    maxConcurrency: 4,
    ...props,
  });
}

function made(props: Partial<GgufEndpointProps> = {}, config?: Record<string, unknown>): Stack {
  const stack = testStack();
  gguf(stack, props, config);
  return stack;
}

const imageOf = (stack: Stack) =>
  (resourceOf(stack, 'AWS::SageMaker::Model') as { PrimaryContainer: { Image: unknown } }).PrimaryContainer.Image;
const dataOf = (stack: Stack) =>
  (resourceOf(stack, 'AWS::SageMaker::Model') as { PrimaryContainer: { ModelDataSource: { S3DataSource: object } } })
    .PrimaryContainer.ModelDataSource.S3DataSource;

describe('the image', () => {
  test.each([
    ['ml.g6.2xlarge', /llama-cpp:server-sagemaker-cuda-/],
    ['ml.c7i.4xlarge', /llama-cpp:server-sagemaker-cpu-/],
    ['ml.c7g.4xlarge', /llama-cpp-arm64:server-sagemaker-cpu-/],
  ])('of %s follows from its processor', (type, image) => {
    expect(JSON.stringify(imageOf(made({ instanceType: InstanceType.of(type) })))).toMatch(image);
  });

  test('for CUDA 13 runs on a host with its driver, the others on the service’s own', () => {
    expect(variantOf(made()).InferenceAmiVersion).toBe('al2023-ami-sagemaker-inference-gpu-4-1');
    expect(variantOf(made({ instanceType: InstanceType.of('ml.c7g.4xlarge') }))).not.toHaveProperty(
      'InferenceAmiVersion',
    );
  });

  test('is compiled for Graviton3: Graviton2 is refused', () => {
    expect(errorsOf(made({ instanceType: InstanceType.of('ml.c6g.4xlarge') }))).toContain('IMAGE_FOR_OTHER_PROCESSOR');
  });
});

describe('of several files', () => {
  const served = (props: Partial<GgufEndpointProps>, config?: Record<string, unknown>) =>
    environmentOf(made(props, config)).SM_LLAMA_CPP_MODEL;

  test('the one that most uses need is served, and nothing else is downloaded or may be read', () => {
    const stack = made();
    expect(environmentOf(stack).SM_LLAMA_CPP_MODEL).toBe('/opt/ml/model/qwen-q4_k_m.gguf');
    expect(dataOf(stack)).toEqual({
      S3DataType: 'S3Object',
      CompressionType: 'None',
      S3Uri: 's3://models/qwen/qwen-q4_k_m.gguf',
    });
    expect(JSON.stringify(Template.fromStack(stack).findResources('AWS::IAM::Policy'))).not.toContain('q8_0');
  });

  test('the precise one is served where quality matters', () => {
    expect(served({ quality: GgufQuality.HIGH })).toBe('/opt/ml/model/qwen-q8_0.gguf');
  });

  test('a smaller one is served where the precise one does not fit with its context', () => {
    const small = { quality: GgufQuality.HIGH, instanceType: InstanceType.of('ml.c7i.xlarge'), maxConcurrency: 1 };
    expect(served(small)).toBe('/opt/ml/model/qwen-q4_k_m.gguf');
    expect(served({ ...small, maxModelLen: 32_768, maxConcurrency: 2 })).toBe('/opt/ml/model/qwen-q2_k.gguf');
  });

  test('where none fits the smallest is taken, and refused', () => {
    const stack = made({ instanceType: InstanceType.of('ml.g6.xlarge') }, LLAMA_70B);
    expect(environmentOf(stack).SM_LLAMA_CPP_MODEL).toBe('/opt/ml/model/qwen-q2_k.gguf');
    expect(errorsOf(stack)).toContain('WEIGHTS_DO_NOT_FIT');
  });

  test('the parts of one are downloaded from their folder, and the first is named', () => {
    const stack = made({ files: [{ path: 'Q8_0/qwen-Q8_0-00001-of-00002.gguf' }] });
    expect(environmentOf(stack).SM_LLAMA_CPP_MODEL).toBe('/opt/ml/model/qwen-Q8_0-00001-of-00002.gguf');
    expect(dataOf(stack)).toMatchObject({ S3DataType: 'S3Prefix', S3Uri: 's3://models/qwen/Q8_0/' });
    expect(errorsOf(made({ files: [{ path: 'qwen-Q8_0-00002-of-00002.gguf' }] }))).toContain('GGUF_PART_NOT_FIRST');
  });

  test('in a local directory headers tell type and size, and only the chosen one is uploaded', () => {
    const stack = made({
      model: ModelSource.localDirectory(MODELS, { configPath: path.join(MODELS, 'gutenberg-3m/config.json') }),
      files: undefined,
      quality: GgufQuality.HIGH,
      maxModelLen: 512,
    });
    expect(environmentOf(stack).SM_LLAMA_CPP_MODEL).toBe('/opt/ml/model/gutenberg-3m-Q8_0/gutenberg-3m-Q8_0.gguf');
    const [{ Metadata }] = Object.values(Template.fromStack(stack).findResources('AWS::SageMaker::Model')) as {
      Metadata: Record<string, string[]>;
    }[];
    expect(Metadata['cdk-quantized-endpoints:files']).toEqual([
      expect.stringMatching(/\/gutenberg-3m-Q8_0\/gutenberg-3m-Q8_0\.gguf$/),
    ]);
  });

  test('a type that a name does not tell must be given', () => {
    expect(errorsOf(made({ files: [{ path: 'model.gguf' }] }))).toContain('GGUF_TYPE_NOT_TOLD');
    expect(errorsOf(made({ files: [{ path: 'model.gguf', fileType: 'Q5_K_M' }] }))).toEqual([]);
  });

  test('none named leaves the choice to chance, with a warning', () => {
    expect(warningsOf(made({ files: undefined }))).toContain('GGUF_FILE_NOT_NAMED');
  });

  test('a single object needs no naming', () => {
    const stack = testStack();
    gguf(stack, {
      model: ModelSource.s3Object(Bucket.fromBucketName(stack, 'Bucket', 'models'), 'qwen/qwen-Q6_K.gguf', {
        config: QWEN_7B,
      }),
      files: undefined,
    });
    expect(environmentOf(stack).SM_LLAMA_CPP_MODEL).toBe('/opt/ml/model/qwen-Q6_K.gguf');
    expect(warningsOf(stack)).toEqual([]);
  });
});

describe('a model of the hub', () => {
  const hub = (props: Partial<GgufEndpointProps> = {}) =>
    made({ model: ModelSource.huggingFace('Qwen/Qwen2.5-7B-Instruct-GGUF', { config: QWEN_7B }), ...props });

  test('is downloaded in the type that was chosen', () => {
    expect(environmentOf(hub({ files: undefined, quality: GgufQuality.HIGH }))).toMatchObject({
      SM_LLAMA_CPP_HF_REPO: 'Qwen/Qwen2.5-7B-Instruct-GGUF:Q8_0',
    });
    expect(environmentOf(hub())).toMatchObject({ SM_LLAMA_CPP_HF_FILE: 'qwen-q4_k_m.gguf' });
  });

  test('cannot be pinned', () => {
    expect(warningsOf(hub())).toContain('GGUF_REVISION_NOT_READ');
  });
});

describe('contexts', () => {
  const contextOf = (props: Partial<GgufEndpointProps>) => {
    const { SM_LLAMA_CPP_CTX_SIZE, SM_LLAMA_CPP_PARALLEL, SM_LLAMA_CPP_KV_UNIFIED } = environmentOf(made(props));
    return [SM_LLAMA_CPP_CTX_SIZE, SM_LLAMA_CPP_PARALLEL, SM_LLAMA_CPP_KV_UNIFIED];
  };

  test('are of the full length for each slot', () => {
    expect(contextOf({})).toEqual(['32768', '4', undefined]);
  });

  test('are one that all share when they are unified', () => {
    expect(contextOf({ unifiedKvCache: true })).toEqual(['8192', '4', 'true']);
  });

  test('are as long as the memory allows where nobody says', () => {
    const stack = testStack();
    const { plan } = gguf(stack, { maxModelLen: undefined, maxConcurrency: undefined });
    expect(plan).toMatchObject({ maxModelLen: 32_768, maxConcurrency: 4 });
  });

  test('hold half as much memory in 8-bit types', () => {
    const plans = ['f16', 'q8_0'].map((type) => {
      const stack = testStack();
      return gguf(stack, { kvTypeK: type, kvTypeV: type, maxModelLen: undefined, maxConcurrency: 32 }).plan;
    });
    expect(plans[1].maxModelLen).toBeGreaterThan(plans[0].maxModelLen! * 1.7);
  });

  test('must be known at synth, since they are multiplied', () => {
    expect(errorsOf(made({ maxModelLen: Lazy.number({ produce: () => 4096 }) }))).toContain(
      'CONTEXT_KNOWN_AT_DEPLOYMENT_ONLY',
    );
  });
});

describe('llama-server', () => {
  test('has all layers on the GPU, and on a CPU is asked for none', () => {
    expect(environmentOf(made()).SM_LLAMA_CPP_N_GPU_LAYERS).toBe('999');
    expect(environmentOf(made({ instanceType: InstanceType.of('ml.c7i.4xlarge') }))).not.toHaveProperty(
      'SM_LLAMA_CPP_N_GPU_LAYERS',
    );
  });

  test('is given flash attention as a word, which the start script does not drop', () => {
    expect(environmentOf(made({ flashAttention: 'on' })).SM_LLAMA_CPP_FLASH_ATTN).toBe('on');
    expect(errorsOf(made({ flashAttention: 'true' }))).toContain('FLASH_ATTENTION_VALUE');
    expect(errorsOf(made({ flashAttention: 'off', kvTypeV: 'q8_0' }))).toContain(
      'QUANTIZED_VALUES_NEED_FLASH_ATTENTION',
    );
  });

  test('is given the projector beside the model', () => {
    const stack = made({ projector: 'mmproj-F16.gguf' });
    expect(environmentOf(stack)).toMatchObject({
      SM_LLAMA_CPP_MODEL: '/opt/ml/model/qwen-q4_k_m.gguf',
      SM_LLAMA_CPP_MMPROJ: '/opt/ml/model/mmproj-F16.gguf',
    });
    expect(dataOf(stack)).toMatchObject({ S3DataType: 'S3Prefix', S3Uri: 's3://models/qwen/' });
  });

  test('keeps former prompts in memory that is there', () => {
    const sizeOn = (type: string, props: Partial<GgufEndpointProps> = {}) =>
      Number(environmentOf(made({ instanceType: InstanceType.of(type), ...props })).SM_LLAMA_CPP_CACHE_RAM);
    expect(sizeOn('ml.g6.12xlarge')).toBe(8192);
    expect(sizeOn('ml.c7i.2xlarge')).toBeLessThan(5000);
    expect(sizeOn('ml.c7i.2xlarge', { promptCacheSize: Size.mebibytes(0) })).toBe(0);
    expect(
      warningsOf(made({ instanceType: InstanceType.of('ml.c7i.2xlarge'), promptCacheSize: Size.gibibytes(32) })),
    ).toContain('PROMPT_CACHE_EXCEEDS_HOST_MEMORY');
  });

  test('reads no variable that is misspelt', () => {
    expect(warningsOf(made({ environment: { SM_LLAMA_CPP_CTX_SIZ: '1' } }))).toContain('VARIABLE_NOT_READ');
  });
});

test('a whole endpoint has nothing to warn of, and says what it is', () => {
  const stack = made();
  expect([...errorsOf(stack), ...warningsOf(stack)]).toEqual([]);
  expect(messagesOf(stack, 'info')[0]).toContain('(gguf:Q4_K_M) on ml.g6.2xlarge: 8,192 tokens × 4 sequences fit');
});
