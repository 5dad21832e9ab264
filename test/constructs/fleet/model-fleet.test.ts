import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { App, CfnParameter, Duration, Size, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Schedule } from 'aws-cdk-lib/aws-applicationautoscaling';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import {
  CopyPlacement,
  DeploymentStrategy,
  InstanceType,
  ModelFleet,
  ModelSource,
  QuantizationScheme,
  RoutingStrategy,
  ServingContainer,
  type FleetModelProps,
  type ModelFleetProps,
} from '../../../index';
import { COMMIT, LLAMA_70B, QWEN_7B, QWEN_7B_AWQ } from '../models';
import { ENV, errorsOf, hubModel, messagesOf, resourceOf, testStack, variantOf, warningsOf } from '../support';

const MODEL: FleetModelProps = { model: hubModel(), maxModelLen: 8192 };

function makeFleet(
  props: Partial<ModelFleetProps> = {},
  models: Record<string, Partial<FleetModelProps>> = { Chat: {} },
) {
  const stack = testStack();
  const fleet = new ModelFleet(stack, 'Fleet', { instanceType: InstanceType.G6_12XLARGE, ...props });
  const added = Object.entries(models).map(([id, more]) => fleet.addModel(id, { ...MODEL, ...more }));
  return { stack, fleet, added };
}

/** What of an inference component the tests look at. */
interface Component {
  readonly Specification: {
    readonly ComputeResourceRequirements: {
      readonly NumberOfAcceleratorDevicesRequired: number;
      readonly NumberOfCpuCoresRequired: number;
      readonly MinMemoryRequiredInMb: number;
    };
    readonly SchedulingConfig: object;
  };
  readonly RuntimeConfig: object;
  readonly DeploymentConfig: { readonly AutoRollbackConfiguration: { readonly Alarms: object[] } };
}

/** The inference component of each model, by the id of its model. */
function componentsOf(stack: Stack): Record<string, Component> {
  const found = Template.fromStack(stack).findResources('AWS::SageMaker::InferenceComponent');
  return Object.fromEntries(
    Object.entries(found).map(([id, { Properties }]) => [/^Fleet(.*)Component/.exec(id)![1], Properties]),
  );
}

