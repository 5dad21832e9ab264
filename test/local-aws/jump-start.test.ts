import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import {
  CreateHubCommand,
  CreateHubContentReferenceCommand,
  DeleteHubCommand,
  DescribeHubContentCommand,
  ImportHubContentCommand,
} from '@aws-sdk/client-sagemaker';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { runCli } from '../../bin/program';
import { InstanceType, ModelSource, QuantizedEndpoint, type JumpStartModelOptions } from '../../index';
import { parseLock } from '../../lib/lock';
import { startTestAws, type TestAws } from './support';

const MODEL = path.join(__dirname, '../../examples/models/gutenberg-3m');
const FILES = [
  'config.json',
  'model-00001-of-00003.safetensors',
  'model-00002-of-00003.safetensors',
  'model-00003-of-00003.safetensors',
  'model.safetensors.index.json',
];
const OPEN = 'jumpstart-cache-prod-us-east-1';
const GATED = 'jumpstart-private-cache-prod-us-east-1';
const BASE = {
  HostingEcrUri: '763104351884.dkr.ecr.us-east-1.amazonaws.com/djl-inference:0.36.0-lmi27.0.0-cu130',
  // Nearly every model has a licence to read.
  HostingEulaUri: `s3://${OPEN}/eula/apache.txt`,
};
const DOCUMENTS = {
  open: { ...BASE, HostingArtifactUri: `s3://${OPEN}/small/1.0.0/` },
  gated: { ...BASE, HostingArtifactUri: `s3://${GATED}/small/1.0.0/`, GatedBucket: true },
  archive: { ...BASE, HostingArtifactUri: `s3://${OPEN}/small.tar.gz` },
  nowhere: { ...BASE },
  optimized: {
    ...BASE,
    HostingArtifactUri: `s3://${OPEN}/whole/`,
    InferenceConfigs: { plain: { ComponentNames: [] }, quantized: { ComponentNames: ['small', 'draft'] } },
    InferenceConfigComponents: {
      small: { HostingArtifactUri: `s3://${OPEN}/small/1.0.0/` },
      draft: { HostingAdditionalDataSources: { speculative_decoding: [{ ChannelName: 'draft_model' }] } },
    },
    InferenceConfigRankings: { overall: { Rankings: ['quantized', 'plain'] } },
  },
};

