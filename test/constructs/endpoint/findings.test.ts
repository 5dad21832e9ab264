import { SecretValue, Validations } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Alarm, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import {
  DeploymentStrategy,
  InstanceType,
  ModelSource,
  QuantizationScheme,
  type QuantizedEndpointProps,
} from '../../../index';
import { LLAMA_70B, QWEN_7B, QWEN_7B_AWQ } from '../models';
import { ENV, environmentOf, errorsOf, hubModel, makeEndpoint, messagesOf, testStack, warningsOf } from '../support';

describe('a wrong instance', () => {
  test('fails with the GPU, the reason and what works', () => {
    const stack = testStack();
    makeEndpoint(stack, { instanceType: InstanceType.P3_2XLARGE });
    const [message] = messagesOf(stack, 'error');
    expect(message).toContain('V100');
    expect(message).toMatch(/7\.0/);
    expect(message).toMatch(/use |take /);
  });

  test('fails all at once, beside whatever else is wrong', () => {
    const stack = testStack();
    makeEndpoint(stack, {
      instanceType: InstanceType.P3_2XLARGE,
      environment: { HF_TOKEN: 'hf_0123456789abcdefghijklmnopqrstuvwx' },
      maxMonthlyCost: 1,
    });
    expect(errorsOf(stack)).toEqual(expect.arrayContaining(['MONTHLY_COST_EXCEEDED']));
    expect(errorsOf(stack).length).toBeGreaterThanOrEqual(2);
  });

  test('of a name that does not exist fails with the nearest ones', () => {
    const stack = testStack();
    makeEndpoint(stack, { instanceType: InstanceType.of('ml.g6.3xlarge') });
    expect(errorsOf(stack)).toEqual(['INSTANCE_TYPE_UNKNOWN']);
    expect(messagesOf(stack, 'error')[0]).toContain('ml.g6.2xlarge');
  });

  test('too small for the weights fails', () => {
    const stack = testStack();
    makeEndpoint(stack, { model: hubModel(LLAMA_70B, 'meta-llama/Llama-3.1-70B') });
    expect(errorsOf(stack).length).toBeGreaterThanOrEqual(1);
  });
});

describe('fails', () => {
  const cases: [
    what: string,
    rule: string,
    props: (stack: ReturnType<typeof testStack>) => Partial<QuantizedEndpointProps>,
  ][] = [
    [
      'a scheme that contradicts the checkpoint',
      'SCHEME_CONTRADICTS_CHECKPOINT',
      () => ({ quantization: QuantizationScheme.GPTQ }),
    ],
    ['a scheme that does not exist', 'SCHEME_UNKNOWN', () => ({ quantization: QuantizationScheme.of('awk') })],
    ['more than it may cost', 'MONTHLY_COST_EXCEEDED', () => ({ maxMonthlyCost: 800 })],
    [
      'more than it may cost with every instance that scaling may add',
      'MONTHLY_COST_EXCEEDED',
      () => ({ maxMonthlyCost: 1_000, maxInstanceCount: 2 }),
    ],
    ['a length below 1', 'SPEC_OUT_OF_RANGE', () => ({ maxModelLen: 0 })],
    [
      'a canary of the whole fleet',
      'DEPLOYMENT_STRATEGY_OUT_OF_RANGE',
      () => ({ deploymentStrategy: DeploymentStrategy.canary({ canaryPercentage: 80 }) }),
    ],
    [
      'a linear step below the service’s',
      'DEPLOYMENT_STRATEGY_OUT_OF_RANGE',
      () => ({ deploymentStrategy: DeploymentStrategy.linear({ stepPercentage: 5 }) }),
    ],
    [
      'a share of requests above all',
      'DATA_CAPTURE_SAMPLING_OUT_OF_RANGE',
      (stack) => ({ dataCapture: { bucket: new Bucket(stack, 'B'), samplingPercentage: 101 } }),
    ],
    [
      'recording nothing',
      'DATA_CAPTURE_OF_NOTHING',
      (stack) => ({ dataCapture: { bucket: new Bucket(stack, 'B'), captureRequests: false, captureResponses: false } }),
    ],
    ['a scaling target of nothing', 'SCALING_TARGET_OUT_OF_RANGE', () => ({ scalingTarget: 0 })],
    [
      'a security group without a network',
      'NETWORK_WITHOUT_VPC',
      (stack) => ({ securityGroups: [SecurityGroup.fromSecurityGroupId(stack, 'G', 'sg-1')] }),
    ],
    [
      'more alarms than SageMaker watches',
      'TOO_MANY_ROLLBACK_ALARMS',
      (stack) => ({
        rollbackAlarms: Array.from(
          { length: 10 },
          (_, index) =>
            new Alarm(stack, `A${index}`, {
              metric: new Metric({ namespace: 'N', metricName: 'M' }),
              threshold: 1,
              evaluationPeriods: 1,
            }),
        ),
      }),
    ],
    [
      'a prefix that is an archive',
      'TARBALL_AS_PREFIX',
      (stack) => ({
        model: ModelSource.s3Prefix(new Bucket(stack, 'B'), 'models/model.tar.gz', { config: QWEN_7B_AWQ }),
      }),
    ],
    [
      'a hub token in the Parameter Store',
      'HUB_TOKEN_REFERENCE_UNSUPPORTED',
      () => ({ hubToken: SecretValue.ssmSecure('/hf/token') }),
    ],
  ];
  test.each(cases)('%s', (_, rule, props) => {
    const stack = testStack();
    makeEndpoint(stack, props(stack));
    expect(errorsOf(stack)).toContain(rule);
  });

  test('a region without a registry of AWS’s containers', () => {
    const stack = testStack({ ...ENV, region: 'mars-north-1' });
    makeEndpoint(stack);
    expect(errorsOf(stack)).toContain('REGION_WITHOUT_REGISTRY');
  });
});

