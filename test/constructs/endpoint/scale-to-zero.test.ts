import { CfnParameter, Duration } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Schedule } from 'aws-cdk-lib/aws-applicationautoscaling';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import {
  DeploymentStrategy,
  InstanceType,
  ModelSource,
  QuantizationScheme,
  ScaleInStrategy,
  ServingContainer,
  type QuantizedEndpoint,
  type QuantizedEndpointProps,
} from '../../../index';
import { QWEN_7B_AWQ } from '../models';
import { errorsOf, makeEndpoint, messagesOf, resourceOf, testStack, variantOf, warningsOf } from '../support';

function make(
  props: Partial<QuantizedEndpointProps> = {},
  region = 'us-east-1',
  use?: (endpoint: QuantizedEndpoint) => void,
) {
  const stack = testStack({ account: '123456789012', region });
  const endpoint = makeEndpoint(stack, { minInstanceCount: 0, ...props });
  use?.(endpoint);
  return { stack, endpoint, template: Template.fromStack(stack) };
}

describe('an endpoint with minInstanceCount 0', () => {
  const { stack, endpoint, template } = make({ maxInstanceCount: 3, maxConcurrency: 10 });

  test('has a variant without a model, whose instances come and go down to none', () => {
    const variant = variantOf(stack);
    expect(variant).toMatchObject({
      InitialInstanceCount: 1,
      ManagedInstanceScaling: { Status: 'ENABLED', MinInstanceCount: 0, MaxInstanceCount: 3 },
      RoutingConfig: { RoutingStrategy: 'LEAST_OUTSTANDING_REQUESTS' },
    });
    expect(variant).not.toHaveProperty('ModelName');
    expect(variant).not.toHaveProperty('ContainerStartupHealthCheckTimeoutInSeconds');
  });

  test('has its role, isolation and network on the configuration', () => {
    expect(resourceOf(stack, 'AWS::SageMaker::EndpointConfig')).toMatchObject({
      ExecutionRoleArn: { 'Fn::GetAtt': [expect.stringMatching(/^ChatRole/), 'Arn'] },
      EnableNetworkIsolation: false,
    });
  });

  test('has its model in an inference component that is created with one copy', () => {
    expect(resourceOf(stack, 'AWS::SageMaker::InferenceComponent')).toMatchObject({
      VariantName: 'AllTraffic',
      RuntimeConfig: { CopyCount: 1 },
      Specification: {
        ModelName: { 'Fn::GetAtt': [expect.stringMatching(/^ChatModel/), 'ModelName'] },
        ComputeResourceRequirements: {
          NumberOfAcceleratorDevicesRequired: 1,
          MinMemoryRequiredInMb: expect.any(Number),
        },
        StartupParameters: { ContainerStartupHealthCheckTimeoutInSeconds: expect.any(Number) },
      },
      DeploymentConfig: {
        RollingUpdatePolicy: {
          MaximumBatchSize: { Type: 'CAPACITY_PERCENT', Value: 50 },
          WaitIntervalInSeconds: 300,
        },
        AutoRollbackConfiguration: {
          Alarms: [{ AlarmName: { Ref: expect.stringMatching(/ServerErrorsAlarm/) } }],
        },
      },
    });
  });

  test('scales its copies from none on by the concurrent requests of each', () => {
    expect(resourceOf(stack, 'AWS::ApplicationAutoScaling::ScalableTarget')).toMatchObject({
      MinCapacity: 0,
      MaxCapacity: 3,
      ScalableDimension: 'sagemaker:inference-component:DesiredCopyCount',
      ResourceId: `inference-component/${endpoint.inferenceComponentName}`,
    });
    template.hasResourceProperties('AWS::ApplicationAutoScaling::ScalingPolicy', {
      PolicyType: 'TargetTrackingScaling',
      TargetTrackingScalingPolicyConfiguration: {
        PredefinedMetricSpecification: {
          PredefinedMetricType: 'SageMakerInferenceComponentConcurrentRequestsPerCopyHighResolution',
        },
        TargetValue: 7,
      },
    });
  });

  test('is woken by the first request that finds no copy', () => {
    template.hasResourceProperties('AWS::ApplicationAutoScaling::ScalingPolicy', {
      PolicyType: 'StepScaling',
      StepScalingPolicyConfiguration: {
        AdjustmentType: 'ChangeInCapacity',
        StepAdjustments: [{ MetricIntervalLowerBound: 0, ScalingAdjustment: 1 }],
      },
    });
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      MetricName: 'NoCapacityInvocationFailures',
      Dimensions: [{ Name: 'InferenceComponentName', Value: endpoint.inferenceComponentName }],
      // More than one would leave the first request without an answer for ever.
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      Threshold: 1,
      EvaluationPeriods: 1,
      AlarmActions: [{ Ref: Match.stringLikeRegexp('WakePolicy') }],
    });
  });

  test('scales a component that exists', () => {
    const [target] = Object.values(template.findResources('AWS::ApplicationAutoScaling::ScalableTarget'));
    expect(target.DependsOn).toEqual([expect.stringMatching(/^ChatComponent/)]);
  });

  test('says how long the first request after a pause waits', () => {
    expect(errorsOf(stack)).toEqual([]);
    expect(warningsOf(stack)).toEqual(['COLD_START_FROM_ZERO']);
    expect(messagesOf(stack, 'warning')[0]).toMatch(/about \d+ minutes/);
  });

  test('is measured by its component', () => {
    expect(stack.resolve(endpoint.metricConcurrentRequests())).toMatchObject({
      metricName: 'ConcurrentRequestsPerCopy',
      dimensions: { InferenceComponentName: endpoint.inferenceComponentName },
    });
    expect(endpoint.metricGpuMemoryUtilization()).toMatchObject({ namespace: '/aws/sagemaker/InferenceComponents' });
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      MetricName: 'Invocation5XXErrors',
      Dimensions: [{ Name: 'InferenceComponentName', Value: endpoint.inferenceComponentName }],
    });
  });

  test('is not a blue/green deployment, which components do not have', () => {
    expect(resourceOf(stack, 'AWS::SageMaker::Endpoint')).not.toHaveProperty('DeploymentConfig');
  });

  test('has another name and id than with one instance, for it cannot take its place', () => {
    const { stack: other, template: served } = make({ minInstanceCount: 1, maxInstanceCount: 3 });
    const ids = [template, served].map((t) => Object.keys(t.findResources('AWS::SageMaker::Endpoint'))[0]);
    const names = [stack, other].map((s) => resourceOf(s, 'AWS::SageMaker::Endpoint').EndpointName);
    expect(ids[0]).not.toBe(ids[1]);
    expect(names[0]).not.toBe(names[1]);
    for (const name of [names[0], endpoint.inferenceComponentName])
      expect(name).toMatch(/^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/);
  });
});

