import {
  CloudFormationClient,
  DeleteStackCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
} from '@aws-sdk/client-cloudformation';
import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import {
  DescribeEndpointCommand,
  DescribeModelCommand,
  DescribeOptimizationJobCommand,
  ListModelsCommand,
  ListOptimizationJobsCommand,
  SageMakerClient,
} from '@aws-sdk/client-sagemaker';
import { ask, chatRequest } from './ask';
import { bootstrap, expectDone, runApp, startDeployment, type Deployment } from './cdk';

const STACK = 'Optimized';

describe('a model that is optimized while its stack is deployed', () => {
  let deployment: Deployment;
  let sagemaker: SageMakerClient;
  let firstJob: string;
  let firstUri: string;

  beforeAll(async () => {
    // Busier than the SDK's own three attempts get through.
    deployment = await startDeployment(
      '--faults',
      'CreateOptimizationJob=ThrottlingException:7,DescribeOptimizationJob=ThrottlingException:8',
    );
    sagemaker = new SageMakerClient(deployment.clientOptions);
    await bootstrap(deployment);
  });
  afterAll(() => deployment?.stop());

  const cdk = (command: string, settings: Readonly<Record<string, string>>, ...more: string[]) =>
    runApp(deployment, 'optimization-app.ts', command, settings, ...more);
  const deploy = (settings: Readonly<Record<string, string>> = {}) =>
    cdk('deploy', settings, '--require-approval', 'never');
  const outputOf = (output: string, name: string) => new RegExp(`${name} = (\\S+)`).exec(output)![1];
  const jobs = async () => (await sagemaker.send(new ListOptimizationJobsCommand({}))).OptimizationJobSummaries!;
  const modelUri = async () => {
    const { Models } = await sagemaker.send(new ListModelsCommand({}));
    const { PrimaryContainer } = await sagemaker.send(new DescribeModelCommand({ ModelName: Models![0].ModelName }));
    return PrimaryContainer!.ModelDataSource!.S3DataSource!.S3Uri;
  };

  test('deploys although SageMaker is throttling: the job first, then the endpoint that serves its result', async () => {
    const { status, output } = await deploy();
    expectDone(status, output);
    firstJob = outputOf(output, 'JobName');
    firstUri = outputOf(output, 'OutputUri');
    const job = await sagemaker.send(new DescribeOptimizationJobCommand({ OptimizationJobName: firstJob }));
    expect(job).toMatchObject({
      OptimizationJobStatus: 'COMPLETED',
      DeploymentInstanceType: 'ml.g5.2xlarge',
      StoppingCondition: { MaxRuntimeInSeconds: 3_600 },
      OutputConfig: { S3OutputLocation: firstUri },
    });
    expect(outputOf(output, 'Image')).toBe(job.OptimizationOutput!.RecommendedInferenceImage);
    expect(await modelUri()).toBe(firstUri);
    const { text } = await ask(deployment, outputOf(output, 'EndpointName'), chatRequest('Once upon a time', 8));
    expect(text).toMatch(/\w/);
  });

  test('a change of what does not touch the result keeps the job', async () => {
    const { status, output } = await deploy({ maxRuntime: '7200' });
    expectDone(status, output);
    expect(outputOf(output, 'JobName')).toBe(firstJob);
    expect(await jobs()).toHaveLength(1);
  });

  test('a job that fails rolls the update back, with its reason; the endpoint still has the old result', async () => {
    const { status, output } = await deploy({ bits: '3' });
    expect(status).toBe(1);
    expect(output.replace(/\s+/g, ' ')).toContain('Only 4-bit are supported for now');
    expect((await jobs()).map(({ OptimizationJobName }) => OptimizationJobName)).toEqual([firstJob]);
    expect(await modelUri()).toBe(firstUri);
  });

  test('a job that does not end in time rolls back as well', async () => {
    const { status, output } = await deploy({ seconds: '30', maxRuntime: '2' });
    expect(status).toBe(1);
    expect(output.replace(/\s+/g, ' ')).toContain('did not end within MaxRuntimeInSeconds of 2');
    expect(await modelUri()).toBe(firstUri);
  });

  test('another technique is another job with a folder of its own, and the endpoint goes over to it', async () => {
    const { status, output } = await deploy({ groupSize: '32' });
    expectDone(status, output);
    const secondJob = outputOf(output, 'JobName');
    expect(secondJob).not.toBe(firstJob);
    expect((await jobs()).map(({ OptimizationJobName }) => OptimizationJobName)).toEqual([secondJob]);
    expect(await modelUri()).toBe(outputOf(output, 'OutputUri'));
    const [, bucket, prefix] = /^s3:\/\/([^/]+)\/(.+)$/.exec(firstUri)!;
    const s3 = new S3Client({ ...deployment.clientOptions, forcePathStyle: true });
    expect((await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }))).KeyCount).toBeGreaterThan(0);
    const endpoint = await sagemaker.send(
      new DescribeEndpointCommand({ EndpointName: outputOf(output, 'EndpointName') }),
    );
    expect(endpoint.EndpointStatus).toBe('InService');
  });

  test('destroys, and no job is left', async () => {
    const { status, output } = await cdk('destroy', {}, '--force');
    expectDone(status, output);
    expect(await jobs()).toEqual([]);
  });

  test('a stack that is deleted while it waits stops its job', async () => {
    const cloudFormation = new CloudFormationClient(deployment.clientOptions);
    const running = deploy({ seconds: '600', endpoint: 'no' });
    const isRunning = async () =>
      (await jobs()).some(({ OptimizationJobStatus }) => OptimizationJobStatus === 'INPROGRESS');
    // Before that, CloudFormation does not know of the job yet.
    const isWaiting = async () => {
      const { StackEvents } = await cloudFormation.send(new DescribeStackEventsCommand({ StackName: STACK }));
      return StackEvents!.some(({ LogicalResourceId }) => /Wait\d/.test(LogicalResourceId!));
    };
    // The events are those of the stack before, as long as no job of this one runs.
    while (!((await isRunning()) && (await isWaiting()))) await new Promise((resolve) => setTimeout(resolve, 200));
    await cloudFormation.send(new DeleteStackCommand({ StackName: STACK }));
    const isThere = () =>
      cloudFormation.send(new DescribeStacksCommand({ StackName: STACK })).then(
        ({ Stacks }) => Stacks![0].StackStatus !== 'DELETE_COMPLETE',
        () => false,
      );
    while ((await isThere()) || (await jobs()).length > 0) await new Promise((resolve) => setTimeout(resolve, 200));
    expect((await running).status).toBe(1);
    expect(await jobs()).toEqual([]);
  });
});
