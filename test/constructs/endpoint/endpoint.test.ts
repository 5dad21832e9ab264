import { App, Duration, NestedStack, Size, Stack, Tags } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Alarm, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Peer, Port, SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Topic } from 'aws-cdk-lib/aws-sns';
import {
  DeploymentStrategy,
  InstanceType,
  ModelSource,
  QuantizationScheme,
  QuantizedEndpoint,
  ServingContainer,
} from '../../../index';
import { COMMIT, LLAMA_70B, QWEN_7B, QWEN_7B_AWQ } from '../models';
import {
  ENV,
  environmentOf,
  errorsOf,
  hubModel,
  makeEndpoint,
  messagesOf,
  resourceOf,
  testStack,
  variantOf,
  warningsOf,
} from '../support';

describe('an endpoint with only what is required', () => {
  const stack = testStack();
  new QuantizedEndpoint(stack, 'Chat', { model: hubModel(), instanceType: InstanceType.G6_2XLARGE });
  const template = Template.fromStack(stack);

  test('is a role, a model, a config, an endpoint and the alarm that undoes an update', () => {
    const types = Object.values(template.toJSON().Resources as Record<string, { Type: string }>).map(
      ({ Type }) => Type,
    );
    expect(types.sort()).toEqual([
      'AWS::CloudWatch::Alarm',
      'AWS::IAM::Policy',
      'AWS::IAM::Role',
      'AWS::SageMaker::Endpoint',
      'AWS::SageMaker::EndpointConfig',
      'AWS::SageMaker::Model',
    ]);
  });

  test('has nothing to report', () => {
    expect(errorsOf(stack)).toEqual([]);
    expect(warningsOf(stack)).toEqual([]);
  });

  test('has a context and a batch that fit together', () => {
    const { OPTION_MAX_MODEL_LEN, OPTION_MAX_ROLLING_BATCH_SIZE } = environmentOf(stack);
    expect(OPTION_MAX_MODEL_LEN).toBe('32768');
    expect(Number(OPTION_MAX_ROLLING_BATCH_SIZE)).toBeGreaterThanOrEqual(4);
  });

  test('gives its model, config and role no names of its own', () => {
    for (const [type, name] of [
      ['AWS::SageMaker::Model', 'ModelName'],
      ['AWS::SageMaker::EndpointConfig', 'EndpointConfigName'],
      ['AWS::IAM::Role', 'RoleName'],
    ])
      expect(resourceOf(stack, type)).not.toHaveProperty(name);
  });

  test('has a name that SageMaker takes', () => {
    expect(resourceOf(stack, 'AWS::SageMaker::Endpoint').EndpointName).toMatch(/^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/);
  });

  test('replaces its fleet blue/green, watched by its alarm on errors', () => {
    template.hasResourceProperties('AWS::SageMaker::Endpoint', {
      DeploymentConfig: {
        AutoRollbackConfiguration: { Alarms: [{ AlarmName: { Ref: Match.stringLikeRegexp('ServerErrorsAlarm') } }] },
        BlueGreenUpdatePolicy: {
          TrafficRoutingConfiguration: { Type: 'ALL_AT_ONCE', WaitIntervalInSeconds: 300 },
          MaximumExecutionTimeoutInSeconds: Match.anyValue(),
        },
      },
    });
  });

  test('does not retain variant properties, since it does not scale', () => {
    expect(resourceOf(stack, 'AWS::SageMaker::Endpoint')).not.toHaveProperty('RetainAllVariantProperties');
  });
});

describe('a model from the hub', () => {
  test('is pinned to its revision, and the container may reach the hub', () => {
    const stack = testStack();
    makeEndpoint(stack);
    expect(environmentOf(stack)).toMatchObject({ HF_MODEL_ID: 'Qwen/Qwen2.5-7B-Instruct-AWQ', HF_REVISION: COMMIT });
    const model = resourceOf(stack, 'AWS::SageMaker::Model');
    expect(model.EnableNetworkIsolation).toBe(false);
    expect(model.PrimaryContainer).not.toHaveProperty('ModelDataSource');
  });

  test('is told to vLLM under vLLM’s own names', () => {
    const stack = testStack();
    makeEndpoint(stack, { container: ServingContainer.vllm() });
    expect(environmentOf(stack)).toMatchObject({ SM_VLLM_REVISION: COMMIT, SM_VLLM_MAX_MODEL_LEN: '16384' });
    expect(environmentOf(stack)).not.toHaveProperty('HF_REVISION');
  });

  test('has no time-out for a download that SageMaker does not make', () => {
    const stack = testStack();
    makeEndpoint(stack);
    expect(variantOf(stack)).not.toHaveProperty('ModelDataDownloadTimeoutInSeconds');
  });
});

