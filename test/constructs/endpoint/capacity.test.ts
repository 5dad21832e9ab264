import { CfnParameter, TimeZone } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Schedule } from 'aws-cdk-lib/aws-applicationautoscaling';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Topic } from 'aws-cdk-lib/aws-sns';
import {
  RoutingStrategy,
  ServingContainer,
  type AsyncInferenceOptions,
  type QuantizedEndpointProps,
  type ScalingSchedule,
} from '../../../index';
import { errorsOf, makeEndpoint, resourceOf, testStack, variantOf, warningsOf } from '../support';

function make(props: Partial<QuantizedEndpointProps> = {}) {
  const stack = testStack();
  makeEndpoint(stack, props);
  return stack;
}

describe('schedules', () => {
  const morning: ScalingSchedule = {
    schedule: Schedule.cron({ weekDay: 'MON-FRI', hour: '7', minute: '30' }),
    minCapacity: 2,
    timeZone: TimeZone.EUROPE_BERLIN,
  };
  const evening: ScalingSchedule = { schedule: Schedule.cron({ hour: '20', minute: '0' }), maxCapacity: 1 };

  test('change the bounds of an endpoint that scales', () => {
    const stack = make({ maxInstanceCount: 3, schedules: [morning, evening] });
    expect(resourceOf(stack, 'AWS::ApplicationAutoScaling::ScalableTarget')).toMatchObject({
      MinCapacity: 1,
      MaxCapacity: 3,
      ScheduledActions: [
        {
          Schedule: 'cron(30 7 ? * MON-FRI *)',
          Timezone: 'Europe/Berlin',
          ScalableTargetAction: { MinCapacity: 2 },
        },
        { Schedule: 'cron(0 20 * * ? *)', ScalableTargetAction: { MaxCapacity: 1 } },
      ],
    });
    expect(errorsOf(stack)).toEqual([]);
  });

  test('make one scale that otherwise would not', () => {
    const stack = make({ minInstanceCount: 2, maxInstanceCount: 2, schedules: [{ ...evening, minCapacity: 1 }] });
    expect(resourceOf(stack, 'AWS::ApplicationAutoScaling::ScalableTarget')).toMatchObject({
      MinCapacity: 2,
      MaxCapacity: 2,
    });
    expect(resourceOf(stack, 'AWS::SageMaker::Endpoint').RetainAllVariantProperties).toBe(true);
  });

  test('turn an endpoint off at night that scales to zero', () => {
    const stack = make({ minInstanceCount: 0, schedules: [{ ...evening, minCapacity: 0, maxCapacity: 0 }] });
    expect(resourceOf(stack, 'AWS::ApplicationAutoScaling::ScalableTarget')).toMatchObject({
      ScheduledActions: [{ ScalableTargetAction: { MinCapacity: 0, MaxCapacity: 0 } }],
    });
    expect(errorsOf(stack)).toEqual([]);
  });

  test('with numbers that only deployment knows are not judged', () => {
    const stack = testStack();
    const number = new CfnParameter(stack, 'Night', { type: 'Number' }).valueAsNumber;
    makeEndpoint(stack, { maxInstanceCount: 3, schedules: [{ ...evening, maxCapacity: number }] });
    expect(errorsOf(stack)).toEqual([]);
  });

  test.each<[string, Partial<ScalingSchedule>]>([
    ['SCHEDULE_WITHOUT_CAPACITY', { maxCapacity: undefined }],
    ['SCHEDULE_CAPACITY_OUT_OF_RANGE', { minCapacity: 2, maxCapacity: 1 }],
    ['SCHEDULE_CAPACITY_OUT_OF_RANGE', { maxCapacity: 1.5 }],
    ['SCHEDULE_CAPACITY_OUT_OF_RANGE', { maxCapacity: -1 }],
    ['SCHEDULE_TO_ZERO_NOT_POSSIBLE', { maxCapacity: 0 }],
    ['SCHEDULE_TO_ZERO_NOT_POSSIBLE', { minCapacity: 0 }],
    ['SCHEDULE_ABOVE_MAXIMUM', { maxCapacity: 4 }],
    ['SCHEDULE_ABOVE_MAXIMUM', { minCapacity: 4, maxCapacity: undefined }],
  ])('%s for %j', (rule, change) => {
    expect(errorsOf(make({ maxInstanceCount: 3, schedules: [{ ...evening, ...change }] }))).toEqual([rule]);
  });
});