describe('permissions', () => {
  test('to invoke are for the endpoint and its component', () => {
    const { template } = make({}, undefined, (endpoint) => {
      endpoint.grants.invoke(
        new Role(endpoint.stack, 'Caller', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') }),
      );
    });
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: [
          {
            Action: ['sagemaker:InvokeEndpoint', 'sagemaker:InvokeEndpointWithResponseStream'],
            Resource: [
              { Ref: Match.stringLikeRegexp('^ChatHost') },
              { 'Fn::Join': ['', Match.arrayWith([Match.stringLikeRegexp('inference-component/Test')])] },
            ],
          },
        ],
      },
      Roles: [{ Ref: Match.stringLikeRegexp('^Caller') }],
    });
  });

  test('of the role reach the log of the component', () => {
    const { stack, endpoint } = make();
    const text = JSON.stringify(resourceOf(stack, 'AWS::IAM::Policy'));
    expect(text).toContain(`log-group:/aws/sagemaker/InferenceComponents/${endpoint.inferenceComponentName}`);
  });
});

describe('copies', () => {
  test('that share an instance are counted for each instance', () => {
    const { stack } = make({
      instanceType: InstanceType.G6_12XLARGE,
      tensorParallelSize: 2,
      maxInstanceCount: 3,
      schedules: [{ schedule: Schedule.cron({ hour: '7', minute: '0' }), minCapacity: 1 }],
    });
    expect(resourceOf(stack, 'AWS::ApplicationAutoScaling::ScalableTarget')).toMatchObject({
      MaxCapacity: 6,
      ScheduledActions: [{ ScalableTargetAction: { MinCapacity: 2 } }],
    });
    expect(errorsOf(stack)).toEqual([]);
    // Both GPUs of the other pair take a copy: none is idle.
    expect(warningsOf(stack)).toEqual(['COLD_START_FROM_ZERO']);
  });

  test('on a CPU have an instance each', () => {
    const stack = testStack();
    makeEndpoint(stack, {
      minInstanceCount: 0,
      model: ModelSource.s3Object(new Bucket(stack, 'Models'), 'model.gguf', { config: QWEN_7B_AWQ }),
      quantization: QuantizationScheme.gguf('Q4_K_M'),
      container: ServingContainer.llamaCpp(),
      instanceType: InstanceType.C7I_8XLARGE,
      maxModelLen: 2048,
      maxInstanceCount: 2,
    });
    const { Specification } = resourceOf(stack, 'AWS::SageMaker::InferenceComponent') as {
      Specification: { ComputeResourceRequirements: Record<string, number> };
    };
    expect(Specification.ComputeResourceRequirements.NumberOfCpuCoresRequired).toBeGreaterThan(15);
    expect(Specification.ComputeResourceRequirements).not.toHaveProperty('NumberOfAcceleratorDevicesRequired');
    expect(resourceOf(stack, 'AWS::ApplicationAutoScaling::ScalableTarget')).toMatchObject({ MaxCapacity: 2 });
  });

  test('up to a number that only deployment knows', () => {
    const stack = testStack();
    const most = new CfnParameter(stack, 'Most', { type: 'Number' });
    makeEndpoint(stack, { minInstanceCount: 0, maxInstanceCount: most.valueAsNumber });
    expect(resourceOf(stack, 'AWS::ApplicationAutoScaling::ScalableTarget').MaxCapacity).toEqual({ Ref: 'Most' });
    expect(variantOf(stack)).toMatchObject({ ManagedInstanceScaling: { MaxInstanceCount: { Ref: 'Most' } } });
  });
});

