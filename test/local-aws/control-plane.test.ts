import {
  AddTagsCommand,
  CreateEndpointCommand,
  CreateEndpointConfigCommand,
  CreateModelCommand,
  CreateTrainingJobCommand,
  DeleteEndpointCommand,
  DeleteEndpointConfigCommand,
  DeleteModelCommand,
  DeleteTagsCommand,
  DescribeEndpointCommand,
  DescribeEndpointConfigCommand,
  DescribeModelCommand,
  ListEndpointConfigsCommand,
  ListModelsCommand,
  ListTagsCommand,
  type ContainerDefinition,
  type CreateEndpointConfigCommandInput,
  type ProductionVariant,
} from '@aws-sdk/client-sagemaker';
import { IMAGE, startTestAws, upload, type TestAws } from './support';

const CONTAINER: ContainerDefinition = { Image: IMAGE };
const VARIANT: ProductionVariant = {
  VariantName: 'AllTraffic',
  ModelName: 'base',
  InstanceType: 'ml.c7i.large',
  InitialInstanceCount: 1,
};

describe('the SageMaker API of the local AWS', () => {
  let aws: TestAws;

  beforeAll(async () => {
    aws = await startTestAws();
    await aws.sagemaker.send(new CreateModelCommand({ ModelName: 'base', PrimaryContainer: CONTAINER }));
  });
  afterAll(() => aws?.stop());

  const createModel = (name: string, container: ContainerDefinition, more = {}) =>
    aws.sagemaker.send(new CreateModelCommand({ ModelName: name, PrimaryContainer: container, ...more }));
  const createConfig = (
    name: string,
    variant: Partial<ProductionVariant>,
    more: Partial<CreateEndpointConfigCommandInput> = {},
  ) =>
    aws.sagemaker.send(
      new CreateEndpointConfigCommand({
        EndpointConfigName: name,
        ProductionVariants: [{ ...VARIANT, ...variant }],
        ...more,
      }),
    );
  const refused = (message: string | RegExp) => ({
    name: 'ValidationException',
    message: typeof message === 'string' ? message : expect.stringMatching(message),
    $metadata: { httpStatusCode: 400 },
  });

  test('makes, describes, lists and deletes a model', async () => {
    const { ModelArn } = await createModel('My-Model', { ...CONTAINER, Environment: { A: '1' } });
    // SageMaker writes names in its ARNs in lower case.
    expect(ModelArn).toBe('arn:aws:sagemaker:us-east-1:000000000000:model/my-model');
    expect(await aws.sagemaker.send(new DescribeModelCommand({ ModelName: 'My-Model' }))).toMatchObject({
      ModelName: 'My-Model',
      ModelArn,
      PrimaryContainer: { Image: IMAGE, Environment: { A: '1' } },
      EnableNetworkIsolation: false,
      CreationTime: expect.any(Date),
    });
    const listed = await aws.sagemaker.send(new ListModelsCommand({ NameContains: 'my-' }));
    expect(listed.Models?.map((model) => model.ModelName)).toEqual(['My-Model']);
    await aws.sagemaker.send(new DeleteModelCommand({ ModelName: 'My-Model' }));
    await expect(aws.sagemaker.send(new DescribeModelCommand({ ModelName: 'My-Model' }))).rejects.toMatchObject(
      refused('Could not find model "arn:aws:sagemaker:us-east-1:000000000000:model/my-model".'),
    );
  });

  test('refuses a second resource of the same name', async () => {
    await expect(createModel('base', CONTAINER)).rejects.toMatchObject(
      refused('Cannot create already existing model "arn:aws:sagemaker:us-east-1:000000000000:model/base".'),
    );
  });

  test('lists page by page, in the order asked for', async () => {
    for (const name of ['page-b', 'page-a', 'page-c']) await createConfig(name, {});
    const list = (token?: string) =>
      aws.sagemaker.send(
        new ListEndpointConfigsCommand({
          NameContains: 'page-',
          SortBy: 'Name',
          SortOrder: 'Ascending',
          MaxResults: 2,
          NextToken: token,
        }),
      );
    const first = await list();
    const second = await list(first.NextToken);
    const names = [...first.EndpointConfigs!, ...second.EndpointConfigs!].map((config) => config.EndpointConfigName);
    expect(names).toEqual(['page-a', 'page-b', 'page-c']);
    expect(second.NextToken).toBeUndefined();
    await aws.sagemaker.send(new DeleteEndpointConfigCommand({ EndpointConfigName: 'page-a' }));
    await expect(
      aws.sagemaker.send(new DescribeEndpointConfigCommand({ EndpointConfigName: 'page-a' })),
    ).rejects.toMatchObject(refused(/^Could not find endpoint configuration /));
  });

  test('keeps tags', async () => {
    const { ModelArn } = await createModel('tagged', CONTAINER, { Tags: [{ Key: 'team', Value: 'a' }] });
    const tags = async () => (await aws.sagemaker.send(new ListTagsCommand({ ResourceArn: ModelArn }))).Tags;
    await aws.sagemaker.send(new AddTagsCommand({ ResourceArn: ModelArn, Tags: [{ Key: 'cost', Value: 'b' }] }));
    expect(await tags()).toEqual([
      { Key: 'cost', Value: 'b' },
      { Key: 'team', Value: 'a' },
    ]);
    await aws.sagemaker.send(new DeleteTagsCommand({ ResourceArn: ModelArn, TagKeys: ['team'] }));
    expect(await tags()).toEqual([{ Key: 'cost', Value: 'b' }]);
  });

  describe('checks a request against the service model', () => {
    const pattern = String.raw`1 validation error detected: Value 'no_underscore' at 'modelName' failed to satisfy constraint: Member must satisfy regular expression pattern: `;

    test.each<[string, () => Promise<unknown>, string | RegExp]>([
      ['a pattern', () => createModel('no_underscore', CONTAINER), new RegExp(`^${pattern}`)],
      [
        'a length',
        () => createModel('a'.repeat(64), CONTAINER),
        /at 'modelName' failed to satisfy constraint: Member must have length less than or equal to 63$/,
      ],
      [
        'an instance type',
        () => createConfig('x', { InstanceType: 'ml.nothing.large' as ProductionVariant['InstanceType'] }),
        /^1 validation error detected: Value 'ml.nothing.large' at 'productionVariants.1.member.instanceType' failed to satisfy constraint: Member must satisfy enum value set: \[.*ml\.g5\.xlarge.*\]$/,
      ],
      [
        'a number below its minimum',
        () => createConfig('x', { ContainerStartupHealthCheckTimeoutInSeconds: 59 }),
        /'productionVariants.1.member.containerStartupHealthCheckTimeoutInSeconds' failed .* greater than or equal to 60$/,
      ],
      [
        'a number above its maximum',
        () => createConfig('x', { ModelDataDownloadTimeoutInSeconds: 3601 }),
        /less than or equal to 3600$/,
      ],
      [
        'an inference AMI',
        () => createConfig('x', { InferenceAmiVersion: 'al2' as ProductionVariant['InferenceAmiVersion'] }),
        /'productionVariants.1.member.inferenceAmiVersion'/,
      ],
      [
        'a map',
        () => createModel('x', { ...CONTAINER, Environment: { A: 'b'.repeat(1025) } }),
        /at 'primaryContainer.environment' failed .*Map value must satisfy constraint: \[Member must have length less than or equal to 1024\]/,
      ],
      [
        'a missing member',
        () => aws.sagemaker.send(new CreateEndpointCommand({ EndpointName: 'x', EndpointConfigName: undefined })),
        "1 validation error detected: Value null at 'endpointConfigName' failed to satisfy constraint: Member must not be null",
      ],
      [
        'several at once',
        () => createConfig('bad_name', { InitialInstanceCount: 0 }),
        /^2 validation errors detected: .*; .*greater than or equal to 1$/,
      ],
    ])('%s', async (_, request, message) => {
      await expect(request()).rejects.toMatchObject(refused(message));
    });

    test('a value of another type is a SerializationException', async () => {
      await expect(createConfig('x', { InitialInstanceCount: 'one' as unknown as number })).rejects.toMatchObject({
        name: 'SerializationException',
      });
    });
  });

  describe('knows what SageMaker itself refuses', () => {
    test.each<[string, () => Promise<unknown>, string | RegExp]>([
      [
        'a configuration of a model that is not there',
        () => createConfig('x', { ModelName: 'missing' }),
        'Could not find model "arn:aws:sagemaker:us-east-1:000000000000:model/missing".',
      ],
      [
        'an endpoint of a configuration that is not there',
        () => aws.sagemaker.send(new CreateEndpointCommand({ EndpointName: 'x', EndpointConfigName: 'missing' })),
        /^Could not find endpoint configuration /,
      ],
      ['an image outside ECR', () => createModel('x', { Image: 'vllm/vllm-openai:latest' }), /^Using non-ECR image /],
      [
        'a model without a container',
        () => createModel('x', CONTAINER, { PrimaryContainer: undefined }),
        /^One and only one of/,
      ],
      [
        'a prefix without its slash',
        () =>
          createModel('x', {
            ...CONTAINER,
            ModelDataSource: {
              S3DataSource: { S3Uri: 's3://models/x', S3DataType: 'S3Prefix', CompressionType: 'None' },
            },
          }),
        /must end with "\/"/,
      ],
      [
        'model data that are not there',
        () => createModel('x', { ...CONTAINER, ModelDataUrl: 's3://models/none.tar.gz' }),
        'Could not find model data at s3://models/none.tar.gz.',
      ],
      [
        'a volume for an instance with disks of its own',
        () => createConfig('x', { InstanceType: 'ml.g5.xlarge', VolumeSizeInGB: 100 }),
        'VolumeSize parameter is not allowed for the selected Instance type ml.g5.*',
      ],
      [
        'a variant without a model and without a role for inference components',
        () => createConfig('x', { ModelName: undefined }),
        /^ExecutionRoleArn is required/,
      ],
      [
        'two variants of one name',
        () => createConfig('x', {}, { ProductionVariants: [VARIANT, VARIANT] }),
        /^Variant names must be unique/,
      ],
      [
        'a role that does not exist',
        () => createModel('x', CONTAINER, { ExecutionRoleArn: 'arn:aws:iam::000000000000:role/nobody' }),
        /^Could not assume role arn:aws:iam::000000000000:role\/nobody\. /,
      ],
      [
        'an endpoint that is not there',
        () => aws.sagemaker.send(new DescribeEndpointCommand({ EndpointName: 'Missing' })),
        'Could not find endpoint "arn:aws:sagemaker:us-east-1:000000000000:endpoint/missing".',
      ],
      [
        'the deletion of an endpoint that is not there',
        () => aws.sagemaker.send(new DeleteEndpointCommand({ EndpointName: 'missing' })),
        /^Could not find endpoint /,
      ],
    ])('%s', async (_, request, message) => {
      await upload(aws, {});
      await expect(request()).rejects.toMatchObject(refused(message));
    });

    test('a volume for an instance that takes one is fine', async () => {
      await createConfig('volume', { InstanceType: 'ml.inf2.xlarge', VolumeSizeInGB: 100 });
    });
  });

  test('says so when it does not offer an operation', async () => {
    await expect(
      aws.sagemaker.send(new CreateTrainingJobCommand({ TrainingJobName: 'x' } as never)),
    ).rejects.toMatchObject({
      name: 'UnknownOperationException',
      message: 'the local AWS does not offer SageMaker.CreateTrainingJob',
    });
  });
});
