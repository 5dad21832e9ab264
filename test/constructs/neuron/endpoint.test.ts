import { Lazy, type Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import {
  InstanceType,
  ModelSource,
  NeuronCompilation,
  NeuronEndpoint,
  NeuronQuantization,
  type NeuronEndpointProps,
} from '../../../index';
import { COMMIT, LLAMA_70B, QWEN_7B } from '../models';
import { environmentOf, errorsOf, resourceOf, testStack, variantOf, warningsOf } from '../support';

const LLAMA_8B = {
  ...LLAMA_70B,
  hidden_size: 4096,
  intermediate_size: 14_336,
  num_attention_heads: 32,
  num_hidden_layers: 32,
};

function neuron(stack: Stack, props: Partial<NeuronEndpointProps> = {}, config: Record<string, unknown> = LLAMA_8B) {
  return new NeuronEndpoint(stack, 'Chat', {
    model: ModelSource.huggingFace('meta-llama/Llama-3.1-8B-Instruct', { revision: COMMIT, config }),
    instanceType: InstanceType.of('ml.inf2.8xlarge'),
    ...props,
  });
}

function made(props: Partial<NeuronEndpointProps> = {}, config?: Record<string, unknown>): Stack {
  const stack = testStack();
  neuron(stack, props, config);
  return stack;
}

const imageOf = (stack: Stack) =>
  JSON.stringify(
    (resourceOf(stack, 'AWS::SageMaker::Model') as { PrimaryContainer: { Image: unknown } }).PrimaryContainer.Image,
  );

describe('by default', () => {
  test('the Hugging Face image serves 16-bit weights, compiled at the start for a shape that fits', () => {
    const stack = made();
    expect(imageOf(stack)).toContain('huggingface-vllm-inference-neuronx:');
    expect(environmentOf(stack)).toMatchObject({
      SM_ON_MODEL: 'meta-llama/Llama-3.1-8B-Instruct',
      SM_ON_SEQUENCE_LENGTH: '4096',
      SM_ON_BATCH_SIZE: '4',
      SM_ON_TENSOR_PARALLEL_SIZE: '2',
      SM_ON_ALLOW_NON_CACHED_MODEL: '',
    });
    expect([...errorsOf(stack), ...warningsOf(stack)]).toEqual([]);
  });

  test('the host has the newer driver, and the start all the time there is', () => {
    expect(variantOf(made())).toMatchObject({
      InferenceAmiVersion: 'al2-ami-sagemaker-inference-neuron-2',
      ContainerStartupHealthCheckTimeoutInSeconds: 3600,
    });
  });

  test('the plan has the shape', () => {
    expect(neuron(testStack()).plan).toMatchObject({ maxModelLen: 4096, maxConcurrency: 4, kvCacheTokens: 16_384 });
  });

  test('as many cores are taken as the model divides by', () => {
    const degree = (type: string, config?: Record<string, unknown>) =>
      environmentOf(made({ instanceType: InstanceType.of(type) }, config)).SM_ON_TENSOR_PARALLEL_SIZE;
    expect(degree('ml.inf2.48xlarge')).toBe('16');
    expect(degree('ml.trn1.32xlarge')).toBe('32');
    expect(degree('ml.inf2.24xlarge', QWEN_7B)).toBe('4');
  });

  test('the batch shrinks until it fits', () => {
    const stack = made({ maxModelLen: 32_768 });
    expect(environmentOf(stack)).toMatchObject({ SM_ON_SEQUENCE_LENGTH: '32768', SM_ON_BATCH_SIZE: '4' });
    expect(environmentOf(made({ maxModelLen: 65_536 }))).toMatchObject({ SM_ON_BATCH_SIZE: '2' });
  });
});

describe('INT8', () => {
  const int8 = (props: Partial<NeuronEndpointProps> = {}) => made({ quantization: NeuronQuantization.INT8, ...props });

  test('is served by the last LMI that knows Neuron, with time to load', () => {
    const stack = int8();
    expect(imageOf(stack)).toContain('djl-inference:0.29.0-neuronx-sdk2.19.1');
    expect(environmentOf(stack)).toMatchObject({
      OPTION_ENTRYPOINT: 'djl_python.transformers_neuronx',
      OPTION_QUANTIZE: 'static_int8',
      OPTION_N_POSITIONS: '4096',
      OPTION_MAX_ROLLING_BATCH_SIZE: '4',
      OPTION_TENSOR_PARALLEL_DEGREE: '2',
      OPTION_MODEL_LOADING_TIMEOUT: '3600',
    });
    expect(errorsOf(stack)).toEqual([]);
  });

  test('is said to be maintained by nobody', () => {
    expect(warningsOf(int8())).toEqual(['NEURON_INT8_NOT_MAINTAINED']);
  });

  test('leaves room for twice the batch', () => {
    const batch = (quantization: NeuronQuantization) =>
      neuron(testStack(), { quantization, maxModelLen: 98_304 }).plan.maxConcurrency;
    expect([batch(NeuronQuantization.NONE), batch(NeuronQuantization.INT8)]).toEqual([1, 2]);
  });

  test('of 70 B on twelve cores is warned of', () => {
    const stack = testStack();
    neuron(
      stack,
      { quantization: NeuronQuantization.INT8, instanceType: InstanceType.of('ml.inf2.24xlarge') },
      LLAMA_70B,
    );
    expect(warningsOf(stack)).toContain('NEURON_LARGE_INT8_KNOWN_FAILURE');
  });
});

describe('compiled beforehand', () => {
  const SHAPE = { batchSize: 8, sequenceLength: 2048, tensorParallelSize: 2 };
  const compiled = (props: Partial<NeuronEndpointProps> = {}, shape = SHAPE) => {
    const stack = testStack();
    neuron(stack, {
      model: ModelSource.s3Prefix(Bucket.fromBucketName(stack, 'Models', 'models'), 'llama-neuron/', {
        config: LLAMA_8B,
      }),
      compilation: NeuronCompilation.precompiled(shape),
      ...props,
    });
    return stack;
  };

  test('the shape is the artifact’s, nothing is compiled, and nothing is waited for', () => {
    const stack = compiled();
    expect(environmentOf(stack)).toMatchObject({
      SM_ON_MODEL: '/opt/ml/model',
      SM_ON_BATCH_SIZE: '8',
      SM_ON_SEQUENCE_LENGTH: '2048',
      SM_ON_TENSOR_PARALLEL_SIZE: '2',
    });
    expect(environmentOf(stack)).not.toHaveProperty('SM_ON_ALLOW_NON_CACHED_MODEL');
    expect(variantOf(stack).ContainerStartupHealthCheckTimeoutInSeconds).toBeLessThan(3600);
    expect(resourceOf(stack, 'AWS::SageMaker::Model').EnableNetworkIsolation).toBe(true);
    // A spec cannot say that there are graphs beside the weights.
    expect(warningsOf(stack)).not.toContain('NEURON_ISOLATED_WITHOUT_CACHE');
  });

  test.each([
    ['maxModelLen', { maxModelLen: 4096 }],
    ['maxConcurrency', { maxConcurrency: 4 }],
    ['tensorParallelSize', { tensorParallelSize: 1 }],
  ])('another %s is refused', (_name, props) => {
    expect(errorsOf(compiled(props))).toContain('NEURON_ARTIFACT_SHAPE_DIFFERS');
  });

  test('LMI is told where the graphs lie', () => {
    const props = {
      quantization: NeuronQuantization.INT8,
      compilation: NeuronCompilation.precompiled({ ...SHAPE, graphsPath: 'graphs' }),
    };
    expect(environmentOf(compiled(props)).OPTION_COMPILED_GRAPH_PATH).toBe('/opt/ml/model/graphs');
    expect(environmentOf(compiled({ quantization: NeuronQuantization.INT8 })).OPTION_COMPILED_GRAPH_PATH).toBe(
      '/opt/ml/model',
    );
  });

  test('a model of 70 B must be', () => {
    const large = { instanceType: InstanceType.of('ml.inf2.48xlarge') };
    expect(warningsOf(made(large, LLAMA_70B))).toContain('NEURON_COMPILING_OUTLASTS_START');
  });
});

test('the hub’s cache alone compiles nothing, and is reached by a hub id only', () => {
  const cached = { compilation: NeuronCompilation.CACHED_ONLY };
  expect(environmentOf(made(cached))).not.toHaveProperty('SM_ON_ALLOW_NON_CACHED_MODEL');
  const stack = testStack();
  const model = ModelSource.s3Prefix(Bucket.fromBucketName(stack, 'Models', 'models'), 'llama/', { config: LLAMA_8B });
  neuron(stack, { ...cached, model });
  expect(errorsOf(stack)).toContain('NEURON_CACHE_OUT_OF_REACH');
  expect(errorsOf(made({ ...cached, quantization: NeuronQuantization.INT8 }))).toContain('NEURON_CACHE_OUT_OF_REACH');
});

describe('what cannot start is refused', () => {
  test.each([
    ['Inferentia 1', { instanceType: InstanceType.of('ml.inf1.6xlarge') }, 'NEURON_IMAGE_NOT_FOR_CHIP'],
    ['a GPU', { instanceType: InstanceType.G6_2XLARGE }, 'CONTAINER_NEEDS_ACCELERATOR'],
    ['more cores than there are', { tensorParallelSize: 8 }, 'NEURON_CORES_EXCEEDED'],
    [
      'cores that Trainium does not join',
      { instanceType: InstanceType.of('ml.trn1.32xlarge'), tensorParallelSize: 4 },
      'NEURON_CORE_TOPOLOGY',
    ],
    ['logical cores on Inferentia2', { logicalNeuronCores: 2 }, 'NEURON_LOGICAL_CORES'],
    [
      'a length that only deployment knows',
      { maxModelLen: Lazy.number({ produce: () => 1 }) },
      'NEURON_SHAPE_KNOWN_AT_DEPLOYMENT_ONLY',
    ],
  ])('%s', (_name, props, rule) => {
    expect(errorsOf(made(props))).toContain(rule);
  });

  test('a host too small to compile is warned of', () => {
    expect(warningsOf(made({ instanceType: InstanceType.of('ml.inf2.xlarge') }))).toContain(
      'NEURON_HOST_MEMORY_FOR_COMPILING',
    );
  });
});

describe('a cache of compiled graphs in S3', () => {
  const cached = (props: Partial<NeuronEndpointProps> = {}, prefix?: string) => {
    const stack = testStack();
    const bucket = Bucket.fromBucketName(stack, 'Graphs', 'graphs');
    neuron(stack, { compilation: NeuronCompilation.cachedInS3(bucket, prefix), ...props });
    return stack;
  };
  const fromS3 = (stack: Stack) =>
    ModelSource.s3Prefix(Bucket.fromBucketName(stack, 'Models', 'models'), 'llama/', { config: LLAMA_8B });

  test('is where the image looks for graphs and leaves them', () => {
    expect(environmentOf(cached())).toMatchObject({
      NEURON_COMPILE_CACHE_URL: 's3://graphs/neuron-compile-cache/',
      SM_ON_ALLOW_NON_CACHED_MODEL: '',
    });
    expect(environmentOf(cached({}, 'chat'))).toMatchObject({ NEURON_COMPILE_CACHE_URL: 's3://graphs/chat/' });
    expect(errorsOf(cached())).toEqual([]);
    expect(warningsOf(cached())).toEqual([]);
  });

  test('has an option of its own in LMI', () => {
    const environment = environmentOf(cached({ quantization: NeuronQuantization.INT8 }));
    expect(environment).toMatchObject({ OPTION_COMPILED_GRAPH_PATH: 's3://graphs/neuron-compile-cache/' });
    expect(environment).not.toHaveProperty('NEURON_COMPILE_CACHE_URL');
  });

  test('may be read and written below its prefix, and nowhere else', () => {
    const statements = Object.values(Template.fromStack(cached()).findResources('AWS::IAM::Policy')).flatMap(
      ({ Properties }) => Properties.PolicyDocument.Statement as { Action: string | string[]; Resource: unknown }[],
    );
    const puts = statements.filter(({ Action }) => [Action].flat().includes('s3:PutObject'));
    expect(puts).toHaveLength(1);
    expect(JSON.stringify(puts[0].Resource)).toContain(':s3:::graphs/neuron-compile-cache/*');
  });

  test('is reached from a container whose model comes from S3, which is isolated otherwise', () => {
    const isolated = (make: (stack: Stack) => Partial<NeuronEndpointProps>) => {
      const stack = testStack();
      neuron(stack, { model: fromS3(stack), ...make(stack) });
      return resourceOf(stack, 'AWS::SageMaker::Model').EnableNetworkIsolation;
    };
    const compilation = (stack: Stack) =>
      NeuronCompilation.cachedInS3(Bucket.fromBucketName(stack, 'Graphs', 'graphs'));
    expect(isolated(() => ({}))).toBe(true);
    expect(isolated((stack) => ({ compilation: compilation(stack) }))).toBe(false);
    expect(errorsOf(cached({ networkIsolation: true }))).toContain('NEURON_CACHE_NEEDS_NETWORK');
  });
});
