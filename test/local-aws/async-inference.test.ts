import { setTimeout as sleep } from 'node:timers/promises';
import { ApplicationAutoScalingClient, RegisterScalableTargetCommand } from '@aws-sdk/client-application-auto-scaling';
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  CreateEndpointCommand,
  CreateEndpointConfigCommand,
  CreateModelCommand,
  UpdateEndpointWeightsAndCapacitiesCommand,
} from '@aws-sdk/client-sagemaker';
import { InvokeEndpointAsyncCommand, InvokeEndpointCommand } from '@aws-sdk/client-sagemaker-runtime';
import {
  BUCKET,
  chatBody,
  contentOf,
  GGUF,
  ggufContainer,
  settled,
  startTestAws,
  upload,
  type TestAws,
} from './support';

describe('an asynchronous endpoint of the local AWS', () => {
  let aws: TestAws;
  let s3: S3Client;

  beforeAll(async () => {
    aws = await startTestAws();
    s3 = aws.client(S3Client);
    await upload(aws, { 'q4/model.gguf': GGUF.Q4_K_M });
    await aws.sagemaker.send(new CreateModelCommand({ ModelName: 'story', PrimaryContainer: ggufContainer('q4/') }));
    await aws.sagemaker.send(
      new CreateEndpointConfigCommand({
        EndpointConfigName: 'story',
        ProductionVariants: [
          { VariantName: 'AllTraffic', ModelName: 'story', InstanceType: 'ml.c7i.xlarge', InitialInstanceCount: 1 },
        ],
        AsyncInferenceConfig: {
          ClientConfig: { MaxConcurrentInvocationsPerInstance: 1 },
          OutputConfig: { S3OutputPath: `s3://${BUCKET}/answers`, S3FailurePath: `s3://${BUCKET}/failures` },
        },
      }),
    );
    await aws.sagemaker.send(new CreateEndpointCommand({ EndpointName: 'story', EndpointConfigName: 'story' }));
    expect(await settled(aws, 'story')).toMatchObject({ EndpointStatus: 'InService' });
  });
  afterAll(() => aws?.stop());

  const put = async (key: string, body: Uint8Array | string) => {
    await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: key, Body: body }));
    return `s3://${BUCKET}/${key}`;
  };
  const ask = (InputLocation?: string, Body?: Uint8Array) =>
    aws.runtime.send(new InvokeEndpointAsyncCommand({ EndpointName: 'story', InputLocation, Body }));
  const keyOf = (uri: string) => uri.slice(`s3://${BUCKET}/`.length);
  const read = async (uri: string) => {
    for (;;) {
      const found = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: keyOf(uri) })).catch(() => undefined);
      if (found !== undefined) return found.Body!.transformToByteArray();
      await sleep(50);
    }
  };
  const setInstances = (DesiredInstanceCount: number) =>
    aws.sagemaker.send(
      new UpdateEndpointWeightsAndCapacitiesCommand({
        EndpointName: 'story',
        DesiredWeightsAndCapacities: [{ VariantName: 'AllTraffic', DesiredInstanceCount }],
      }),
    );

  test('writes its answer where it said it would', async () => {
    const { InferenceId, OutputLocation } = await ask(await put('requests/1.json', chatBody('It was')));
    expect(InferenceId).toMatch(/\w/);
    expect(OutputLocation).toMatch(/^s3:\/\/models\/answers\/.+\.out$/);
    expect(contentOf(await read(OutputLocation!))).toMatch(/\w/);
  });

  test('takes a small request as it is', async () => {
    const { OutputLocation } = await ask(undefined, chatBody('It was'));
    expect(contentOf(await read(OutputLocation!))).toMatch(/\w/);
  });

  test('writes why a request failed elsewhere', async () => {
    const wrong = await ask(await put('requests/2.json', '{"messages": 7}'));
    expect(Buffer.from(await read(wrong.FailureLocation!)).toString()).toMatch(/messages/);
    const missing = await ask(`s3://${BUCKET}/requests/none.json`);
    expect(Buffer.from(await read(missing.FailureLocation!)).toString()).toMatch(/NoSuchKey/);
  });

  test('keeps requests while there is no instance, and answers when there is', async () => {
    await aws.client(ApplicationAutoScalingClient).send(
      new RegisterScalableTargetCommand({
        ServiceNamespace: 'sagemaker',
        ResourceId: 'endpoint/story/variant/AllTraffic',
        ScalableDimension: 'sagemaker:variant:DesiredInstanceCount',
        MinCapacity: 0,
        MaxCapacity: 1,
      }),
    );
    await setInstances(0);
    const { OutputLocation } = await ask(undefined, chatBody('Once'));
    await sleep(1_500);
    const { KeyCount } = await s3.send(new ListObjectsV2Command({ Bucket: BUCKET, Prefix: keyOf(OutputLocation!) }));
    expect(KeyCount).toBe(0);
    await setInstances(1);
    expect(contentOf(await read(OutputLocation!))).toMatch(/\w/);
  });

  test('cannot be invoked for an answer at once, nor without a request', async () => {
    await expect(
      aws.runtime.send(new InvokeEndpointCommand({ EndpointName: 'story', Body: chatBody('It was') })),
    ).rejects.toMatchObject({ message: expect.stringContaining('use InvokeEndpointAsync') });
    await expect(ask()).rejects.toMatchObject({ message: expect.stringContaining('One and only one') });
  });
});
