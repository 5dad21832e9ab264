import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  CreateEndpointCommand,
  CreateEndpointConfigCommand,
  CreateInferenceComponentCommand,
  CreateModelCommand,
  UpdateInferenceComponentCommand,
} from '@aws-sdk/client-sagemaker';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeRole } from '../local-aws/role';
import { GGUF, ggufContainer, settled, startTestAws, upload, type TestAws } from '../local-aws/support';

const BUCKET = 'monitor';

describe('the program of a quality monitor on the local AWS', () => {
  let aws: TestAws;
  const before = { ...process.env };

  beforeAll(async () => {
    aws = await startTestAws();
    await aws.client(S3Client).send(new CreateBucketCommand({ Bucket: BUCKET }));
    Object.assign(process.env, {
      AWS_ENDPOINT_URL: aws.endpoint,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: '000000000000',
      AWS_SECRET_ACCESS_KEY: 'local',
    });
  });
  afterAll(async () => {
    for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
    Object.assign(process.env, before);
    await aws?.stop();
  });

  // They make their clients when they are loaded, as in a function.
  const store = async () => new (await import('../../lambda/quality-monitor/store')).S3Store(BUCKET, 'a/');

  test('files are written below their prefix, and what is not there is undefined', async () => {
    const files = await store();
    expect(await files.read('state.json')).toBeUndefined();
    expect(await files.write('state.json', '{"é": 1}', 'application/json')).toBe(true);
    expect(await files.read('state.json')).toMatchObject({ text: '{"é": 1}', tag: expect.stringMatching(/\w/) });
  });

  test('of two writers that saw the same, the first wins', async () => {
    const files = await store();
    expect(await files.write('once.json', '1', 'application/json', null)).toBe(true);
    expect(await files.write('once.json', '2', 'application/json', null)).toBe(false);
    const { tag } = (await files.read('once.json'))!;
    expect(await files.write('once.json', '3', 'application/json', tag)).toBe(true);
    expect(await files.write('once.json', '4', 'application/json', tag)).toBe(false);
    expect((await files.read('once.json'))!.text).toBe('3');
  });

  test('captured traffic is sampled from the files of the last day', async () => {
    const record = (id: number) =>
      JSON.stringify({
        captureData: {
          endpointInput: {
            data: JSON.stringify({ messages: [{ role: 'user', content: `q${id}` }] }),
            encoding: 'JSON',
          },
          endpointOutput: { data: '{"choices": []}', encoding: 'JSON' },
        },
        eventMetadata: { eventId: `e${id}` },
      });
    for (const file of [0, 1, 2])
      await aws.client(S3Client).send(
        new PutObjectCommand({
          Bucket: BUCKET,
          Key: `traffic/chat/AllTraffic/2026/01/01/0${file}/x.jsonl`,
          Body: [0, 1, 2, 3].map((line) => record(4 * file + line)).join('\n'),
        }),
      );
    const { capturedTraffic } = await import('../../lambda/quality-monitor/captured');
    const hour = 3_600_000;
    const place = { bucket: BUCKET, prefix: 'traffic/' };
    const sample = await capturedTraffic(place, new Date(Date.now() - hour), 5);
    expect(sample).toHaveLength(5);
    expect(new Set(sample.map(({ id }) => id)).size).toBe(5);
    expect(await capturedTraffic(place, new Date(Date.now() - hour), 50)).toHaveLength(12);
    expect(await capturedTraffic(place, new Date(Date.now() + hour), 50)).toEqual([]);
  });

  test('an endpoint that is not there is undefined', async () => {
    const { describe: describeServing } = await import('../../lambda/quality-monitor/sagemaker');
    expect(await describeServing({ endpointName: 'nowhere' })).toBeUndefined();
    expect(await describeServing({ endpointName: 'nowhere', inferenceComponentName: 'none' })).toBeUndefined();
  });

  test('an inference component is known by its model, which is updated without the endpoint', async () => {
    const { describe: describeServing } = await import('../../lambda/quality-monitor/sagemaker');
    await upload(aws, { 'q4/model.gguf': GGUF.Q4_K_M });
    for (const ModelName of ['first', 'second'])
      await aws.sagemaker.send(new CreateModelCommand({ ModelName, PrimaryContainer: ggufContainer('q4/') }));
    await aws.sagemaker.send(
      new CreateEndpointConfigCommand({
        EndpointConfigName: 'shared',
        ExecutionRoleArn: await makeRole(aws),
        ProductionVariants: [{ VariantName: 'AllTraffic', InstanceType: 'ml.g5.2xlarge', InitialInstanceCount: 1 }],
      }),
    );
    await aws.sagemaker.send(new CreateEndpointCommand({ EndpointName: 'fleet', EndpointConfigName: 'shared' }));
    await settled(aws, 'fleet');
    const specification = (ModelName: string) => ({
      ModelName,
      ComputeResourceRequirements: { MinMemoryRequiredInMb: 1024 },
    });
    const address = { endpointName: 'fleet', inferenceComponentName: 'chat' };
    const serving = async (status: string) => {
      for (;;) {
        const found = await describeServing(address);
        if (found?.status === status) return found;
        await sleep(50);
      }
    };
    await aws.sagemaker.send(
      new CreateInferenceComponentCommand({
        InferenceComponentName: 'chat',
        EndpointName: 'fleet',
        VariantName: 'AllTraffic',
        Specification: specification('first'),
        RuntimeConfig: { CopyCount: 1 },
      }),
    );
    expect(await serving('InService')).toEqual({ status: 'InService', configName: 'shared.first', updating: false });
    await aws.sagemaker.send(
      new UpdateInferenceComponentCommand({
        InferenceComponentName: 'chat',
        Specification: specification('second'),
      }),
    );
    expect(await serving('Updating')).toMatchObject({ updating: true });
    expect(await serving('InService')).toEqual({ status: 'InService', configName: 'shared.second', updating: false });
  });

  test('a judge on Bedrock is asked in both orders, and answers with a loss', async () => {
    const { bedrockJudge } = await import('../../lambda/quality-monitor/bedrock');
    const loss = await bedrockJudge('amazon.nova-lite-v1:0')([{ role: 'user', content: 'Why?' }], 'a', 'b');
    expect([0, 0.25, 0.5, 0.75, 1]).toContain(loss);
  });
});