describe('a model in S3', () => {
  const make = (props = {}) => {
    const stack = testStack();
    const bucket = new Bucket(stack, 'Models');
    makeEndpoint(stack, { model: ModelSource.s3Prefix(bucket, 'qwen', { config: QWEN_7B_AWQ }), ...props });
    return stack;
  };

  test('is downloaded by SageMaker, uncompressed, into a container without a network', () => {
    const model = resourceOf(make(), 'AWS::SageMaker::Model');
    expect(model.EnableNetworkIsolation).toBe(true);
    expect(model.PrimaryContainer).toMatchObject({
      Environment: { HF_MODEL_ID: '/opt/ml/model', HF_HUB_OFFLINE: '1' },
      ModelDataSource: {
        S3DataSource: {
          CompressionType: 'None',
          S3DataType: 'S3Prefix',
          S3Uri: { 'Fn::Join': ['', ['s3://', { Ref: expect.stringMatching(/^Models/) }, '/qwen/']] },
        },
      },
    });
  });

  test('has a network when it is asked for', () => {
    expect(resourceOf(make({ networkIsolation: false }), 'AWS::SageMaker::Model').EnableNetworkIsolation).toBe(false);
  });

  test('has time to be downloaded', () => {
    expect(variantOf(make()).ModelDataDownloadTimeoutInSeconds).toBeGreaterThanOrEqual(60);
  });
});

describe('time-outs and volume', () => {
  test('grow with the model', () => {
    const timeouts = [QWEN_7B_AWQ, LLAMA_70B].map((config) => {
      const stack = testStack();
      const bucket = new Bucket(stack, 'Models');
      makeEndpoint(stack, {
        model: ModelSource.s3Prefix(bucket, 'model/', { config }),
        instanceType: InstanceType.G6E_48XLARGE,
        maxModelLen: 8192,
      });
      return variantOf(stack) as Record<string, number>;
    });
    for (const name of ['ContainerStartupHealthCheckTimeoutInSeconds', 'ModelDataDownloadTimeoutInSeconds'])
      expect(timeouts[1][name]).toBeGreaterThan(timeouts[0][name]);
  });

  test('are those that were asked for', () => {
    const stack = testStack();
    const bucket = new Bucket(stack, 'Models');
    makeEndpoint(stack, {
      model: ModelSource.s3Prefix(bucket, 'model/', { config: QWEN_7B_AWQ }),
      startupTimeout: Duration.minutes(20),
      modelDownloadTimeout: Duration.minutes(30),
    });
    expect(variantOf(stack)).toMatchObject({
      ContainerStartupHealthCheckTimeoutInSeconds: 1200,
      ModelDataDownloadTimeoutInSeconds: 1800,
    });
  });

  test('a type with local NVMe storage gets no volume', () => {
    const stack = testStack();
    makeEndpoint(stack, {
      model: hubModel(LLAMA_70B, 'meta-llama/Llama-3.1-70B'),
      instanceType: InstanceType.G6E_48XLARGE,
    });
    expect(variantOf(stack)).not.toHaveProperty('VolumeSizeInGB');
  });

  test('a type without gets one where the model is larger than the service’s own', () => {
    const volumeOf = (size: Size) => {
      const stack = testStack();
      const bucket = new Bucket(stack, 'Models');
      makeEndpoint(stack, {
        model: ModelSource.s3Object(bucket, 'model.gguf', { config: QWEN_7B_AWQ, weightSize: size }),
        container: ServingContainer.llamaCpp(),
        instanceType: InstanceType.M7I_48XLARGE,
        maxModelLen: 4096,
      });
      return variantOf(stack).VolumeSizeInGB;
    };
    expect(volumeOf(Size.gibibytes(5))).toBeUndefined();
    expect(volumeOf(Size.gibibytes(100))).toBeGreaterThan(107);
  });

  test('a volume that was asked for is kept', () => {
    const stack = testStack();
    makeEndpoint(stack, { instanceType: InstanceType.P3_8XLARGE, volumeSize: Size.gibibytes(200) });
    expect(variantOf(stack).VolumeSizeInGB).toBe(200);
  });
});