describe('qe models add jumpstart:…, against a local DescribeHubContent', () => {
  let aws: TestAws;
  let folder: string;
  let lock: string;
  const environment = { ...process.env };

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'jump-start-'));
    const hub = path.join(folder, 'hub.json');
    writeFileSync(
      hub,
      JSON.stringify([
        ...Object.entries(DOCUMENTS).map(([name, document]) => content(name, document)),
        content('open', { ...DOCUMENTS.open, HostingArtifactUri: `s3://${OPEN}/older/` }, '0.9.0'),
        { ...content('broken', {}), HubContentDocument: '[]' },
      ]),
    );
    aws = await startTestAws('--public-hub', hub);
    const s3 = aws.client(S3Client);
    for (const Bucket of [OPEN, GATED]) {
      await s3.send(new CreateBucketCommand({ Bucket }));
      for (const name of FILES)
        await s3.send(
          new PutObjectCommand({ Bucket, Key: `small/1.0.0/${name}`, Body: readFileSync(path.join(MODEL, name)) }),
        );
    }
    await s3.send(
      new PutObjectCommand({ Bucket: OPEN, Key: 'whole/config.json', Body: readFileSync(`${MODEL}/config.json`) }),
    );
    await aws.sagemaker.send(new CreateHubCommand({ HubName: 'ours', HubDescription: 'What we may use' }));
    await aws.sagemaker.send(
      new CreateHubContentReferenceCommand({
        HubName: 'ours',
        SageMakerPublicHubContentArn: 'arn:aws:sagemaker:us-east-1:aws:hub-content/SageMakerPublicHub/Model/gated',
        HubContentName: 'curated',
      }),
    );
    await aws.sagemaker.send(
      new ImportHubContentCommand({
        HubName: 'ours',
        ...content('own', { HostingArtifactUri: 's3://our-bucket/model/' }),
      } as never),
    );
    Object.assign(process.env, {
      AWS_ENDPOINT_URL: aws.endpoint,
      AWS_ENDPOINT_URL_S3: aws.endpoint.replace('localhost', '127.0.0.1'),
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: '000000000000',
      AWS_SECRET_ACCESS_KEY: 'local',
    });
  });
  afterAll(async () => {
    process.env = environment;
    await aws?.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(() => {
    lock = path.join(folder, 'lock.json');
    rmSync(lock, { force: true });
  });

  function content(name: string, document: object, version = '1.0.0') {
    return {
      HubContentName: name,
      HubContentType: 'Model',
      HubContentVersion: version,
      DocumentSchemaVersion: '2.0.0',
      HubContentDocument: JSON.stringify(document),
    };
  }

  async function add(name: string): Promise<{ status: number; said: string }> {
    let said = '';
    const spies = (['stdout', 'stderr'] as const).map((stream) =>
      jest.spyOn(process[stream], 'write').mockImplementation((chunk) => {
        said += String(chunk);
        return true;
      }),
    );
    try {
      return { status: await runCli(['models', 'add', name, '--lock', lock]), said };
    } finally {
      for (const spy of spies) spy.mockRestore();
    }
  }
  const locked = () => parseLock(readFileSync(lock, 'utf8'), lock).models;

  /** The model data of an endpoint that takes the model from the lock file. */
  function served(id: string, options: JumpStartModelOptions = {}) {
    const context = { 'cdk-quantized-endpoints:lockFile': lock };
    const stack = new Stack(new App({ context }), 'Stack', { env: { account: '123456789012', region: 'us-east-1' } });
    new QuantizedEndpoint(stack, 'Chat', {
      model: ModelSource.jumpStart(id, options),
      instanceType: InstanceType.G6_2XLARGE,
    });
    const [model] = Object.values(Template.fromStack(stack).findResources('AWS::SageMaker::Model'));
    return model.Properties.PrimaryContainer.ModelDataSource.S3DataSource as Record<string, unknown>;
  }

  test('locks the newest version, its weights and config, and asks for no licence though it has one to read', async () => {
    const { status, said } = await add('jumpstart:open');
    expect(status).toBe(0);
    expect(said).toContain('djl-inference:0.36.0-lmi27');
    expect(locked()['jumpstart:open']).toMatchObject({
      revision: '1.0.0',
      gated: false,
      artifact: { bucketPrefix: 'jumpstart-cache-prod', key: 'small/1.0.0/' },
      weightBytes: 6_820_352,
    });
    expect(served('open')).toEqual({
      S3Uri: `s3://${OPEN}/small/1.0.0/`,
      S3DataType: 'S3Prefix',
      CompressionType: 'None',
    });
  });

  test('asks for a licence where the weights lie in the bucket of gated models, and only there', async () => {
    expect((await add('jumpstart:gated')).status).toBe(0);
    expect(locked()['jumpstart:gated'].gated).toBe(true);
    expect(served('gated')).not.toHaveProperty('ModelAccessConfig');
    expect(served('gated', { acceptEula: true })).toMatchObject({ ModelAccessConfig: { AcceptEula: true } });
  });

  test('a version is an entry of its own', async () => {
    expect((await add('jumpstart:open@1.0.0')).status).toBe(0);
    expect(Object.keys(locked())).toEqual(['jumpstart:open@1.0.0']);
    expect(served('open', { version: '1.0.0' }).S3Uri).toBe(`s3://${OPEN}/small/1.0.0/`);
  });

  test('a configuration takes the place of the base, and what it cannot have is said', async () => {
    const { status, said } = await add('jumpstart:optimized#quantized');
    expect(status).toBe(0);
    expect(said).toContain('draft_model, which CloudFormation cannot mount');
    expect(said).toContain('#plain');
    expect(served('optimized', { inferenceConfig: 'quantized' }).S3Uri).toBe(`s3://${OPEN}/small/1.0.0/`);
  });

  test('a model of a private hub is read through its reference', async () => {
    expect((await add('jumpstart:ours/curated')).status).toBe(0);
    const { hubContentArn } = locked()['jumpstart:ours/curated'];
    expect(hubContentArn).toBe(
      'arn:aws:sagemaker:us-east-1:000000000000:hub-content/ours/ModelReference/curated/1.0.0',
    );
    expect(served('curated', { hub: 'ours', acceptEula: true })).toMatchObject({
      S3Uri: `s3://${GATED}/small/1.0.0/`,
      ModelAccessConfig: { AcceptEula: true },
      HubAccessConfig: { HubContentArn: hubContentArn },
    });
  });

  test('an archive is located, not opened', async () => {
    const { status, said } = await add('jumpstart:archive');
    expect(status).toBe(0);
    expect(said).toContain('give config or configPath');
    expect(locked()['jumpstart:archive'].config).toBeUndefined();
  });

  test.each([
    ['jumpstart:unknown', 'does not exist', 'a model of SageMakerPublicHub'],
    ['jumpstart:open@3.0.0', 'open/3.0.0', 'a model of SageMakerPublicHub'],
    ['jumpstart:ours/unknown', 'does not exist', 'a model of ours'],
    ['jumpstart:theirs/curated', 'Could not find hub', 'a model of theirs'],
    ['jumpstart:nowhere', 'does not say where the weights', 'jumpstart-cache-prod'],
    ['jumpstart:broken', 'is not a JSON object', 'hub content document'],
    ['jumpstart:optimized#fastest', 'no inference configuration fastest', 'quantized, plain'],
    ['jumpstart:open#fastest', 'no inference configuration fastest', 'one way to be deployed'],
    ['jumpstart:ours/own', 'bucket of the hub’s owner', 'qe models add s3://our-bucket/model/'],
  ])('%s is refused, with the way out', async (name, reason, way) => {
    const { status, said } = await add(name);
    expect(status).toBe(2);
    expect(said).toContain(reason);
    expect(said).toContain(way);
    expect(() => readFileSync(lock)).toThrow();
  });

  test('the local hubs refuse what AWS’s refuse', async () => {
    await expect(
      aws.sagemaker.send(new CreateHubCommand({ HubName: 'ours', HubDescription: 'x' })),
    ).rejects.toMatchObject({
      name: 'ResourceInUse',
    });
    await expect(aws.sagemaker.send(new DeleteHubCommand({ HubName: 'ours' }))).rejects.toMatchObject({
      name: 'ResourceInUse',
    });
    await expect(
      aws.sagemaker.send(
        new DescribeHubContentCommand({ HubName: 'ours', HubContentType: 'Model', HubContentName: 'bad name' }),
      ),
    ).rejects.toMatchObject({ name: 'ValidationException' });
  });
});
