import { CloudWatchClient, GetMetricStatisticsCommand } from '@aws-sdk/client-cloudwatch';
import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { CreateEndpointConfigCommand } from '@aws-sdk/client-sagemaker';
import { InvokeEndpointCommand } from '@aws-sdk/client-sagemaker-runtime';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  BUCKET,
  chatBody,
  createConfig,
  createEndpoint,
  GGUF,
  ggufContainer,
  startTestAws,
  upload,
  type TestAws,
} from './support';

describe('what can be seen of an endpoint of the local AWS', () => {
  let aws: TestAws;

  beforeAll(async () => {
    aws = await startTestAws();
    await upload(aws, { 'q4/model.gguf': GGUF.Q4_K_M });
    await createConfig(aws, 'plain', ggufContainer('q4/'));
    await aws.sagemaker.send(
      new CreateEndpointConfigCommand({
        EndpointConfigName: 'captured',
        ProductionVariants: [
          { VariantName: 'AllTraffic', ModelName: 'plain', InstanceType: 'ml.c7i.large', InitialInstanceCount: 1 },
        ],
        DataCaptureConfig: {
          EnableCapture: true,
          InitialSamplingPercentage: 100,
          DestinationS3Uri: `s3://${BUCKET}/captured`,
          CaptureOptions: [{ CaptureMode: 'Input' }, { CaptureMode: 'Output' }],
        },
      }),
    );
  });
  afterAll(() => aws?.stop());

  const invoke = (endpoint: string, body: Uint8Array) =>
    aws.runtime.send(
      new InvokeEndpointCommand({ EndpointName: endpoint, ContentType: 'application/json', Body: body }),
    );

  test('counts invocations, errors and latency in CloudWatch', async () => {
    await createEndpoint(aws, 'counted', 'plain');
    for (let i = 0; i < 3; i++) await invoke('counted', chatBody('It was'));
    await expect(invoke('counted', Buffer.from('{}'))).rejects.toMatchObject({ name: 'ModelError' });
    const statistic = async (MetricName: string, Statistic: 'Sum' | 'Average') => {
      const { Datapoints } = await aws.client(CloudWatchClient).send(
        new GetMetricStatisticsCommand({
          Namespace: 'AWS/SageMaker',
          MetricName,
          Dimensions: [
            { Name: 'EndpointName', Value: 'counted' },
            { Name: 'VariantName', Value: 'AllTraffic' },
          ],
          StartTime: new Date(Date.now() - 600_000),
          EndTime: new Date(Date.now() + 60_000),
          Period: 3600,
          Statistics: [Statistic],
        }),
      );
      return Datapoints!.reduce((total, point) => total + point[Statistic]!, 0);
    };
    // Metrics come behind the answers.
    while ((await statistic('Invocations', 'Sum')) < 4) await sleep(50);
    expect(await statistic('Invocation4XXErrors', 'Sum')).toBe(1);
    expect(await statistic('Invocation5XXErrors', 'Sum')).toBe(0);
    expect(await statistic('ModelLatency', 'Average')).toBeGreaterThan(0);
  });

  test('keeps the container’s log in CloudWatch Logs', async () => {
    await createEndpoint(aws, 'logged', 'plain');
    const lines = async () => {
      const response = await fetch(aws.endpoint, {
        method: 'POST',
        headers: {
          'content-type': 'application/x-amz-json-1.1',
          'x-amz-target': 'Logs_20140328.FilterLogEvents',
          authorization:
            'AWS4-HMAC-SHA256 Credential=000000000000/20260101/us-east-1/logs/aws4_request, SignedHeaders=host, Signature=0',
        },
        body: JSON.stringify({ logGroupName: '/aws/sagemaker/Endpoints/logged' }),
      });
      const { events = [] } = (await response.json()) as { events?: { message: string; logStreamName: string }[] };
      return events;
    };
    let events = await lines();
    for (; events.length < 3; events = await lines()) await sleep(50);
    expect(events[0].message).toMatch(/^llama-server --model \/opt\/ml\/model\/model\.gguf /);
    expect(events[0].logStreamName).toMatch(/^AllTraffic\/i-local/);
  });

  test('captures requests and answers where the configuration says', async () => {
    await createEndpoint(aws, 'captured', 'captured');
    const request = chatBody('It was');
    const answer = Buffer.from((await invoke('captured', request)).Body!).toString('utf8');
    const s3 = aws.client(S3Client);
    let key: string | undefined;
    while (key === undefined) {
      await sleep(50);
      key = (await s3.send(new ListObjectsV2Command({ Bucket: BUCKET, Prefix: 'captured/' }))).Contents?.[0]?.Key;
    }
    expect(key).toMatch(
      /^captured\/captured\/AllTraffic\/\d{4}\/\d\d\/\d\d\/\d\d\/\d\d-\d\d-\d{3}-[0-9a-f-]{36}\.jsonl$/,
    );
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: key }));
    expect(JSON.parse(await Body!.transformToString())).toMatchObject({
      captureData: {
        endpointInput: {
          mode: 'INPUT',
          observedContentType: 'application/json',
          data: Buffer.from(request).toString('utf8'),
        },
        endpointOutput: { mode: 'OUTPUT', data: answer },
      },
    });
  });
});