describe('the inference AMI', () => {
  test.each([
    [
      'a CUDA 13 image on a family with an old driver',
      ServingContainer.vllm(),
      InstanceType.G5_2XLARGE,
      'al2023-ami-sagemaker-inference-gpu-4-1',
    ],
    [
      'a CUDA 12 image without libraries of its own on a family with an old driver',
      ServingContainer.vllm({ version: '0.15.1' }),
      InstanceType.G5_2XLARGE,
      'al2-ami-sagemaker-inference-gpu-3-1',
    ],
    [
      'a CUDA 12 image that brings its own libraries',
      ServingContainer.lmi({ version: '0.33.0' }),
      InstanceType.G5_2XLARGE,
      undefined,
    ],
    [
      'a CUDA 12 image on a family whose driver is new enough',
      ServingContainer.lmi({ version: '0.33.0' }),
      InstanceType.G6_2XLARGE,
      undefined,
    ],
  ])('for %s', (_, container, instanceType, inferenceAmiVersion) => {
    const stack = testStack();
    makeEndpoint(stack, { container, instanceType });
    expect(variantOf(stack).InferenceAmiVersion).toBe(inferenceAmiVersion);
    expect(errorsOf(stack)).toEqual([]);
  });

  test('is none on a CPU', () => {
    const stack = testStack();
    makeEndpoint(stack, {
      model: ModelSource.s3Object(new Bucket(stack, 'Models'), 'model.gguf', { config: QWEN_7B }),
      quantization: QuantizationScheme.gguf('Q4_K_M'),
      container: ServingContainer.llamaCpp(),
      instanceType: InstanceType.C7I_8XLARGE,
      maxModelLen: 4096,
    });
    expect(variantOf(stack)).not.toHaveProperty('InferenceAmiVersion');
    expect(errorsOf(stack)).toEqual([]);
  });

  test('that was asked for is kept, and said to be wrong where it is', () => {
    const stack = testStack();
    makeEndpoint(stack, {
      container: ServingContainer.sglang(),
      inferenceAmiVersion: 'al2-ami-sagemaker-inference-gpu-2-1',
    });
    expect(variantOf(stack).InferenceAmiVersion).toBe('al2-ami-sagemaker-inference-gpu-2-1');
    expect(errorsOf(stack)).toContain('DRIVER_TOO_OLD_FOR_IMAGE');
  });
});

