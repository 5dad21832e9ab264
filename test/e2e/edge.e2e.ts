import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { ROOT, bootstrap, expectDone, runApp, startDeployment, type Deployment } from './cdk';

const TARGET = 'arn:aws:iot:us-east-1:000000000000:thinggroup/kiosks';

interface Recipe {
  readonly ComponentVersion: string;
  readonly Manifests: readonly {
    readonly Platform: object;
    readonly Artifacts: readonly { readonly URI: string }[];
    readonly Lifecycle: Readonly<Record<string, string>>;
  }[];
}

describe('a model on Greengrass devices through the CDK command line', () => {
  let deployment: Deployment;
  let component: string;
  let deploymentId: string;

  beforeAll(async () => {
    deployment = await startDeployment();
    const s3 = new S3Client({ ...deployment.clientOptions, forcePathStyle: true });
    await s3.send(new CreateBucketCommand({ Bucket: 'edge-models' }));
    for (const type of ['Q4_K_M', 'Q8_0'])
      await s3.send(
        new PutObjectCommand({
          Bucket: 'edge-models',
          Key: `gutenberg/gutenberg-3m-${type}.gguf`,
          Body: readFileSync(path.join(ROOT, `examples/models/gutenberg-3m-${type}/gutenberg-3m-${type}.gguf`)),
        }),
      );
    await bootstrap(deployment);
  });
  afterAll(() => deployment?.stop());

  const cdk = (command: string, settings: Readonly<Record<string, string>>, ...more: string[]) =>
    runApp(deployment, 'edge-app.ts', command, settings, ...more);
  const deploy = async (settings: Readonly<Record<string, string>> = {}) => {
    const { status, output } = await cdk('deploy', settings, '--require-approval', 'never');
    expectDone(status, output);
    component = /ComponentArn = (\S+)/.exec(output)![1];
    deploymentId = /DeploymentId = (\S+)/.exec(output)![1];
  };
  /** Greengrass by its REST API: its client would be one more package for these few questions. */
  const ask = async (resource: string) => {
    const { endpoint, credentials } = deployment.clientOptions;
    const scope = `${credentials.accessKeyId}/20260101/us-east-1/greengrass/aws4_request`;
    const answer = await fetch(`${endpoint}/greengrass/v2/${resource}`, {
      headers: { authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0` },
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };
  const recipe = async (): Promise<Recipe> => {
    const { body } = await ask(`components/${encodeURIComponent(component)}`);
    return JSON.parse(Buffer.from(body.recipe as string, 'base64').toString('utf8')) as Recipe;
  };
  const inForce = async () => (await ask(`deployments?targetArn=${encodeURIComponent(TARGET)}`)).body.deployments;

  test('deploys the file that fits, to be served as soon as the device runs the component', async () => {
    await deploy();
    const { Manifests } = await recipe();
    expect(Manifests).toMatchObject([
      {
        Platform: { os: 'linux', architecture: 'aarch64' },
        Artifacts: [{ URI: 's3://edge-models/gutenberg/gutenberg-3m-Q4_K_M.gguf' }],
        Lifecycle: { run: expect.stringMatching(/^exec llama-server .*--ctx-size 512/) },
      },
    ]);
    expect(await inForce()).toMatchObject([{ deploymentId, isLatestForTarget: true, deploymentStatus: 'ACTIVE' }]);
    const { body } = await ask(`deployments/${deploymentId}`);
    const [[, deployed]] = Object.entries(body.components as Record<string, Record<string, unknown>>);
    expect(deployed).toMatchObject({ runWith: { systemResourceLimits: { memory: expect.any(Number) } } });
  });

  test('updates to another file: a new version by itself, and one deployment', async () => {
    const [before, firstVersion] = [component, (await recipe()).ComponentVersion];
    await deploy({ quality: 'high' });
    expect(component).not.toBe(before);
    const { ComponentVersion, Manifests } = await recipe();
    expect(ComponentVersion).not.toBe(firstVersion);
    expect(Manifests[0].Artifacts).toMatchObject([{ URI: 's3://edge-models/gutenberg/gutenberg-3m-Q8_0.gguf' }]);
    expect(await inForce()).toMatchObject([{ deploymentId }]);
    expect((await ask(`components/${encodeURIComponent(before)}`)).status).toBe(404);
  });

  test('a file that is not in the bucket rolls back; the old deployment stays in force', async () => {
    const before = await inForce();
    const { status, output } = await cdk('deploy', { file: 'nowhere-Q4_K_M.gguf' }, '--require-approval', 'never');
    expect(status).toBe(1);
    expect(output.replace(/\s+/g, ' ')).toContain('artifact resource cannot be accessed');
    expect(await inForce()).toEqual(before);
  });

  test('destroys, and neither component nor deployment is left', async () => {
    const { status, output } = await cdk('destroy', {}, '--force');
    expectDone(status, output);
    expect(await inForce()).toEqual([]);
    expect((await ask('components')).body).toEqual({ components: [] });
  });
});
