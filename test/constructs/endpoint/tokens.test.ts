import { App, Aws, CfnParameter, Duration, Lazy, SecretValue, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Role } from 'aws-cdk-lib/aws-iam';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import {
  ContainerImage,
  InstanceType,
  ModelSource,
  ServingContainer,
  type QuantizedEndpointProps,
} from '../../../index';
import { QWEN_7B_AWQ } from '../models';
import { errorsOf, makeEndpoint, messagesOf, testStack, warningsOf } from '../support';

const text = (value: string) => Lazy.string({ produce: () => value });
const number = (value: number) => Lazy.number({ produce: () => value });

/** Every prop that a template may leave to deployment. Its value must come out of the template again. */
const PROPS: [prop: string, value: string, make: (stack: Stack) => Partial<QuantizedEndpointProps>][] = [
  ['endpointName', 'some-name', () => ({ endpointName: text('some-name') })],
  ['instanceType', 'ml.g6.4xlarge', () => ({ instanceType: InstanceType.of(text('ml.g6.4xlarge')) })],
  ['maxModelLen', '"OPTION_MAX_MODEL_LEN":"4097"', () => ({ maxModelLen: number(4097) })],
  ['maxConcurrency', '"OPTION_MAX_ROLLING_BATCH_SIZE":"11"', () => ({ maxConcurrency: number(11) })],
  ['tensorParallelSize', '"OPTION_TENSOR_PARALLEL_DEGREE":"1"', () => ({ tensorParallelSize: number(1) })],
  ['gpuMemoryUtilization', '"OPTION_GPU_MEMORY_UTILIZATION":"0.87"', () => ({ gpuMemoryUtilization: number(0.87) })],
  ['dtype', '"OPTION_DTYPE":"float16"', () => ({ dtype: text('float16') })],
  ['environment', '"OPTION_MAX_LORAS":"3"', () => ({ environment: { OPTION_MAX_LORAS: text('3') } })],
  ['maxInstanceCount', '"MaxCapacity":3', () => ({ maxInstanceCount: number(3) })],
  ['minInstanceCount', '"MinCapacity":2', () => ({ minInstanceCount: number(2), maxInstanceCount: 5 })],
  ['initialInstanceCount', '"InitialInstanceCount":2', () => ({ initialInstanceCount: number(2) })],
  ['scalingTarget', '"TargetValue":5', () => ({ scalingTarget: number(5), maxInstanceCount: 2 })],
  [
    'inferenceAmiVersion',
    'al2-ami-sagemaker-inference-gpu-3-1',
    () => ({ inferenceAmiVersion: text('al2-ami-sagemaker-inference-gpu-3-1') }),
  ],
  [
    'hubToken',
    '{{resolve:secretsmanager:some-name',
    () => ({ hubToken: SecretValue.secretsManager(text('some-name')) }),
  ],
  [
    'role',
    'arn:aws:iam::123456789012:role/mine',
    (stack) => ({ role: Role.fromRoleArn(stack, 'Mine', text('arn:aws:iam::123456789012:role/mine')) }),
  ],
  [
    'dataCapture',
    '"InitialSamplingPercentage":5',
    (stack) => ({
      dataCapture: { bucket: Bucket.fromBucketName(stack, 'B', text('b')), samplingPercentage: number(5) },
    }),
  ],
  [
    'model',
    's3://some-bucket/m/',
    (stack) => ({
      model: ModelSource.s3Prefix(Bucket.fromBucketName(stack, 'B', text('some-bucket')), 'm/', {
        config: QWEN_7B_AWQ,
      }),
    }),
  ],
];

describe('a value that only deployment knows is neither refused nor lost', () => {
  test.each(PROPS)('%s', (_, value, make) => {
    const stack = testStack();
    makeEndpoint(stack, make(stack));
    expect(errorsOf(stack)).toEqual([]);
    expect([...messagesOf(stack, 'warning'), ...messagesOf(stack, 'info')].join()).not.toContain('Token[');
    expect(JSON.stringify(Template.fromStack(stack).toJSON())).toContain(value);
  });

  test('maxMonthlyCost', () => {
    const stack = testStack();
    makeEndpoint(stack, { maxMonthlyCost: number(1) });
    expect(errorsOf(stack)).toEqual([]);
  });

  test('a cost that depends on it is said not to be known', () => {
    const stack = testStack();
    makeEndpoint(stack, { maxMonthlyCost: 10_000, maxInstanceCount: number(3) });
    expect(warningsOf(stack)).toEqual(['MONTHLY_COST_UNKNOWN']);
  });
});

describe('without a region and account', () => {
  const stack = new Stack(new App(), 'Anywhere');
  makeEndpoint(stack, {}, 'Chat');
  makeEndpoint(stack, {}, 'Code');

  test('nothing is wrong', () => {
    expect(errorsOf(stack)).toEqual([]);
    expect(warningsOf(stack)).toEqual([]);
  });

  test('the image comes from the registry of whichever region it is deployed to', () => {
    const template = Template.fromStack(stack);
    const mappings = template.findMappings('*');
    expect(Object.keys(mappings)).toHaveLength(1);
    const [[name, accounts]] = Object.entries(mappings);
    expect(accounts).toMatchObject({ 'us-east-1': { account: '763104351884' } });
    template.hasResourceProperties('AWS::SageMaker::Model', {
      PrimaryContainer: {
        Image: {
          'Fn::Join': [
            '',
            [
              { 'Fn::FindInMap': [name, { Ref: 'AWS::Region' }, 'account'] },
              '.dkr.ecr.',
              { Ref: 'AWS::Region' },
              '.',
              { Ref: 'AWS::URLSuffix' },
              Match.stringLikeRegexp('^/djl-inference:'),
            ],
          ],
        },
      },
    });
  });

  test('the price is not known, and the line says so', () => {
    expect(messagesOf(stack, 'info')[0]).toContain('price not known before the region is');
  });
});

test('a parameter can choose the image', () => {
  const stack = testStack();
  const tag = new CfnParameter(stack, 'Tag').valueAsString;
  const uri = `123456789012.dkr.ecr.us-east-1.${Aws.URL_SUFFIX}/vllm:${tag}`;
  expect(() =>
    makeEndpoint(stack, { container: ServingContainer.vllm({ image: ContainerImage.fromUri(uri) }) }),
  ).toThrow(expect.objectContaining({ id: 'IMAGE_NOT_IN_ECR' }));
});

test('times are durations in any unit', () => {
  const stack = testStack();
  makeEndpoint(stack, { startupTimeout: Duration.hours(1) });
  Template.fromStack(stack).hasResourceProperties('AWS::SageMaker::EndpointConfig', {
    ProductionVariants: [Match.objectLike({ ContainerStartupHealthCheckTimeoutInSeconds: 3600 })],
  });
});
