import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import {
  AddTagsCommand,
  CreateOptimizationJobCommand,
  DeleteOptimizationJobCommand,
  DescribeOptimizationJobCommand,
  ListOptimizationJobsCommand,
  ListTagsCommand,
  StopOptimizationJobCommand,
  type CreateOptimizationJobCommandInput,
  type DescribeOptimizationJobCommandOutput,
} from '@aws-sdk/client-sagemaker';
import { makeRole } from './role';
import { BUCKET, GGUF, startTestAws, upload, type TestAws } from './support';

describe('optimization jobs of the local AWS', () => {
  let aws: TestAws;
  let RoleArn: string;
  let number = 0;

  beforeAll(async () => {
    aws = await startTestAws('--faults', 'ListOptimizationJobs=ThrottlingException:1');
    await upload(aws, { 'source/model.gguf': GGUF.Q4_K_M });
    RoleArn = await makeRole(aws, {
      Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }],
    });
  });
  afterAll(() => aws?.stop());

  /** The request of a job that works. */
  const request = (more: Partial<CreateOptimizationJobCommandInput> = {}): CreateOptimizationJobCommandInput => ({
    OptimizationJobName: `job-${number}`,
    RoleArn,
    ModelSource: { S3: { S3Uri: `s3://${BUCKET}/source/` } },
    DeploymentInstanceType: 'ml.g5.2xlarge',
    OptimizationConfigs: [{ ModelQuantizationConfig: { OverrideEnvironment: { OPTION_QUANTIZE: 'awq' } } }],
    OutputConfig: { S3OutputLocation: `s3://${BUCKET}/result-${number}/` },
    StoppingCondition: { MaxRuntimeInSeconds: 3_600 },
    ...more,
  });
  const create = (more: Partial<CreateOptimizationJobCommandInput> = {}) => {
    number++;
    return aws.sagemaker.send(new CreateOptimizationJobCommand(request(more)));
  };
  const describeJob = () =>
    aws.sagemaker.send(new DescribeOptimizationJobCommand({ OptimizationJobName: `job-${number}` }));
  async function ended(): Promise<DescribeOptimizationJobCommandOutput> {
    for (;;) {
      const job = await describeJob();
      if (['COMPLETED', 'FAILED', 'STOPPED'].includes(job.OptimizationJobStatus!)) return job;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  const slow = { OPTION_QUANTIZE: 'awq', LOCAL_AWS_JOB_SECONDS: '60' };
  const quantization = (OverrideEnvironment: Record<string, string>) => ({
    OptimizationConfigs: [{ ModelQuantizationConfig: { OverrideEnvironment } }],
  });

  test('start, work, and leave their result where they were told', async () => {
    const { OptimizationJobArn } = await create({ Tags: [{ Key: 'a', Value: 'b' }] });
    expect(OptimizationJobArn).toMatch(/:optimization-job\/job-1$/);
    expect((await describeJob()).OptimizationJobStatus).toMatch(/STARTING|INPROGRESS/);
    const job = await ended();
    expect(job).toMatchObject({
      OptimizationJobStatus: 'COMPLETED',
      OptimizationOutput: { RecommendedInferenceImage: expect.stringContaining('djl-inference') },
      OptimizationStartTime: expect.any(Date),
      OptimizationEndTime: expect.any(Date),
    });
    const { Contents } = await aws
      .client(S3Client)
      .send(new ListObjectsV2Command({ Bucket: BUCKET, Prefix: 'result-1/' }));
    expect(Contents!.map(({ Key }) => Key)).toEqual(['result-1/model.gguf']);
    await aws.sagemaker.send(new AddTagsCommand({ ResourceArn: OptimizationJobArn, Tags: [{ Key: 'c', Value: 'd' }] }));
    expect(await aws.sagemaker.send(new ListTagsCommand({ ResourceArn: OptimizationJobArn }))).toMatchObject({
      Tags: [
        { Key: 'a', Value: 'b' },
        { Key: 'c', Value: 'd' },
      ],
    });
  });

  test('a fault on order is answered once, then the operation works', async () => {
    const list = () => aws.sagemaker.send(new ListOptimizationJobsCommand({ OptimizationContains: 'Quantization' }));
    await expect(list()).rejects.toMatchObject({ name: 'ThrottlingException' });
    expect((await list()).OptimizationJobSummaries).toMatchObject([
      { OptimizationJobName: 'job-1', OptimizationTypes: ['Quantization'], OptimizationJobStatus: 'COMPLETED' },
    ]);
  });

  test('stop when they are told to, and are gone when they are deleted', async () => {
    await create(quantization(slow));
    const name = { OptimizationJobName: `job-${number}` };
    await expect(aws.sagemaker.send(new DeleteOptimizationJobCommand(name))).rejects.toMatchObject({
      name: 'ValidationException',
    });
    await aws.sagemaker.send(new StopOptimizationJobCommand(name));
    expect((await ended()).OptimizationJobStatus).toBe('STOPPED');
    await expect(aws.sagemaker.send(new StopOptimizationJobCommand(name))).rejects.toMatchObject({
      name: 'ValidationException',
    });
    await aws.sagemaker.send(new DeleteOptimizationJobCommand(name));
    await expect(describeJob()).rejects.toMatchObject({ name: 'ResourceNotFound' });
  });

  test.each<[string, Partial<CreateOptimizationJobCommandInput>, RegExp]>([
    ['nothing to read', { ModelSource: { S3: { S3Uri: `s3://${BUCKET}/nowhere/` } } }, /there is no model/],
    ['a width that AutoAWQ lacks', quantization({ OPTION_AWQ_WEIGHT_BIT_WIDTH: '3' }), /Only 4-bit/],
    [
      'too little time',
      { ...quantization(slow), StoppingCondition: { MaxRuntimeInSeconds: 1 } },
      /MaxRuntimeInSeconds/,
    ],
  ])('fail with %s, and say why', async (_, more, reason) => {
    await create(more);
    expect(await ended()).toMatchObject({
      OptimizationJobStatus: 'FAILED',
      FailureReason: expect.stringMatching(reason),
    });
  });

  test('fail with a role that may not write', async () => {
    const policy = {
      Statement: [{ Effect: 'Allow', Action: ['s3:GetObject', 's3:ListBucket'], Resource: '*' }],
    };
    const reader = await makeRole(aws, policy, 'reader');
    await create({ RoleArn: reader });
    expect((await ended()).FailureReason).toContain(`may not write s3://${BUCKET}/result-`);
  });

  test.each<[string, Partial<CreateOptimizationJobCommandInput>, string, RegExp]>([
    [
      'an instance type that the API does not know',
      { DeploymentInstanceType: 'ml.p5.4xlarge' as never },
      'ValidationException',
      /enum value set/,
    ],
    [
      'a variable that is too long',
      quantization({ OPTION_X: 'x'.repeat(257) }),
      'ValidationException',
      /less than or equal to 256/,
    ],
    ['no step', { OptimizationConfigs: [] }, 'ValidationException', /./],
    ['a name that is none', { OptimizationJobName: 'not_a_name' }, 'ValidationException', /regular expression/],
    [
      'quantization for Neuron',
      { DeploymentInstanceType: 'ml.inf2.8xlarge' },
      'ValidationException',
      /not supported on Neuron/,
    ],
    ['a role that is none', { RoleArn: 'arn:aws:iam::000000000000:role/nobody' }, 'ValidationException', /assume role/],
    ['a name that is taken', { OptimizationJobName: 'job-1' }, 'ResourceInUse', /already existing/],
  ])('are refused with %s', async (_, more, name, message) => {
    await expect(create(more)).rejects.toMatchObject({ name, message: expect.stringMatching(message) });
  });
});
