import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { ListEndpointsCommand, SageMakerClient } from '@aws-sdk/client-sagemaker';
import { ask, chatRequest } from './ask';
import { ROOT, bootstrap, expectDone, runApp, startDeployment, type Deployment } from './cdk';

const STACK = 'Tested';
const SOUND = 'examples/models/gutenberg-3m-Q8_0';

describe('a smoke test through the CDK command line', () => {
  let deployment: Deployment;
  let endpointName: string;
  let soundAnswer: string;

  beforeAll(async () => {
    deployment = await startDeployment();
  });
  afterAll(() => deployment?.stop());

  const cdk = (command: string, settings: Record<string, string>, ...more: string[]) =>
    runApp(deployment, 'smoke-test-app.ts', command, { modelDirectory: SOUND, ...settings }, ...more);
  const deploy = (settings: Record<string, string> = {}) => cdk('deploy', settings, '--require-approval', 'never');
  const oneLine = (output: string) => output.replace(/\s+/g, ' ');
  const stackStatus = async () => {
    const client = new CloudFormationClient(deployment.clientOptions);
    const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: STACK }));
    return Stacks![0].StackStatus;
  };
  const answer = async () => (await ask(deployment, endpointName, chatRequest('Once upon a time', 16))).text;
  /** The sound model with its second half made anew: every header is right, and no weight is. */
  const damaged = (name: string, damage: (bytes: Buffer, from: number) => void): string => {
    const bytes = readFileSync(path.join(ROOT, SOUND, 'gutenberg-3m-Q8_0.gguf'));
    damage(bytes, bytes.length / 2);
    const directory = path.join(deployment.scratch, name);
    mkdirSync(directory, { recursive: true });
    writeFileSync(path.join(directory, 'gutenberg-3m-Q8_0.gguf'), bytes);
    return directory;
  };
  const expectUndone = async () => {
    expect(await stackStatus()).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(await answer()).toBe(soundAnswer);
  };

  test('passes with a sound model, and tells what it measured', async () => {
    await bootstrap(deployment);
    const { status, output } = await deploy();
    expectDone(status, output);
    endpointName = /EndpointName = (\S+)/.exec(output)![1];
    expect(Number(/FirstTokenMilliseconds = (\S+)/.exec(output)![1])).toBeGreaterThan(0);
    soundAnswer = await answer();
    expect(soundAnswer).toMatch(/\w/);
  });

  test('fails for a model that answers nothing, and the sound one is back', async () => {
    // Scales of random bits are no numbers, nor is what is computed with them.
    let seed = 1;
    const random = (bytes: Buffer, from: number) => {
      for (let i = from; i < bytes.length; i++) {
        seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff;
        bytes[i] = seed >> 16;
      }
    };
    const { status, output } = await deploy({ modelDirectory: damaged('random', random) });
    expect(status).toBe(1);
    expect(oneLine(output)).toContain('EMPTY prompt 1, whole: the answer is empty');
    await expectUndone();
  });

  test('fails for a model that says one thing over and over', async () => {
    const { status, output } = await deploy({ modelDirectory: damaged('zeros', (bytes, from) => bytes.fill(0, from)) });
    expect(status).toBe(1);
    expect(oneLine(output)).toMatch(/LOOP prompt \d, (whole|streamed): the answer repeats/);
    await expectUndone();
  });

  test('fails for a model that does not say what it should', async () => {
    const { status, output } = await deploy({ contains: 'a bright and sunny day' });
    expect(status).toBe(1);
    expect(oneLine(output)).toContain('NOT_CONTAINED prompt 1, whole: the answer does not hold');
    await expectUndone();
  });

  test('fails for a model that is slower than it may be', async () => {
    const { status, output } = await deploy({ maxInterTokenMs: '0' });
    expect(status).toBe(1);
    expect(oneLine(output)).toMatch(/TOKENS_SLOW a token took [\d.]+ ms/);
    await expectUndone();
  });

  test('fails the first deployment as well, and leaves nothing', async () => {
    expectDone((await cdk('destroy', {}, '--force')).status, '');
    const { status } = await deploy({ contains: 'a bright and sunny day' });
    expect(status).toBe(1);
    expect(await stackStatus()).toBe('ROLLBACK_COMPLETE');
    const { Endpoints } = await new SageMakerClient(deployment.clientOptions).send(new ListEndpointsCommand({}));
    expect(Endpoints).toEqual([]);
    expect(await cdk('destroy', {}, '--force')).toMatchObject({ status: 0 });
  });
});
