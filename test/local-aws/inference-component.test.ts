import {
  CreateEndpointCommand,
  CreateEndpointConfigCommand,
  CreateInferenceComponentCommand,
  CreateModelCommand,
  DeleteEndpointCommand,
  DeleteInferenceComponentCommand,
  DescribeInferenceComponentCommand,
  ListInferenceComponentsCommand,
  UpdateInferenceComponentRuntimeConfigCommand,
  type CreateInferenceComponentCommandInput,
} from '@aws-sdk/client-sagemaker';
import { InvokeEndpointCommand } from '@aws-sdk/client-sagemaker-runtime';
import { setTimeout as sleep } from 'node:timers/promises';
import { chatBody, contentOf, GGUF, ggufContainer, settled, startTestAws, upload, type TestAws } from './support';
import { makeRole } from './role';

describe('inference components of the local AWS', () => {
  let aws: TestAws;

  beforeAll(async () => {
    aws = await startTestAws();
    await upload(aws, { 'q4/model.gguf': GGUF.Q4_K_M });
    await aws.sagemaker.send(new CreateModelCommand({ ModelName: 'story', PrimaryContainer: ggufContainer('q4/') }));
    await aws.sagemaker.send(
      new CreateEndpointConfigCommand({
        EndpointConfigName: 'shared',
        ExecutionRoleArn: await makeRole(aws),
        ProductionVariants: [{ VariantName: 'AllTraffic', InstanceType: 'ml.g5.2xlarge', InitialInstanceCount: 1 }],
      }),
    );
    await aws.sagemaker.send(new CreateEndpointCommand({ EndpointName: 'shared', EndpointConfigName: 'shared' }));
    expect(await settled(aws, 'shared')).toMatchObject({ EndpointStatus: 'InService' });
  });
  afterAll(() => aws?.stop());

  const create = async (more: Partial<CreateInferenceComponentCommandInput> = {}) => {
    await aws.sagemaker.send(
      new CreateInferenceComponentCommand({
        InferenceComponentName: 'story',
        EndpointName: 'shared',
        VariantName: 'AllTraffic',
        Specification: { ModelName: 'story', ComputeResourceRequirements: { MinMemoryRequiredInMb: 1024 } },
        RuntimeConfig: { CopyCount: 1 },
        ...more,
      }),
    );
    for (;;) {
      const component = await aws.sagemaker.send(
        new DescribeInferenceComponentCommand({ InferenceComponentName: 'story' }),
      );
      if (component.InferenceComponentStatus !== 'Creating') return component;
      await sleep(50);
    }
  };
  const invoke = () =>
    aws.runtime.send(
      new InvokeEndpointCommand({ EndpointName: 'shared', InferenceComponentName: 'story', Body: chatBody('It was') }),
    );

  test('a component serves the model that it names', async () => {
    expect(await create()).toMatchObject({
      InferenceComponentStatus: 'InService',
      EndpointName: 'shared',
      RuntimeConfig: { CurrentCopyCount: 1, DesiredCopyCount: 1 },
    });
    expect(contentOf((await invoke()).Body!)).toMatch(/\w/);
    const { InferenceComponents } = await aws.sagemaker.send(
      new ListInferenceComponentsCommand({ EndpointNameEquals: 'shared' }),
    );
    expect(InferenceComponents).toHaveLength(1);
  });

  test('without a copy there is no capacity; with one again, there is', async () => {
    const scale = (CopyCount: number) =>
      aws.sagemaker.send(
        new UpdateInferenceComponentRuntimeConfigCommand({
          InferenceComponentName: 'story',
          DesiredRuntimeConfig: { CopyCount },
        }),
      );
    await scale(0);
    await expect(invoke()).rejects.toMatchObject({
      name: 'ValidationError',
      message: expect.stringContaining('Inference Component has no capacity to process this request'),
    });
    await scale(1);
    expect(contentOf((await invoke()).Body!)).toMatch(/\w/);
  });

  test('an endpoint with components cannot be deleted', async () => {
    await expect(aws.sagemaker.send(new DeleteEndpointCommand({ EndpointName: 'shared' }))).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining('while it has inference components'),
    });
  });

  test('a component of a variant that is not there is refused', async () => {
    await expect(create({ InferenceComponentName: 'other', VariantName: 'Other' })).rejects.toMatchObject({
      message: expect.stringContaining('"Other"'),
    });
  });

  test('a component that cannot start says why', async () => {
    await aws.sagemaker.send(new DeleteInferenceComponentCommand({ InferenceComponentName: 'story' }));
    const gone = () =>
      aws.sagemaker.send(new DescribeInferenceComponentCommand({ InferenceComponentName: 'story' })).then(
        () => false,
        () => true,
      );
    while (!(await gone())) await sleep(50);
    await aws.sagemaker.send(
      new CreateModelCommand({
        ModelName: 'wrong',
        PrimaryContainer: ggufContainer('q4/', { SM_LLAMA_CPP_NONSENSE: '1' }),
      }),
    );
    const specification = { ModelName: 'wrong', ComputeResourceRequirements: { MinMemoryRequiredInMb: 1024 } };
    expect(await create({ Specification: specification })).toMatchObject({
      InferenceComponentStatus: 'Failed',
      FailureReason: expect.stringContaining('invalid argument: --nonsense'),
    });
  });
});
