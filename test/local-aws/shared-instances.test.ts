import {
  CreateEndpointCommand,
  CreateEndpointConfigCommand,
  CreateInferenceComponentCommand,
  CreateModelCommand,
  DeleteInferenceComponentCommand,
  DescribeEndpointCommand,
  DescribeInferenceComponentCommand,
  UpdateInferenceComponentCommand,
  UpdateInferenceComponentRuntimeConfigCommand,
  type CreateInferenceComponentCommandInput,
} from '@aws-sdk/client-sagemaker';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { InvokeEndpointCommand } from '@aws-sdk/client-sagemaker-runtime';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeRole } from './role';
import { chatBody, contentOf, GGUF, ggufContainer, settled, startTestAws, upload, type TestAws } from './support';

describe('models that share the instances of the local AWS', () => {
  let aws: TestAws;

  beforeAll(async () => {
    aws = await startTestAws();
    await upload(aws, { 'q4/model.gguf': GGUF.Q4_K_M, 'q8/model.gguf': GGUF.Q8_0 });
    for (const name of ['q4', 'q8'])
      await aws.sagemaker.send(
        new CreateModelCommand({ ModelName: name, PrimaryContainer: ggufContainer(`${name}/`) }),
      );
    const role = await makeRole(aws, {
      Statement: [{ Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::models/adapters/good.tar.gz' }],
    });
    await aws.sagemaker.send(
      new CreateEndpointConfigCommand({
        EndpointConfigName: 'shared',
        ExecutionRoleArn: role,
        ProductionVariants: [
          {
            VariantName: 'AllTraffic',
            InstanceType: 'ml.g5.12xlarge',
            InitialInstanceCount: 1,
            ManagedInstanceScaling: { Status: 'ENABLED', MinInstanceCount: 0, MaxInstanceCount: 2 },
          },
        ],
      }),
    );
    await aws.sagemaker.send(new CreateEndpointCommand({ EndpointName: 'shared', EndpointConfigName: 'shared' }));
    expect(await settled(aws, 'shared')).toMatchObject({ EndpointStatus: 'InService' });
  });
  afterAll(() => aws?.stop());

  const describeComponent = (name: string) =>
    aws.sagemaker.send(new DescribeInferenceComponentCommand({ InferenceComponentName: name }));
  const settledComponent = async (name: string) => {
    for (;;) {
      const component = await describeComponent(name);
      if (['InService', 'Failed'].includes(component.InferenceComponentStatus!)) return component;
      await sleep(50);
    }
  };
  const create = async (name: string, more: Partial<CreateInferenceComponentCommandInput>) => {
    await aws.sagemaker.send(
      new CreateInferenceComponentCommand({
        InferenceComponentName: name,
        EndpointName: 'shared',
        VariantName: 'AllTraffic',
        ...more,
      }),
    );
    return settledComponent(name);
  };
  const model = (ModelName: string, gpus: number) => ({
    ModelName,
    ComputeResourceRequirements: { NumberOfAcceleratorDevicesRequired: gpus, MinMemoryRequiredInMb: 4096 },
  });
  const adapter = (key: string, base = 'small') => ({
    BaseInferenceComponentName: base,
    Container: { ArtifactUrl: `s3://models/${key}` },
  });
  const instances = async () => {
    const { ProductionVariants } = await aws.sagemaker.send(new DescribeEndpointCommand({ EndpointName: 'shared' }));
    return ProductionVariants![0].CurrentInstanceCount;
  };
  const scale = (name: string, CopyCount: number) =>
    aws.sagemaker.send(
      new UpdateInferenceComponentRuntimeConfigCommand({
        InferenceComponentName: name,
        DesiredRuntimeConfig: { CopyCount },
      }),
    );

  test('no instance is there before a copy is', async () => {
    expect(await instances()).toBe(0);
  });

  test('instances come with the copies', async () => {
    expect(await create('small', { Specification: model('q4', 1), RuntimeConfig: { CopyCount: 2 } })).toMatchObject({
      InferenceComponentStatus: 'InService',
    });
    expect(await instances()).toBe(1);
    await create('large', { Specification: model('q8', 4), RuntimeConfig: { CopyCount: 1 } });
    expect(await instances()).toBe(2);
  });

  test('a copy that finds no place is not there', async () => {
    await scale('small', 6);
    expect((await describeComponent('small')).RuntimeConfig).toEqual({ DesiredCopyCount: 6, CurrentCopyCount: 4 });
    await scale('small', 1);
    expect(await create('huge', { Specification: model('q8', 8), RuntimeConfig: { CopyCount: 1 } })).toMatchObject({
      InferenceComponentStatus: 'Failed',
      FailureReason: expect.stringContaining('InsufficientCapacity'),
    });
  });

  test('a component cannot begin with no copy', async () => {
    await expect(
      create('none', { Specification: model('q4', 1), RuntimeConfig: { CopyCount: 0 } }),
    ).rejects.toMatchObject({ name: 'ValidationException', message: expect.stringContaining('at least 1') });
  });

  test('an adapter is invoked by its name, has no copies, and holds its base', async () => {
    await aws
      .client(S3Client)
      .send(new PutObjectCommand({ Bucket: 'models', Key: 'adapters/good.tar.gz', Body: Buffer.from('adapter') }));
    const made = await create('legal', { Specification: adapter('adapters/good.tar.gz') });
    expect(made.InferenceComponentStatus).toBe('InService');
    expect(made.RuntimeConfig).toBeUndefined();
    const answer = await aws.runtime.send(
      new InvokeEndpointCommand({
        EndpointName: 'shared',
        InferenceComponentName: 'legal',
        Body: chatBody('It was'),
      }),
    );
    expect(contentOf(answer.Body!)).toMatch(/\w/);
    await expect(scale('legal', 2)).rejects.toMatchObject({ message: expect.stringContaining('no copies of its own') });
    await expect(
      aws.sagemaker.send(new DeleteInferenceComponentCommand({ InferenceComponentName: 'small' })),
    ).rejects.toMatchObject({ message: expect.stringContaining('while it has adapters: legal') });
  });

  test.each([
    ['with copies', { Specification: adapter('a.tar.gz'), RuntimeConfig: { CopyCount: 1 } }, 'RuntimeConfig'],
    ['of an adapter', { Specification: adapter('a.tar.gz', 'legal') }, 'cannot be the base'],
    ['that is no archive', { Specification: adapter('a.safetensors') }, '.tar.gz'],
    [
      'with resources',
      { Specification: { ...adapter('a.tar.gz'), ComputeResourceRequirements: { MinMemoryRequiredInMb: 128 } } },
      'ComputeResourceRequirements must not be specified',
    ],
  ])('an adapter %s is refused', async (_, request, message) => {
    await expect(create('refused', request)).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining(message),
    });
  });

  test('an adapter that the role cannot read fails', async () => {
    expect(await create('secret', { Specification: adapter('q4/model.tar.gz') })).toMatchObject({
      InferenceComponentStatus: 'Failed',
    });
  });

  test('an update is undone when an alarm of its deployment is not there', async () => {
    await aws.sagemaker.send(
      new UpdateInferenceComponentCommand({
        InferenceComponentName: 'large',
        Specification: model('q4', 4),
        DeploymentConfig: {
          RollingUpdatePolicy: {
            MaximumBatchSize: { Type: 'CAPACITY_PERCENT', Value: 50 },
            WaitIntervalInSeconds: 0,
          },
          AutoRollbackConfiguration: { Alarms: [{ AlarmName: 'nobody-made-this' }] },
        },
      }),
    );
    const component = await settledComponent('large');
    expect(component).toMatchObject({
      InferenceComponentStatus: 'InService',
      FailureReason: expect.stringContaining('nobody-made-this'),
      Specification: { ModelName: 'q8' },
    });
  });
});
