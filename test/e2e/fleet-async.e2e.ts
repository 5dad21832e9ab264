import { setTimeout as sleep } from 'node:timers/promises';
import {
  ApplicationAutoScalingClient,
  DescribeScalingActivitiesCommand,
  DescribeScalableTargetsCommand,
  DescribeScheduledActionsCommand,
  PutScheduledActionCommand,
} from '@aws-sdk/client-application-auto-scaling';
import {
  DeleteObjectsCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { DescribeEndpointCommand, SageMakerClient } from '@aws-sdk/client-sagemaker';
import { InvokeEndpointAsyncCommand, SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import { chatRequest } from './ask';
import { bootstrap, expectDone, startDeployment, type Deployment } from './cdk';

/** Far enough ahead that a busy machine puts the action before it is due. */
const SOON_MS = 6_000;

describe('an asynchronous endpoint that is off at night', () => {
  let deployment: Deployment;
  let s3: S3Client;
  let scaling: ApplicationAutoScalingClient;
  let names: Record<'EndpointName' | 'BucketName', string>;

  beforeAll(async () => {
    deployment = await startDeployment();
    s3 = new S3Client({ ...deployment.clientOptions, forcePathStyle: true });
    scaling = new ApplicationAutoScalingClient(deployment.clientOptions);
  });
  afterAll(() => deployment?.stop());

  const cdk = (...args: string[]) =>
    deployment.cdk(...args, '--app', 'node tools/run-app.mjs test/e2e/fleet-async-app.ts');
  const target = () => ({
    ServiceNamespace: 'sagemaker' as const,
    ResourceId: `endpoint/${names.EndpointName}/variant/AllTraffic`,
    ScalableDimension: 'sagemaker:variant:DesiredInstanceCount' as const,
  });
  const instances = async () => {
    const { ProductionVariants } = await new SageMakerClient(deployment.clientOptions).send(
      new DescribeEndpointCommand({ EndpointName: names.EndpointName }),
    );
    return ProductionVariants![0].DesiredInstanceCount;
  };
  const until = async (count: number) => {
    while ((await instances()) !== count) await sleep(100);
  };
  /** What the schedule does at its hour, now. */
  const bounds = async (ScheduledActionName: string, MinCapacity: number, MaxCapacity: number) => {
    await scaling.send(
      new PutScheduledActionCommand({
        ...target(),
        ScheduledActionName,
        Schedule: `at(${new Date(Date.now() + SOON_MS).toISOString().slice(0, 19)})`,
        ScalableTargetAction: { MinCapacity, MaxCapacity },
      }),
    );
    for (;;) {
      const { ScalableTargets } = await scaling.send(
        new DescribeScalableTargetsCommand({ ServiceNamespace: 'sagemaker', ResourceIds: [target().ResourceId] }),
      );
      if (ScalableTargets![0].MaxCapacity === MaxCapacity) return;
      await sleep(100);
    }
  };
  const ask = async (key: string) => {
    const request = chatRequest('It was a dark and stormy night', 8);
    await s3.send(new PutObjectCommand({ Bucket: names.BucketName, Key: key, Body: request }));
    const { OutputLocation } = await new SageMakerRuntimeClient(deployment.clientOptions).send(
      new InvokeEndpointAsyncCommand({
        EndpointName: names.EndpointName,
        ContentType: 'application/json',
        InputLocation: `s3://${names.BucketName}/${key}`,
      }),
    );
    return OutputLocation!.slice(`s3://${names.BucketName}/`.length);
  };
  const tryRead = async (Key: string) => {
    const found = await s3.send(new GetObjectCommand({ Bucket: names.BucketName, Key })).catch(() => undefined);
    return found === undefined ? undefined : JSON.parse(await found.Body!.transformToString());
  };
  const read = async (key: string) => {
    for (;;) {
      const answer = await tryRead(key);
      if (answer !== undefined) return answer;
      await sleep(100);
    }
  };

  test('deploys with its schedule', async () => {
    await bootstrap(deployment);
    const { status, output } = await cdk('deploy', '--require-approval', 'never');
    expectDone(status, output);
    names = {
      EndpointName: /\.EndpointName = (\S+)/.exec(output)![1],
      BucketName: /\.BucketName = (\S+)/.exec(output)![1],
    };
    const { ScheduledActions } = await scaling.send(new DescribeScheduledActionsCommand(target()));
    expect(ScheduledActions).toMatchObject([
      { Schedule: 'cron(0 20 * * ? *)', ScalableTargetAction: { MinCapacity: 0, MaxCapacity: 0 } },
    ]);
  });

  test('answers into the bucket, with a role that may read requests and write answers only', async () => {
    const key = await ask('requests/1.json');
    expect(key).toMatch(/^answers\//);
    expect((await read(key)).choices[0].message.content).toMatch(/\w/);
  });

  test('has no instance at night, and keeps what is asked', async () => {
    await bounds('night', 0, 0);
    await until(0);
    const key = await ask('requests/2.json');
    await sleep(2_000);
    expect(await tryRead(key)).toBeUndefined();
    expect(await instances()).toBe(0);
  });

  test('in the morning, what waits brings the instance back and is answered', async () => {
    await bounds('morning', 0, 1);
    await until(1);
    const { ScalingActivities } = await scaling.send(new DescribeScalingActivitiesCommand(target()));
    expect(ScalingActivities!.map(({ Cause }) => Cause)).toContainEqual(
      expect.stringMatching(/WakeAlarm.* triggered policy .*WakePolicy/),
    );
    const listed = async () =>
      (await s3.send(new ListObjectsV2Command({ Bucket: names.BucketName, Prefix: 'answers/' }))).KeyCount;
    while ((await listed()) !== 2) await sleep(100);
  });

  test('is destroyed', async () => {
    const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket: names.BucketName }));
    const Objects = Contents!.map(({ Key }) => ({ Key }));
    await s3.send(new DeleteObjectsCommand({ Bucket: names.BucketName, Delete: { Objects } }));
    expect(await cdk('destroy', '--force')).toMatchObject({ status: 0 });
  });
});