describe('routing', () => {
  test('by the beginning of the prompt passes over an instance that is as busy as planned', () => {
    const stack = make({ routing: RoutingStrategy.prefixAware(), maxConcurrency: 9, maxInstanceCount: 2 });
    expect(variantOf(stack).RoutingConfig).toEqual({
      RoutingStrategy: 'PREFIX_AWARE',
      PrefixAwareRoutingConfig: { PrefixLength: 1024, ConcurrencyThreshold: 9 },
    });
    expect(warningsOf(stack)).toEqual([]);
  });

  test('takes what is asked for', () => {
    const routing = RoutingStrategy.prefixAware({ prefixLength: 4096, concurrencyThreshold: 3 });
    expect(variantOf(make({ routing })).RoutingConfig).toMatchObject({
      PrefixAwareRoutingConfig: { PrefixLength: 4096, ConcurrencyThreshold: 3 },
    });
    expect(variantOf(make({ routing: RoutingStrategy.random() })).RoutingConfig).toEqual({ RoutingStrategy: 'RANDOM' });
  });

  test.each([
    { prefixLength: 1023 },
    { prefixLength: 65_537 },
    { concurrencyThreshold: 0 },
    { concurrencyThreshold: 1025 },
  ])('refuses %j', (options) => {
    expect(errorsOf(make({ routing: RoutingStrategy.prefixAware(options) }))).toEqual(['ROUTING_OUT_OF_RANGE']);
  });

  test('by a cache that is switched off, or that the container does not tell of, is a warning', () => {
    expect(warningsOf(make({ routing: RoutingStrategy.prefixAware(), enablePrefixCaching: false }))).toEqual([
      'ROUTING_WITHOUT_PREFIX_CACHE',
    ]);
    expect(warningsOf(make({ routing: RoutingStrategy.kvAware() }))).toEqual(['ROUTING_NOT_SUPPORTED_BY_CONTAINER']);
    expect(warningsOf(make({ routing: RoutingStrategy.kvAware(), container: ServingContainer.vllm() }))).toEqual([]);
  });
});

describe('a capacity reservation', () => {
  test('is the only place that instances come from', () => {
    const capacityReservationArn = 'arn:aws:sagemaker:us-east-1:123456789012:training-plan/p5-plan';
    expect(variantOf(make({ capacityReservationArn })).CapacityReservationConfig).toEqual({
      CapacityReservationPreference: 'capacity-reservations-only',
      MlReservationArn: capacityReservationArn,
    });
  });

  test('of EC2, or none at all, is refused', () => {
    for (const capacityReservationArn of ['arn:aws:ec2:us-east-1:123456789012:capacity-reservation/cr-1', 'p5-plan'])
      expect(errorsOf(make({ capacityReservationArn }))).toEqual(['CAPACITY_RESERVATION_ARN_INVALID']);
  });
});

