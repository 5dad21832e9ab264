import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { CodeBuildClient, ListProjectsCommand } from '@aws-sdk/client-codebuild';
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { ROOT, startDeployment, type Deployment } from './cdk';

const BUCKET = 'models';
const MODEL = path.join(ROOT, 'examples/models/gutenberg-3m');
const ROLE = 'arn:aws:iam::000000000000:role/quantize';

describe('qe quantize --on aws', () => {
  let deployment: Deployment;
  let s3: S3Client;

  beforeAll(async () => {
    deployment = await startDeployment();
    s3 = new S3Client({ ...deployment.clientOptions, forcePathStyle: true });
    await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
    for (const name of readdirSync(MODEL))
      await s3.send(
        new PutObjectCommand({
          Bucket: BUCKET,
          Key: `gutenberg-3m/${name}`,
          Body: readFileSync(path.join(MODEL, name)),
        }),
      );
  });
  afterAll(() => deployment?.stop());

  /** The bundled command line, which is what runs in the account too. */
  const qe = (...args: string[]) =>
    new Promise<{ status: number | null; stdout: string; stderr: string }>((resolve) => {
      const { endpoint, region, credentials } = deployment.clientOptions;
      const env = {
        ...process.env,
        AWS_ENDPOINT_URL: endpoint,
        AWS_REGION: region,
        AWS_ACCESS_KEY_ID: credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      };
      const child = execFile(
        process.execPath,
        [path.join(ROOT, 'dist/bin/qe.js'), ...args],
        { env },
        (_error, stdout, stderr) => resolve({ status: child.exitCode, stdout, stderr }),
      );
    });
  const keys = async (prefix: string) => {
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: BUCKET, Prefix: prefix }));
    return Contents.map(({ Key }) => Key!);
  };
  const projects = async () =>
    (await new CodeBuildClient(deployment.clientOptions).send(new ListProjectsCommand({}))).projects;

  test('writes the same file from S3 to S3, and leaves nothing else', async () => {
    const options = ['--scheme', 'gguf:Q4_K_M', '--json'];
    const remote = await qe(
      ...['quantize', `s3://${BUCKET}/gutenberg-3m/`, ...options, '--out', `s3://${BUCKET}/quantized/q4/`],
      ...['--on', 'aws', '--role', ROLE],
    );
    expect(remote).toMatchObject({ status: 0, stderr: expect.stringContaining(`s3://${BUCKET}/quantized/q4/`) });
    const local = await qe('quantize', MODEL, ...options, '--out', path.join(deployment.scratch, 'q4'));
    const [file] = (JSON.parse(remote.stdout) as { files: string[] }).files;
    const [same] = (JSON.parse(local.stdout) as { files: string[] }).files;
    const key = file.slice(`s3://${BUCKET}/`.length);
    expect(key).toMatch(/^quantized\/q4\/.*-Q4_K_M\.gguf$/);
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: key }));
    expect(Buffer.from(await Body!.transformToByteArray()).equals(readFileSync(same))).toBe(true);
    expect(await keys('quantized/')).toEqual([key, 'quantized/q4/qe-quantize.json'].sort());
    expect(await projects()).toEqual([]);
  });

  test('says why it failed, and leaves nothing', async () => {
    const { status, stderr } = await qe(
      ...['quantize', `s3://${BUCKET}/nowhere/`, '--scheme', 'fp8', '--out', `s3://${BUCKET}/failed/`],
      ...['--on', 'aws', '--role', ROLE, '--no-color'],
    );
    expect(status).toBe(2);
    expect(stderr).toContain('REMOTE_QUANTIZE_FAILED');
    expect(stderr).toContain('nowhere');
    expect(await keys('failed')).toEqual([]);
    expect(await projects()).toEqual([]);
  });
});