describe('a hub token', () => {
  const token = 'hf_0123456789abcdefghijklmnopqrstuvwx';

  test('is a reference in the template, and its reader is told who can read it', () => {
    const stack = testStack();
    makeEndpoint(stack, { hubToken: SecretValue.secretsManager('hub-token') });
    expect(environmentOf(stack).HF_TOKEN).toBe('{{resolve:secretsmanager:hub-token:SecretString:::}}');
    expect(warningsOf(stack)).toEqual(['HUB_TOKEN_READABLE']);
  });

  test('works where the app checks for secrets in the template', () => {
    const stack = testStack(ENV, { '@aws-cdk/core:checkSecretUsage': true });
    makeEndpoint(stack, { hubToken: SecretValue.secretsManager('hub-token') });
    expect(environmentOf(stack).HF_TOKEN).toContain('{{resolve:secretsmanager:');
  });

  test('that is of no use is said to be', () => {
    const stack = testStack();
    makeEndpoint(stack, {
      model: ModelSource.s3Prefix(new Bucket(stack, 'B'), 'm/', { config: QWEN_7B_AWQ }),
      hubToken: SecretValue.secretsManager('hub-token'),
    });
    expect(warningsOf(stack)).toEqual(['HUB_TOKEN_UNUSED']);
  });

  test.each([
    ['as a secret value', { hubToken: SecretValue.unsafePlainText(token) }],
    ['as a variable', { environment: { HF_TOKEN: token } }],
  ])('is warned of in plain text, %s', (_, props) => {
    const stack = testStack();
    makeEndpoint(stack, props);
    expect(warningsOf(stack)).toContain('HUB_TOKEN_IN_PLAIN_TEXT');
    expect(messagesOf(stack, 'warning').join()).not.toContain(token);
  });
});

describe('a warning', () => {
  test('stays until it is acknowledged by its id', () => {
    const stack = testStack();
    const endpoint = makeEndpoint(stack, { model: ModelSource.huggingFace('org/model', { config: QWEN_7B }) });
    expect(warningsOf(stack)).toContain('MODEL_REVISION_NOT_PINNED');
    Validations.of(endpoint).acknowledge({ id: 'MODEL_REVISION_NOT_PINNED', reason: 'a nightly experiment' });
    expect(warningsOf(stack)).not.toContain('MODEL_REVISION_NOT_PINNED');
  });

  test('can be acknowledged beforehand for a whole stack', () => {
    const stack = testStack();
    Validations.of(stack).acknowledge({ id: 'MODEL_REVISION_NOT_PINNED', reason: 'a sandbox' });
    makeEndpoint(stack, { model: ModelSource.huggingFace('org/model', { config: QWEN_7B }) });
    expect(warningsOf(stack)).not.toContain('MODEL_REVISION_NOT_PINNED');
  });

  test('on a price that is not known replaces the limit', () => {
    const stack = testStack({ ...ENV, region: 'af-south-1' });
    makeEndpoint(stack, { maxMonthlyCost: 100 });
    expect(warningsOf(stack)).toContain('MONTHLY_COST_UNKNOWN');
    expect(errorsOf(stack)).not.toContain('MONTHLY_COST_EXCEEDED');
  });

  test('on a variable that nothing reads names the one that was meant', () => {
    const stack = testStack();
    makeEndpoint(stack, { environment: { OPTION_MAX_ROLLING_BATCH_SIZ: '8' } });
    expect(messagesOf(stack, 'warning').join()).toContain('OPTION_MAX_ROLLING_BATCH_SIZE');
  });
});

test('an endpoint with errors is still a template, so that every other construct can be checked too', () => {
  const stack = testStack();
  makeEndpoint(stack, {
    quantization: QuantizationScheme.of('awk'),
    instanceType: InstanceType.of('ml.nothing.large'),
  });
  expect(errorsOf(stack).length).toBeGreaterThanOrEqual(1);
  Template.fromStack(stack).resourceCountIs('AWS::SageMaker::Endpoint', 1);
});