describe('options of the server', () => {
  test('what was asked for is never changed', () => {
    const stack = testStack();
    makeEndpoint(stack, { maxModelLen: 4096, maxConcurrency: 7, tensorParallelSize: 1, kvCacheDtype: 'fp8' });
    expect(environmentOf(stack)).toMatchObject({
      OPTION_MAX_MODEL_LEN: '4096',
      OPTION_MAX_ROLLING_BATCH_SIZE: '7',
      OPTION_TENSOR_PARALLEL_DEGREE: '1',
      OPTION_KV_CACHE_DTYPE: 'fp8',
    });
  });

  test('a variable set by hand is not set again by a default', () => {
    const stack = testStack();
    makeEndpoint(stack, { maxModelLen: undefined, environment: { OPTION_MAX_MODEL_LEN: '2048' } });
    expect(environmentOf(stack).OPTION_MAX_MODEL_LEN).toBe('2048');
    expect(errorsOf(stack)).toEqual([]);
  });

  test('all GPUs share a model that divides by them', () => {
    const stack = testStack();
    makeEndpoint(stack, {
      model: hubModel(LLAMA_70B, 'meta-llama/Llama-3.1-70B'),
      instanceType: InstanceType.P5_48XLARGE,
      maxModelLen: 8192,
    });
    expect(environmentOf(stack).OPTION_TENSOR_PARALLEL_DEGREE).toBe('8');
  });

  test('the largest part of the GPUs by which a model divides is taken', () => {
    const stack = testStack();
    // 28 attention heads do not divide by 8.
    makeEndpoint(stack, { instanceType: InstanceType.G6_48XLARGE });
    expect(environmentOf(stack).OPTION_TENSOR_PARALLEL_DEGREE).toBe('4');
  });

  test('a context too long for the memory is shortened until four sequences fit', () => {
    const stack = testStack();
    const config = { ...QWEN_7B_AWQ, max_position_embeddings: 131072 };
    makeEndpoint(stack, { model: hubModel(config), maxModelLen: undefined });
    const length = Number(environmentOf(stack).OPTION_MAX_MODEL_LEN);
    expect(length).toBeLessThan(131072);
    expect(length % 256).toBe(0);
    expect(Number(environmentOf(stack).OPTION_MAX_ROLLING_BATCH_SIZE)).toBe(4);
  });

  test('llama.cpp gets a context for each of its slots', () => {
    const stack = testStack();
    const bucket = new Bucket(stack, 'Models');
    makeEndpoint(stack, {
      model: ModelSource.s3Object(bucket, 'model.gguf', { config: QWEN_7B_AWQ }),
      container: ServingContainer.llamaCpp(),
      maxModelLen: 4096,
      maxConcurrency: 3,
    });
    expect(environmentOf(stack)).toMatchObject({ SM_LLAMA_CPP_CTX_SIZE: '12288', SM_LLAMA_CPP_PARALLEL: '3' });
  });
});

describe('scaling', () => {
  const make = (props = {}) => {
    const stack = testStack();
    makeEndpoint(stack, { maxConcurrency: 10, maxInstanceCount: 4, ...props });
    return stack;
  };

  test('follows the concurrent requests, at 70 % of what is planned', () => {
    Template.fromStack(make()).hasResourceProperties('AWS::ApplicationAutoScaling::ScalingPolicy', {
      PolicyType: 'TargetTrackingScaling',
      TargetTrackingScalingPolicyConfiguration: {
        PredefinedMetricSpecification: {
          PredefinedMetricType: 'SageMakerVariantConcurrentRequestsPerModelHighResolution',
        },
        TargetValue: 7,
        ScaleInCooldown: 900,
      },
    });
  });

  test('keeps its count through an update', () => {
    expect(resourceOf(make(), 'AWS::SageMaker::Endpoint').RetainAllVariantProperties).toBe(true);
  });

  test('waits for an instance to start before it adds another', () => {
    const policy = resourceOf(make(), 'AWS::ApplicationAutoScaling::ScalingPolicy') as {
      TargetTrackingScalingPolicyConfiguration: { ScaleOutCooldown: number };
    };
    expect(policy.TargetTrackingScalingPolicyConfiguration.ScaleOutCooldown).toBeGreaterThanOrEqual(300);
  });

  test('lies between the instances asked for, by the role of the service', () => {
    const stack = make({ minInstanceCount: 2 });
    Template.fromStack(stack).hasResourceProperties('AWS::ApplicationAutoScaling::ScalableTarget', {
      MinCapacity: 2,
      MaxCapacity: 4,
      ScalableDimension: 'sagemaker:variant:DesiredInstanceCount',
    });
    expect(variantOf(stack).InitialInstanceCount).toBe(2);
    expect(resourceOf(stack, 'AWS::IAM::Role').AssumeRolePolicyDocument).toMatchObject({
      Statement: [{ Principal: { Service: 'sagemaker.amazonaws.com' } }],
    });
  });

  test('takes the target and cooldowns asked for', () => {
    const stack = make({
      scalingTarget: 3,
      scaleInCooldown: Duration.minutes(1),
      scaleOutCooldown: Duration.minutes(2),
    });
    Template.fromStack(stack).hasResourceProperties('AWS::ApplicationAutoScaling::ScalingPolicy', {
      TargetTrackingScalingPolicyConfiguration: { TargetValue: 3, ScaleInCooldown: 60, ScaleOutCooldown: 120 },
    });
  });

  test('is not there without room to scale', () => {
    Template.fromStack(make({ maxInstanceCount: 2, minInstanceCount: 2 })).resourceCountIs(
      'AWS::ApplicationAutoScaling::ScalableTarget',
      0,
    );
  });
});