describe('what cannot be', () => {
  test('a region that refuses a minimum of none', () => {
    expect(errorsOf(make({}, 'eu-west-3').stack)).toContain('SCALE_TO_ZERO_REFUSED_IN_REGION');
  });

  test('a blue/green update', () => {
    expect(errorsOf(make({ deploymentStrategy: DeploymentStrategy.canary() }).stack)).toEqual([
      'DEPLOYMENT_STRATEGY_NOT_FOR_COMPONENTS',
    ]);
    const { stack } = make({ deploymentStrategy: DeploymentStrategy.rolling({ batchPercentage: 20 }) });
    expect(errorsOf(stack)).toEqual([]);
    expect(resourceOf(stack, 'AWS::SageMaker::InferenceComponent')).toMatchObject({
      DeploymentConfig: { RollingUpdatePolicy: { MaximumBatchSize: { Value: 20 } } },
    });
  });
});

describe('managed scale-in', () => {
  test('consolidates when it is told to', () => {
    const { stack } = make({
      managedScaleIn: { strategy: ScaleInStrategy.CONSOLIDATION, maxStepSize: 2, cooldown: Duration.hours(1) },
    });
    expect(variantOf(stack)).toMatchObject({
      ManagedInstanceScaling: {
        ScaleInPolicy: { Strategy: 'CONSOLIDATION', MaximumStepSize: 2, CooldownInMinutes: 60 },
      },
    });
  });

  test.each([[{ cooldown: Duration.minutes(4) }], [{ cooldown: Duration.days(2) }], [{ maxStepSize: 0 }]])(
    'refuses %j',
    (managedScaleIn) => {
      expect(errorsOf(make({ managedScaleIn }).stack)).toEqual(['MANAGED_SCALE_IN_OUT_OF_RANGE']);
    },
  );

  test('is of no use where the endpoint holds the model itself', () => {
    const { stack } = make({ minInstanceCount: 1, managedScaleIn: {} });
    expect(warningsOf(stack)).toEqual(['MANAGED_SCALE_IN_WITHOUT_COMPONENTS']);
    expect(variantOf(stack)).not.toHaveProperty('ManagedInstanceScaling');
  });
});