describe('an asynchronous endpoint', () => {
  const makeAsync = (options: Partial<AsyncInferenceOptions> = {}, props: Partial<QuantizedEndpointProps> = {}) => {
    const stack = testStack();
    const bucket = new Bucket(stack, 'Answers');
    const endpoint = makeEndpoint(stack, { maxConcurrency: 6, ...props, asyncInference: { bucket, ...options } });
    return { stack, endpoint, bucket };
  };

  test('keeps answers and failures apart, and is handed as many requests as are planned', () => {
    const { stack } = makeAsync();
    const path = (name: string) => ({
      'Fn::Join': [
        '',
        ['s3://', { Ref: expect.stringMatching(/^Answers/) }, expect.stringMatching(`^/async/.*/${name}$`)],
      ],
    });
    expect(resourceOf(stack, 'AWS::SageMaker::EndpointConfig').AsyncInferenceConfig).toEqual({
      ClientConfig: { MaxConcurrentInvocationsPerInstance: 6 },
      OutputConfig: { S3OutputPath: path('answers'), S3FailurePath: path('failures') },
    });
    expect(errorsOf(stack)).toEqual([]);
    expect(warningsOf(stack)).toEqual([]);
  });

  test('holds its model itself, even where it scales to zero', () => {
    const { stack, endpoint } = makeAsync({}, { minInstanceCount: 0, maxInstanceCount: 2 });
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::SageMaker::InferenceComponent', 0);
    expect(endpoint.inferenceComponentName).toBeUndefined();
    expect(variantOf(stack)).toMatchObject({ InitialInstanceCount: 1, ModelName: expect.anything() });
    expect(resourceOf(stack, 'AWS::ApplicationAutoScaling::ScalableTarget')).toMatchObject({
      MinCapacity: 0,
      MaxCapacity: 2,
      ScalableDimension: 'sagemaker:variant:DesiredInstanceCount',
    });
    template.hasResourceProperties('AWS::ApplicationAutoScaling::ScalingPolicy', {
      TargetTrackingScalingPolicyConfiguration: {
        CustomizedMetricSpecification: {
          MetricName: 'ApproximateBacklogSizePerInstance',
          Dimensions: [{ Name: 'EndpointName' }],
        },
        TargetValue: 4,
      },
    });
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      MetricName: 'HasBacklogWithoutCapacity',
      Threshold: 1,
      AlarmActions: [{ Ref: Match.stringLikeRegexp('WakePolicy') }],
    });
    expect(warningsOf(stack)).toEqual([]);
  });

  test('has no alarms on metrics that it does not publish', () => {
    Template.fromStack(makeAsync().stack).resourceCountIs('AWS::CloudWatch::Alarm', 0);
  });

  test('tells topics, encrypts answers, and reads requests from a bucket of their own', () => {
    const stack = testStack();
    const key = new Key(stack, 'Key');
    makeEndpoint(stack, {
      asyncInference: {
        bucket: new Bucket(stack, 'Answers'),
        inputBucket: new Bucket(stack, 'Requests'),
        inputPrefix: 'in/',
        outputPrefix: 'out/',
        failurePrefix: 'out',
        successTopic: new Topic(stack, 'Done'),
        errorTopic: new Topic(stack, 'Failed'),
        encryptionKey: key,
        maxConcurrentInvocations: 2,
      },
    });
    expect(resourceOf(stack, 'AWS::SageMaker::EndpointConfig').AsyncInferenceConfig).toMatchObject({
      ClientConfig: { MaxConcurrentInvocationsPerInstance: 2 },
      OutputConfig: {
        KmsKeyId: { 'Fn::GetAtt': [expect.stringMatching(/^Key/), 'Arn'] },
        NotificationConfig: {
          SuccessTopic: { Ref: expect.stringMatching(/^Done/) },
          ErrorTopic: { Ref: expect.stringMatching(/^Failed/) },
        },
      },
    });
    const policy = JSON.stringify(resourceOf(stack, 'AWS::IAM::Policy'));
    for (const part of ['"/in/*"', '"/out/*"', 'sns:Publish', 'kms:GenerateDataKey']) expect(policy).toContain(part);
    // One statement for a prefix that takes both.
    expect(policy.match(/"\/out\/\*"/g)).toHaveLength(1);
  });

  test('grants putting requests into its queue', () => {
    const { stack, endpoint } = makeAsync();
    endpoint.grants.invokeAsync(new Role(stack, 'Caller', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') }));
    Template.fromStack(stack).hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: { Statement: [{ Action: 'sagemaker:InvokeEndpointAsync' }] },
      Roles: [{ Ref: Match.stringLikeRegexp('^Caller') }],
    });
  });

  test.each([0, 1001, 1.5])('refuses %d requests at once', (maxConcurrentInvocations) => {
    expect(errorsOf(makeAsync({ maxConcurrentInvocations }).stack)).toEqual(['ASYNC_INVOCATIONS_OUT_OF_RANGE']);
  });
});