describe('alarms', () => {
  test('on latency come with a workload, and undo an update', () => {
    const stack = testStack();
    makeEndpoint(stack, { workload: { inputTokens: 1024, outputTokens: 256 } });
    const template = Template.fromStack(stack);
    template.hasResourceProperties('AWS::CloudWatch::Alarm', { MetricName: 'ModelLatency', ExtendedStatistic: 'p90' });
    const { DeploymentConfig } = resourceOf(stack, 'AWS::SageMaker::Endpoint') as {
      DeploymentConfig: { AutoRollbackConfiguration: { Alarms: unknown[] } };
    };
    expect(DeploymentConfig.AutoRollbackConfiguration.Alarms).toHaveLength(2);
  });

  test('on saturation stand at what all instances hold together', () => {
    const stack = testStack();
    const alarmActions = [new SnsAction(new Topic(stack, 'OnCall'))];
    makeEndpoint(stack, { maxConcurrency: 10, maxInstanceCount: 3, alarmActions });
    Template.fromStack(stack).hasResourceProperties('AWS::CloudWatch::Alarm', {
      MetricName: 'ConcurrentRequestsPerModel',
      Threshold: 30,
    });
  });

  test('that undo nothing and tell nobody are not defined', () => {
    const stack = testStack();
    makeEndpoint(stack, { maxConcurrency: 10 });
    const metrics = Object.values(Template.fromStack(stack).findResources('AWS::CloudWatch::Alarm')).map(
      (alarm) => (alarm as { Properties: { MetricName: string } }).Properties.MetricName,
    );
    expect(metrics).toEqual(['Invocation5XXErrors']);
  });

  test('do what they are told', () => {
    const stack = testStack();
    makeEndpoint(stack, { alarmActions: [new SnsAction(new Topic(stack, 'OnCall'))] });
    for (const alarm of Object.values(Template.fromStack(stack).findResources('AWS::CloudWatch::Alarm')))
      expect((alarm as { Properties: { AlarmActions: unknown[] } }).Properties.AlarmActions).toHaveLength(1);
  });

  test('of the user’s own undo an update as well', () => {
    const stack = testStack();
    const metric = new Metric({ namespace: 'Mine', metricName: 'Complaints' });
    const mine = new Alarm(stack, 'Mine', { metric, threshold: 1, evaluationPeriods: 1 });
    makeEndpoint(stack, { alarms: false, rollbackAlarms: [mine] });
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::CloudWatch::Alarm', 1);
    template.hasResourceProperties('AWS::SageMaker::Endpoint', {
      DeploymentConfig: { AutoRollbackConfiguration: { Alarms: [{ AlarmName: stack.resolve(mine.alarmName) }] } },
    });
  });
});

describe('updates', () => {
  test.each([
    [
      'canary',
      DeploymentStrategy.canary({ canaryPercentage: 20 }),
      { Type: 'CANARY', CanarySize: { Type: 'CAPACITY_PERCENT', Value: 20 } },
    ],
    [
      'linear',
      DeploymentStrategy.linear(),
      { Type: 'LINEAR', LinearStepSize: { Type: 'CAPACITY_PERCENT', Value: 25 } },
    ],
  ])('move traffic in %s steps', (_, deploymentStrategy, routing) => {
    const stack = testStack();
    makeEndpoint(stack, { deploymentStrategy });
    Template.fromStack(stack).hasResourceProperties('AWS::SageMaker::Endpoint', {
      DeploymentConfig: { BlueGreenUpdatePolicy: { TrafficRoutingConfiguration: routing } },
    });
  });

  test('go instance by instance, with time for each step', () => {
    const timeoutOf = (batchPercentage: number) => {
      const stack = testStack();
      makeEndpoint(stack, { deploymentStrategy: DeploymentStrategy.rolling({ batchPercentage }) });
      const { DeploymentConfig } = resourceOf(stack, 'AWS::SageMaker::Endpoint') as {
        DeploymentConfig: { RollingUpdatePolicy: { MaximumExecutionTimeoutInSeconds: number } };
      };
      return DeploymentConfig.RollingUpdatePolicy.MaximumExecutionTimeoutInSeconds;
    };
    expect(timeoutOf(10)).toBeGreaterThan(timeoutOf(50));
    expect(timeoutOf(5)).toBe(28_800);
  });
});

