import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { DescribeEndpointCommand, ListEndpointsCommand, SageMakerClient } from '@aws-sdk/client-sagemaker';
import { runCli } from '../../bin/program';
import { ask, chatRequest } from './ask';
import { ROOT, bootstrap, expectDone, runApp, startDeployment, type Deployment } from './cdk';

const STACK = 'Watched';
const SOUND = 'examples/models/gutenberg-3m-Q8_0';
/** A second of a deployment's waits is a tenth here: bakes last as long as the monitor needs on a busy machine. */
const TIME_SCALE = '0.1';

interface Outcome {
  readonly done: string;
  readonly why?: string;
  readonly summary?: {
    readonly configName: string;
    readonly evidence: number;
    readonly alarm: boolean;
    readonly prompts: number;
  };
}

describe('a quality monitor through the CDK command line', () => {
  let deployment: Deployment;
  let names: Record<'EndpointName' | 'AlarmName' | 'FunctionName' | 'BucketName' | 'ReportKey', string>;
  let soundAnswer: string;
  let referenceDirectory: string;

  beforeAll(async () => {
    deployment = await startDeployment('--time-scale', TIME_SCALE);
    referenceDirectory = await quantized('F16');
  });
  afterAll(() => deployment?.stop());

  /** The model of this repository in another GGUF, written by this project. */
  async function quantized(fileType: string): Promise<string> {
    const directory = path.join(deployment.scratch, fileType);
    const status = await runCli([
      'quantize',
      'examples/models/gutenberg-3m',
      ...['--scheme', `gguf:${fileType}`, '--out', directory, '--quiet'],
    ]);
    expect(status).toBe(0);
    return directory;
  }

  const cdk = (command: string, settings: Record<string, string>, ...more: string[]) =>
    runApp(
      deployment,
      'quality-monitor-app.ts',
      command,
      {
        modelDirectory: SOUND,
        fileType: 'Q8_0',
        bakeMinutes: '1',
        referenceDirectory,
        ...settings,
      },
      ...more,
    );
  const deploy = (settings: Record<string, string> = {}) => cdk('deploy', settings, '--require-approval', 'never');
  const client = <C>(type: new (options: Deployment['clientOptions'] & { forcePathStyle: boolean }) => C) =>
    new type({ ...deployment.clientOptions, forcePathStyle: true });
  const monitor = async (task: string): Promise<Outcome> => {
    const { Payload, FunctionError } = await client(LambdaClient).send(
      new InvokeCommand({ FunctionName: names.FunctionName, Payload: Buffer.from(JSON.stringify({ task })) }),
    );
    const text = Buffer.from(Payload!).toString('utf8');
    expect([FunctionError, text]).toEqual([undefined, text]);
    return JSON.parse(text) as Outcome;
  };
  const alarmState = async () => {
    const { MetricAlarms } = await client(CloudWatchClient).send(
      new DescribeAlarmsCommand({ AlarmNames: [names.AlarmName] }),
    );
    return MetricAlarms![0].StateValue;
  };
  const stackStatus = async () => {
    const { Stacks } = await client(CloudFormationClient).send(new DescribeStacksCommand({ StackName: STACK }));
    return Stacks![0].StackStatus;
  };
  const answer = async () => (await ask(deployment, names.EndpointName, chatRequest('Once upon a time', 16))).text;
  const report = async () => {
    const { Body } = await client(S3Client).send(
      new GetObjectCommand({ Bucket: names.BucketName, Key: names.ReportKey }),
    );
    return Body!.transformToString();
  };

  test('deploys; the reference comes from an endpoint that is made, asked and deleted, and the baseline from what serves', async () => {
    await bootstrap(deployment);
    const { status, output } = await deploy();
    expectDone(status, output);
    names = Object.fromEntries(
      [...output.matchAll(/^Watched\.(\w+) = (\S+)$/gm)].map(([, name, value]) => [name, value]),
    ) as typeof names;
    soundAnswer = await answer();
    // The rule calls it every minute too; whoever comes first does the work.
    let outcome: Outcome;
    const seen = new Set<string>();
    do {
      outcome = await monitor('tick');
      const { Endpoints } = await client(SageMakerClient).send(new ListEndpointsCommand({}));
      for (const { EndpointName } of Endpoints!) seen.add(EndpointName!);
      await sleep(500);
    } while (outcome.why !== 'nothing has changed');
    expect([...seen].filter((name) => name.endsWith('-reference'))).toHaveLength(1);
    const { Endpoints } = await client(SageMakerClient).send(new ListEndpointsCommand({}));
    expect(Endpoints!.map(({ EndpointName }) => EndpointName)).toEqual([names.EndpointName]);
    expect(await report()).toContain('accepted as the baseline');
  });

  test('finds nothing in what was accepted', async () => {
    for (let run = 0; run < 3; run++)
      expect(await monitor('run')).toMatchObject({ done: 'run', summary: { alarm: false } });
    expect(await alarmState()).toBe('OK');
    expect(await report()).toContain('no loss found');
  });

  const expectRolledBack = async (status: number | null, output: string) => {
    expect([status, output.replace(/\s+/g, ' ')]).toEqual([1, expect.stringContaining(names.AlarmName)]);
    expect(await stackStatus()).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(
      await client(SageMakerClient).send(new DescribeEndpointCommand({ EndpointName: names.EndpointName })),
    ).toMatchObject({
      EndpointStatus: 'InService',
    });
    expect(await answer()).toBe(soundAnswer);
    // What serves again is compared at once, and found well.
    let state: string | undefined;
    do {
      await monitor('tick');
      await sleep(500);
      state = await alarmState();
    } while (state !== 'OK');
  };

  test('an update to a damaged checkpoint is found by the schedule and undone', async () => {
    // One bit in every sixteenth byte of the second half: every header is right, answers come in time, and are worse.
    const bytes = readFileSync(path.join(ROOT, SOUND, 'gutenberg-3m-Q8_0.gguf'));
    for (let i = bytes.length / 2; i < bytes.length; i += 16) bytes[i] ^= 0x20;
    const modelDirectory = path.join(deployment.scratch, 'damaged');
    mkdirSync(modelDirectory, { recursive: true });
    writeFileSync(path.join(modelDirectory, 'gutenberg-3m-Q8_0.gguf'), bytes);
    const { status, output } = await deploy({ modelDirectory, bakeMinutes: '60' });
    await expectRolledBack(status, output);
  });

  test('so is an update from eight bits to four, rounded to nearest', async () => {
    const { status, output } = await deploy({
      modelDirectory: await quantized('Q4_0'),
      fileType: 'Q4_0',
      bakeMinutes: '60',
    });
    await expectRolledBack(status, output);
    expect(await report()).toContain('no loss found');
  });

  test('an update that keeps the quality goes through', async () => {
    const { status, output } = await deploy({ bakeMinutes: '2' });
    expectDone(status, output);
    expect(await monitor('run')).toMatchObject({ done: 'run', summary: { alarm: false } });
  });

  test('destroys, and leaves the monitor’s files alone, as it was not told otherwise', async () => {
    const { status, output } = await cdk('destroy', {}, '--force');
    expectDone(status, output);
    const { Endpoints } = await client(SageMakerClient).send(new ListEndpointsCommand({}));
    expect(Endpoints).toEqual([]);
    await expect(stackStatus()).rejects.toMatchObject({ message: expect.stringContaining('does not exist') });
    expect(await report()).toContain('no loss found');
  });
});