describe('a fleet of two models', () => {
  const { stack, fleet, added } = makeFleet(
    { maxInstanceCount: 2 },
    {
      Chat: { maxCopies: 4 },
      Code: { model: hubModel(QWEN_7B, 'Qwen/Qwen2.5-Coder-7B'), minCopies: 1 },
    },
  );
  const template = Template.fromStack(stack);

  test('is one endpoint and two inference components on it', () => {
    template.resourceCountIs('AWS::SageMaker::Endpoint', 1);
    template.resourceCountIs('AWS::SageMaker::EndpointConfig', 1);
    template.resourceCountIs('AWS::SageMaker::Model', 2);
    template.resourceCountIs('AWS::SageMaker::InferenceComponent', 2);
    expect(errorsOf(stack)).toEqual([]);
    expect(warningsOf(stack)).toEqual([]);
  });

  test('gives each model the fewest GPUs on which it runs', () => {
    const { Chat, Code } = componentsOf(stack);
    expect(Chat.Specification.ComputeResourceRequirements.NumberOfAcceleratorDevicesRequired).toBe(1);
    // 15 GB of 16-bit weights, beside the cache, on GPUs of 24 GB.
    expect(Code.Specification.ComputeResourceRequirements.NumberOfAcceleratorDevicesRequired).toBe(1);
    expect(Code.Specification.ComputeResourceRequirements.MinMemoryRequiredInMb).toBeGreaterThan(
      Chat.Specification.ComputeResourceRequirements.MinMemoryRequiredInMb,
    );
  });

  test('tells each container how many GPUs it has', () => {
    for (const { Properties } of Object.values(template.findResources('AWS::SageMaker::Model')))
      expect(Properties.PrimaryContainer.Environment.OPTION_TENSOR_PARALLEL_DEGREE).toBe('1');
  });

  test('begins on as many instances as its copies need', () => {
    expect(variantOf(stack)).toMatchObject({
      InitialInstanceCount: 1,
      ManagedInstanceScaling: { Status: 'ENABLED', MinInstanceCount: 1, MaxInstanceCount: 2 },
      RoutingConfig: { RoutingStrategy: 'LEAST_OUTSTANDING_REQUESTS' },
    });
    expect(variantOf(stack)).not.toHaveProperty('ModelName');
    expect(resourceOf(stack, 'AWS::SageMaker::EndpointConfig')).toMatchObject({
      ExecutionRoleArn: { 'Fn::GetAtt': [expect.stringMatching(/^FleetRole/), 'Arn'] },
      EnableNetworkIsolation: false,
    });
  });

  test('packs copies on few instances', () => {
    expect(componentsOf(stack).Chat.Specification.SchedulingConfig).toMatchObject({ PlacementStrategy: 'BINPACK' });
  });

  test('scales each model by itself, and not at all without room to', () => {
    expect(resourceOf(stack, 'AWS::ApplicationAutoScaling::ScalableTarget')).toMatchObject({
      ResourceId: `inference-component/${added[0].inferenceComponentName}`,
      MinCapacity: 1,
      MaxCapacity: 4,
    });
    // What may not have none needs no waking.
    expect(Object.keys(template.findResources('AWS::CloudWatch::Alarm'))).toEqual([
      expect.stringMatching(/^FleetChatServerErrorsAlarm/),
      expect.stringMatching(/^FleetCodeServerErrorsAlarm/),
    ]);
  });

  test('watches each model by its own alarms while it is updated', () => {
    const { Chat, Code } = componentsOf(stack);
    expect(Chat.DeploymentConfig.AutoRollbackConfiguration.Alarms).toEqual([
      { AlarmName: { Ref: expect.stringMatching(/^FleetChat/) } },
    ]);
    expect(Code.DeploymentConfig.AutoRollbackConfiguration.Alarms).toEqual([
      { AlarmName: { Ref: expect.stringMatching(/^FleetCode/) } },
    ]);
  });

  test('says in one line what a copy takes and where all begin', () => {
    expect(messagesOf(stack, 'info')).toEqual([
      expect.stringMatching(
        /1 accelerator and .* a copy, 8,192 tokens × \d+ sequences, .* 1 to 4 copies; the fleet begins with 1 model on 1 × ml\.g6\.12xlarge/,
      ),
      expect.stringMatching(/the fleet begins with 2 models on 1 × ml\.g6\.12xlarge/),
    ]);
  });

  test('is named and measured by model', () => {
    const [chat, code] = added;
    expect(chat.endpointName).toBe(fleet.endpointName);
    expect(chat.inferenceComponentName).not.toBe(code.inferenceComponentName);
    expect(chat.metricInvocations()).toMatchObject({
      dimensions: { InferenceComponentName: chat.inferenceComponentName },
    });
    expect(chat.plan.maxModelLen).toBe(8192);
    expect(chat.plan.maxConcurrency).toBeGreaterThan(code.plan.maxConcurrency!);
  });
});