describe('a VPC', () => {
  test('holds the container, in private subnets and a security group of its own', () => {
    const stack = testStack();
    const vpc = new Vpc(stack, 'Vpc');
    const endpoint = makeEndpoint(stack, { vpc });
    endpoint.connections.allowTo(Peer.ipv4('10.0.0.0/8'), Port.tcp(5432));
    const template = Template.fromStack(stack);
    template.hasResourceProperties('AWS::SageMaker::Model', {
      VpcConfig: {
        SecurityGroupIds: [{ 'Fn::GetAtt': [Match.stringLikeRegexp('ChatSecurityGroup'), 'GroupId'] }],
        Subnets: stack.resolve(vpc.privateSubnets.map(({ subnetId }) => subnetId)),
      },
    });
  });

  test('lets a model from S3 out to HTTPS only', () => {
    const stack = testStack();
    makeEndpoint(stack, {
      model: ModelSource.s3Prefix(new Bucket(stack, 'Models'), 'm/', { config: QWEN_7B_AWQ }),
      vpc: new Vpc(stack, 'Vpc'),
    });
    Template.fromStack(stack).hasResourceProperties('AWS::EC2::SecurityGroup', {
      SecurityGroupEgress: [Match.objectLike({ IpProtocol: 'tcp', FromPort: 443, ToPort: 443 })],
    });
  });

  test('takes security groups of the user’s own', () => {
    const stack = testStack();
    const vpc = new Vpc(stack, 'Vpc');
    const securityGroups = [SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-12345678')];
    makeEndpoint(stack, { vpc, securityGroups });
    Template.fromStack(stack).hasResourceProperties('AWS::SageMaker::Model', {
      VpcConfig: { SecurityGroupIds: ['sg-12345678'] },
    });
    Template.fromStack(stack).resourceCountIs('AWS::EC2::SecurityGroup', 0);
  });

  test('without one there are no connections', () => {
    expect(() => makeEndpoint(testStack()).connections).toThrow(expect.objectContaining({ id: 'ENDPOINT_NOT_IN_VPC' }));
  });
});

describe('encryption and data capture', () => {
  test('a key encrypts the volume of a type that has one', () => {
    const stack = testStack();
    const encryptionKey = new Key(stack, 'Key');
    makeEndpoint(stack, { encryptionKey, instanceType: InstanceType.P3_2XLARGE });
    Template.fromStack(stack).hasResourceProperties('AWS::SageMaker::EndpointConfig', {
      KmsKeyId: stack.resolve(encryptionKey.keyArn),
    });
  });

  test('a type with local NVMe storage, for which SageMaker refuses a key, gets none', () => {
    const stack = testStack();
    makeEndpoint(stack, { encryptionKey: new Key(stack, 'Key'), instanceType: InstanceType.G5_2XLARGE });
    expect(resourceOf(stack, 'AWS::SageMaker::EndpointConfig')).not.toHaveProperty('KmsKeyId');
    expect(warningsOf(stack)).toContain('ENCRYPTION_KEY_WITHOUT_USE');
  });

  test('requests and answers are recorded below a prefix of the endpoint’s own', () => {
    const stack = testStack();
    const encryptionKey = new Key(stack, 'Key');
    makeEndpoint(stack, {
      endpointName: 'chat',
      dataCapture: { bucket: new Bucket(stack, 'Bucket'), samplingPercentage: 5, encryptionKey },
    });
    Template.fromStack(stack).hasResourceProperties('AWS::SageMaker::EndpointConfig', {
      DataCaptureConfig: {
        EnableCapture: true,
        InitialSamplingPercentage: 5,
        CaptureOptions: [{ CaptureMode: 'Input' }, { CaptureMode: 'Output' }],
        DestinationS3Uri: { 'Fn::Join': ['', ['s3://', Match.anyValue(), '/data-capture/chat']] },
        KmsKeyId: stack.resolve(encryptionKey.keyArn),
      },
    });
  });

  test('answers alone can be recorded', () => {
    const stack = testStack();
    makeEndpoint(stack, { dataCapture: { bucket: new Bucket(stack, 'Bucket'), captureRequests: false } });
    Template.fromStack(stack).hasResourceProperties('AWS::SageMaker::EndpointConfig', {
      DataCaptureConfig: { CaptureOptions: [{ CaptureMode: 'Output' }] },
    });
  });
});

describe('in a stack', () => {
  test('two endpoints stand side by side', () => {
    const stack = testStack();
    makeEndpoint(stack, {}, 'Chat');
    makeEndpoint(stack, { instanceType: InstanceType.G5_2XLARGE }, 'Code');
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::SageMaker::Endpoint', 2);
    const names = Object.values(template.findResources('AWS::SageMaker::Endpoint')).map(
      (resource) => (resource as { Properties: { EndpointName: string } }).Properties.EndpointName,
    );
    expect(new Set(names).size).toBe(2);
  });

  test('it may be a nested one', () => {
    const stack = testStack();
    const nested = new NestedStack(stack, 'Nested');
    makeEndpoint(nested);
    Template.fromStack(nested).resourceCountIs('AWS::SageMaker::Endpoint', 1);
  });

  test('a nested one uploads a local model through its parent', () => {
    const stack = testStack();
    const nested = new NestedStack(stack, 'Nested');
    makeEndpoint(nested, {
      model: ModelSource.localDirectory('examples/models/gutenberg-3m'),
      maxModelLen: 512,
    });
    Template.fromStack(nested).hasResourceProperties('AWS::SageMaker::Model', {
      PrimaryContainer: {
        ModelDataSource: { S3DataSource: { S3Uri: Match.stringLikeRegexp('^s3://cdk-.*/[0-9a-f]{64}/$') } },
      },
    });
  });

  test('another stack can refer to it', () => {
    const app = new App();
    const one = new Stack(app, 'One', { env: ENV });
    const two = new Stack(app, 'Two', { env: ENV });
    const endpoint = makeEndpoint(one);
    makeEndpoint(two, { environment: { OTHER_ENDPOINT: endpoint.endpointName } });
    expect(JSON.stringify(Template.fromStack(two).toJSON())).toContain('Fn::ImportValue');
  });

  test('tags reach every resource that takes them', () => {
    const stack = testStack();
    Tags.of(makeEndpoint(stack)).add('team', 'search');
    const template = Template.fromStack(stack);
    for (const type of ['Model', 'EndpointConfig', 'Endpoint'])
      template.hasResourceProperties(`AWS::SageMaker::${type}`, {
        Tags: Match.arrayWith([
          { Key: 'cdk-quantized-endpoints:model', Value: 'Qwen/Qwen2.5-7B-Instruct-AWQ' },
          { Key: 'cdk-quantized-endpoints:quantization', Value: 'awq' },
          { Key: 'team', Value: 'search' },
        ]),
      });
  });

  test('the plan of what cannot be deployed is not shown', () => {
    const stack = testStack();
    makeEndpoint(stack, { instanceType: InstanceType.P3_2XLARGE });
    expect(messagesOf(stack, 'info')).toEqual([]);
  });

  test('the plan is shown in one line, once', () => {
    const stack = testStack();
    makeEndpoint(stack);
    const shown = messagesOf(stack, 'info');
    expect(shown).toHaveLength(1);
    expect(shown[0]).toMatch(
      /^Qwen\/Qwen2.5-7B-Instruct-AWQ on ml\.g6\.2xlarge: 16,384 tokens × \d+ sequences fit, about [\d.]+ ms a token, [\d,]+ tokens\/s when full, \$1\.22 an hour \(us-east-1, \d{4}-\d{2}-\d{2}\)/,
    );
  });
});