describe('permissions', () => {
  test('of a caller are for one model', () => {
    const { stack, added } = makeFleet({}, { Chat: {}, Code: {} });
    added[0].grants.invoke(new Role(stack, 'Caller', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') }));
    const policies = Object.entries(Template.fromStack(stack).findResources('AWS::IAM::Policy'));
    const caller = JSON.stringify(policies.find(([id]) => id.startsWith('Caller'))![1]);
    expect(caller).toContain(`inference-component/${added[0].inferenceComponentName}`);
    expect(caller).not.toContain(added[1].inferenceComponentName);
  });

  test('of the role name each image once, and the log of each model', () => {
    const { stack, added } = makeFleet({}, { Chat: {}, Code: {} });
    const text = JSON.stringify(resourceOf(stack, 'AWS::IAM::Policy'));
    expect(text.match(/ecr:BatchGetImage/g)).toHaveLength(1);
    for (const { inferenceComponentName } of added)
      expect(text).toContain(`/aws/sagemaker/InferenceComponents/${inferenceComponentName}`);
  });
});

describe('models that do not fit together', () => {
  test('are refused with the sum', () => {
    const { stack } = makeFleet({}, { A: { tensorParallelSize: 2 }, B: { tensorParallelSize: 2 }, C: {} });
    expect(errorsOf(stack)).toEqual(['FLEET_DOES_NOT_FIT']);
    expect(messagesOf(stack, 'error')[0]).toMatch(
      /with C, the models do not fit together on 1 × ml\.g6\.12xlarge of 4 accelerators .*1 × A of 2 accelerators .* need 2 instances.*set maxInstanceCount to 2/,
    );
  });

  test('are those with one that is too large for any instance', () => {
    const { stack } = makeFleet({}, { A: { memory: Size.gibibytes(400) } });
    expect(errorsOf(stack)).toEqual(['FLEET_MODEL_EXCEEDS_INSTANCE']);
  });

  test('in weights are refused as on an endpoint of their own', () => {
    const { stack } = makeFleet({}, { Large: { model: hubModel(LLAMA_70B, 'meta-llama/Llama-3.1-70B') } });
    expect(errorsOf(stack)).toContain('WEIGHTS_DO_NOT_FIT');
  });

  test('at their most copies are a warning', () => {
    expect(warningsOf(makeFleet({}, { A: { maxCopies: 4 }, B: {} }).stack)).toEqual(['FLEET_MAXIMA_DO_NOT_FIT']);
  });

  test('for want of a driver that serves both are refused', () => {
    // CUDA 12.9 does not start beside driver 580, SGLang's CUDA 13.0 with none before it.
    const models = {
      New: { container: ServingContainer.sglang() },
      Old: { container: ServingContainer.vllm({ version: '0.15.1' }) },
    };
    const make = (...ids: (keyof typeof models)[]) =>
      makeFleet({ instanceType: InstanceType.G5_12XLARGE }, Object.fromEntries(ids.map((id) => [id, models[id]])))
        .stack;
    expect(errorsOf(make('Old'))).toEqual([]);
    expect(errorsOf(make('New'))).toEqual([]);
    expect(errorsOf(make('New', 'Old'))).toEqual(['FLEET_DRIVERS_CONFLICT']);
  });
});

describe('a model that takes more than one GPU', () => {
  test('gets the smallest number by which it runs', () => {
    const { stack } = makeFleet(
      { instanceType: InstanceType.G6E_48XLARGE },
      { Large: { model: hubModel(LLAMA_70B, 'meta-llama/Llama-3.1-70B') }, Small: { maxCopies: 4 } },
    );
    expect(errorsOf(stack)).toEqual([]);
    const { Large, Small } = componentsOf(stack);
    // 141 GB of weights on GPUs of 48 GB.
    expect(Large.Specification.ComputeResourceRequirements.NumberOfAcceleratorDevicesRequired).toBe(4);
    expect(Small.Specification.ComputeResourceRequirements.NumberOfAcceleratorDevicesRequired).toBe(1);
  });
});

describe('a fleet that scales to zero', () => {
  const { stack } = makeFleet({ minInstanceCount: 0 }, { Chat: { maxCopies: 2 } });

  test('wakes each model by its own failures', () => {
    const template = Template.fromStack(stack);
    template.hasResourceProperties('AWS::CloudWatch::Alarm', { MetricName: 'NoCapacityInvocationFailures' });
    expect(resourceOf(stack, 'AWS::ApplicationAutoScaling::ScalableTarget')).toMatchObject({ MinCapacity: 0 });
    expect(variantOf(stack)).toMatchObject({
      InitialInstanceCount: 1,
      ManagedInstanceScaling: { MinInstanceCount: 0, MaxInstanceCount: 1 },
    });
    expect(componentsOf(stack).Chat.RuntimeConfig).toEqual({ CopyCount: 1 });
    expect(warningsOf(stack)).toEqual(['COLD_START_FROM_ZERO']);
  });

  test('keeps the copies that a model is told to keep', () => {
    const { stack: kept } = makeFleet({ minInstanceCount: 0 }, { Chat: { minCopies: 1, maxCopies: 2 } });
    expect(resourceOf(kept, 'AWS::ApplicationAutoScaling::ScalableTarget')).toMatchObject({ MinCapacity: 1 });
    Template.fromStack(kept).resourcePropertiesCountIs(
      'AWS::CloudWatch::Alarm',
      { MetricName: 'NoCapacityInvocationFailures' },
      0,
    );
  });

  test('is refused where the region refuses it', () => {
    const app = new App({ context: { 'cdk-quantized-endpoints:lockFile': '/nowhere/lock.json' } });
    const paris = new Stack(app, 'Paris', { env: { ...ENV, region: 'eu-west-3' } });
    new ModelFleet(paris, 'Fleet', { instanceType: InstanceType.G5_2XLARGE, minInstanceCount: 0 }).addModel(
      'Chat',
      MODEL,
    );
    expect(errorsOf(paris)).toContain('SCALE_TO_ZERO_REFUSED_IN_REGION');
  });
});

describe('what is asked for', () => {
  test('of instances, network, key, driver and volume is kept', () => {
    const stack = testStack();
    const vpc = new Vpc(stack, 'Vpc');
    const bucket = new Bucket(stack, 'Models');
    const fleet = new ModelFleet(stack, 'Fleet', {
      instanceType: InstanceType.P3_8XLARGE,
      endpointName: 'assistants',
      initialInstanceCount: 2,
      maxInstanceCount: 3,
      vpc,
      encryptionKey: new Key(stack, 'Key'),
      inferenceAmiVersion: 'al2-ami-sagemaker-inference-gpu-2-1',
      volumeSize: Size.gibibytes(200),
      placement: CopyPlacement.SPREAD,
      routing: RoutingStrategy.prefixAware({ prefixLength: 2048 }),
      capacityReservationArn: 'arn:aws:sagemaker:us-east-1:123456789012:training-plan/mine',
    });
    fleet.addModel('Chat', {
      model: ModelSource.s3Prefix(bucket, 'qwen/', { config: QWEN_7B }),
      dtype: 'float16',
      maxModelLen: 4096,
      maxConcurrency: 9,
    });
    fleet.addModel('Code', {
      model: ModelSource.s3Prefix(bucket, 'coder/', { config: QWEN_7B }),
      dtype: 'float16',
      maxModelLen: 4096,
      maxConcurrency: 5,
    });
    expect(variantOf(stack)).toMatchObject({
      InitialInstanceCount: 2,
      InferenceAmiVersion: 'al2-ami-sagemaker-inference-gpu-2-1',
      VolumeSizeInGB: 200,
      RoutingConfig: {
        RoutingStrategy: 'PREFIX_AWARE',
        // That of the copy that takes the fewest.
        PrefixAwareRoutingConfig: { PrefixLength: 2048, ConcurrencyThreshold: 5 },
      },
      CapacityReservationConfig: {
        CapacityReservationPreference: 'capacity-reservations-only',
        MlReservationArn: 'arn:aws:sagemaker:us-east-1:123456789012:training-plan/mine',
      },
    });
    expect(resourceOf(stack, 'AWS::SageMaker::EndpointConfig')).toMatchObject({
      EnableNetworkIsolation: true,
      KmsKeyId: { 'Fn::GetAtt': [expect.stringMatching(/^Key/), 'Arn'] },
      VpcConfig: { SecurityGroupIds: [expect.anything()], Subnets: expect.any(Array) },
    });
    expect(resourceOf(stack, 'AWS::SageMaker::Endpoint').EndpointName).toBe('assistants');
    expect(componentsOf(stack).Chat.Specification.SchedulingConfig).toMatchObject({ PlacementStrategy: 'SPREAD' });
    expect(fleet.connections.securityGroups).toHaveLength(1);
  });

  test('of a model is kept', () => {
    const { stack } = makeFleet(
      {},
      {
        Chat: {
          memory: Size.gibibytes(20),
          cpuCores: 4,
          minCopies: 1,
          initialCopies: 2,
          maxCopies: 3,
          scalingTarget: 3,
          scaleInCooldown: Duration.minutes(1),
          schedules: [{ schedule: Schedule.cron({ hour: '20', minute: '0' }), maxCapacity: 1 }],
          deploymentStrategy: DeploymentStrategy.rolling({ batchPercentage: 34 }),
          alarms: false,
        },
      },
    );
    expect(componentsOf(stack).Chat).toMatchObject({
      Specification: {
        ComputeResourceRequirements: { NumberOfCpuCoresRequired: 4, MinMemoryRequiredInMb: 20_480 },
      },
      RuntimeConfig: { CopyCount: 2 },
      DeploymentConfig: { RollingUpdatePolicy: { MaximumBatchSize: { Value: 34 } } },
    });
    expect(resourceOf(stack, 'AWS::ApplicationAutoScaling::ScalableTarget')).toMatchObject({
      ScheduledActions: [{ ScalableTargetAction: { MaxCapacity: 1 } }],
    });
    Template.fromStack(stack).hasResourceProperties('AWS::ApplicationAutoScaling::ScalingPolicy', {
      TargetTrackingScalingPolicyConfiguration: { TargetValue: 3, ScaleInCooldown: 60 },
    });
    Template.fromStack(stack).resourceCountIs('AWS::CloudWatch::Alarm', 0);
  });

  test('known at deployment only goes into the template', () => {
    const stack = testStack();
    const number = (id: string) => new CfnParameter(stack, id, { type: 'Number' }).valueAsNumber;
    const fleet = new ModelFleet(stack, 'Fleet', {
      instanceType: InstanceType.G6_12XLARGE,
      maxInstanceCount: number('Instances'),
    });
    fleet.addModel('Chat', { ...MODEL, maxCopies: number('Copies') });
    expect(variantOf(stack)).toMatchObject({ ManagedInstanceScaling: { MaxInstanceCount: { Ref: 'Instances' } } });
    expect(resourceOf(stack, 'AWS::ApplicationAutoScaling::ScalableTarget').MaxCapacity).toEqual({ Ref: 'Copies' });
    expect(errorsOf(stack)).toEqual([]);
  });

  test('a cost above the limit is refused', () => {
    expect(errorsOf(makeFleet({ maxMonthlyCost: 100 }).stack)).toEqual(['MONTHLY_COST_EXCEEDED']);
    expect(errorsOf(makeFleet({ maxMonthlyCost: 100_000 }).stack)).toEqual([]);
  });

  test('a blue/green update, no copies, or a schedule above the most is refused', () => {
    expect(errorsOf(makeFleet({}, { Chat: { deploymentStrategy: DeploymentStrategy.linear() } }).stack)).toEqual([
      'DEPLOYMENT_STRATEGY_NOT_FOR_COMPONENTS',
    ]);
    expect(errorsOf(makeFleet({}, { Chat: { initialCopies: 0, minCopies: 0 } }).stack)).toContain(
      'FLEET_COPIES_OUT_OF_RANGE',
    );
    const schedules = [{ schedule: Schedule.cron({ hour: '7' }), minCapacity: 3 }];
    expect(errorsOf(makeFleet({}, { Chat: { maxCopies: 2, schedules } }).stack)).toEqual(['SCHEDULE_ABOVE_MAXIMUM']);
  });
});

describe('a fleet on CPUs', () => {
  test('shares their memory and cores', () => {
    const stack = testStack();
    const bucket = new Bucket(stack, 'Models');
    const fleet = new ModelFleet(stack, 'Fleet', { instanceType: InstanceType.C7I_8XLARGE });
    for (const id of ['A', 'B'])
      fleet.addModel(id, {
        model: ModelSource.s3Object(bucket, `${id}.gguf`, { config: QWEN_7B }),
        quantization: QuantizationScheme.gguf('Q4_K_M'),
        container: ServingContainer.llamaCpp(),
        maxModelLen: 2048,
        maxConcurrency: 1,
      });
    expect(errorsOf(stack)).toEqual([]);
    const { A, B } = componentsOf(stack);
    const cores = [A, B].map((c) => c.Specification.ComputeResourceRequirements.NumberOfCpuCoresRequired);
    expect(cores[0] + cores[1]).toBeLessThan(32);
    expect(cores[0]).toBeGreaterThan(1);
    expect(A.Specification.ComputeResourceRequirements).not.toHaveProperty('NumberOfAcceleratorDevicesRequired');
  });
});

describe('the fleet as a whole', () => {
  const synth = (build: (stack: Stack) => void) => {
    const app = new App({ context: { 'cdk-quantized-endpoints:lockFile': '/nowhere/lock.json' } });
    const stack = new Stack(app, 'Test', { env: ENV });
    build(stack);
    return app;
  };

  test('without a model is refused', () => {
    const app = synth((stack) => new ModelFleet(stack, 'Fleet', { instanceType: InstanceType.G6_12XLARGE }));
    expect(() => app.synth()).toThrow(/FLEET_WITHOUT_MODELS/);
  });

  test('with instances that nothing can fill is refused', () => {
    const app = synth((stack) =>
      new ModelFleet(stack, 'Fleet', { instanceType: InstanceType.G6_12XLARGE, minInstanceCount: 3 }).addModel(
        'Chat',
        MODEL,
      ),
    );
    expect(() => app.synth()).toThrow(/FLEET_LARGER_THAN_ITS_MODELS.*set minInstanceCount to 1/);
  });

  test('is written into the cloud assembly', () => {
    const app = synth((stack) => {
      const fleet = new ModelFleet(stack, 'Fleet', { instanceType: InstanceType.G6_12XLARGE });
      fleet.addModel('Chat', { ...MODEL, maxCopies: 2 });
      fleet.addModel('Code', MODEL);
    });
    const { directory } = app.synth();
    const files = readdirSync(directory);
    expect(files.filter((name) => name.endsWith('.plan.json'))).toHaveLength(2);
    const artefact = JSON.parse(
      readFileSync(
        path.join(
          directory,
          files.find((name) => name.endsWith('.fleet.json'))!,
        ),
        'utf8',
      ),
    );
    expect(artefact).toMatchObject({
      schema: 1,
      instanceType: 'ml.g6.12xlarge',
      instances: { min: 1, initial: 1, max: 1 },
      capacity: { accelerators: 4 },
      models: [
        { id: 'Chat', copies: { min: 1, initial: 1, max: 2 }, reserves: { accelerators: 1 } },
        { id: 'Code', copies: { min: 1, initial: 1, max: 1 } },
      ],
      packing: {
        initial: { instances: [[{ copies: 1 }, { copies: 1 }]], optimal: true },
        most: { instances: [[{ copies: expect.any(Number) }, { copies: expect.any(Number) }]] },
      },
    });
  });

  test('has connections in a VPC only', () => {
    expect(() => makeFleet().fleet.connections).toThrow(expect.objectContaining({ id: 'ENDPOINT_NOT_IN_VPC' }));
  });
});

test('each model is told to its own container', () => {
  const { stack } = makeFleet({}, { Chat: { model: hubModel(QWEN_7B_AWQ, 'a/b') }, Code: {} });
  const environments = Object.values(Template.fromStack(stack).findResources('AWS::SageMaker::Model')).map(
    ({ Properties }) => Properties.PrimaryContainer.Environment,
  );
  expect(environments).toEqual([
    expect.objectContaining({ HF_MODEL_ID: 'a/b', HF_REVISION: COMMIT }),
    expect.objectContaining({ HF_MODEL_ID: 'Qwen/Qwen2.5-7B-Instruct-AWQ' }),
  ]);
});
