import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { CloudWatchClient, SetAlarmStateCommand } from '@aws-sdk/client-cloudwatch';
import { DescribeEndpointCommand, SageMakerClient } from '@aws-sdk/client-sagemaker';
import { runCli } from '../../bin/program';
import type { EndpointDiff } from '../../lib/diff';
import type { EndpointSpec } from '../../lib/spec/types';
import { ask, chatRequest } from './ask';
import { bootstrap, expectDone, startDeployment, type Deployment } from './cdk';

describe('updates of an endpoint through the CDK command line', () => {
  let deployment: Deployment;
  let endpointName: string;

  beforeAll(async () => {
    deployment = await startDeployment();
  });
  afterAll(() => deployment?.stop());

  const cdk = (command: string, fileType: string, strategy: string, ...more: string[]) =>
    deployment.cdk(
      command,
      ...['--app', 'node tools/run-app.mjs test/e2e/update-app.ts'],
      ...['-c', `fileType=${fileType}`, '-c', `strategy=${strategy}`],
      ...more,
    );
  const deploy = (fileType: string, strategy: string) =>
    cdk('deploy', fileType, strategy, '--require-approval', 'never');
  const served = async () => (await ask(deployment, endpointName, chatRequest('Once', 2))).model;
  const lastUpdate = async () => {
    const { LastDeploymentConfig, EndpointStatus, ProductionVariants } = await new SageMakerClient(
      deployment.clientOptions,
    ).send(new DescribeEndpointCommand({ EndpointName: endpointName }));
    expect(EndpointStatus).toBe('InService');
    expect(ProductionVariants![0].CurrentInstanceCount).toBe(2);
    return LastDeploymentConfig;
  };

  test('bootstraps and deploys', async () => {
    await bootstrap(deployment);
    const { status, output } = await deploy('Q4_K_M', 'canary');
    expectDone(status, output);
    endpointName = /EndpointName = (\S+)/.exec(output)![1];
    expect(await served()).toBe('gutenberg-3m-Q4_K_M.gguf');
  });

  test.each([
    ['Q8_0', 'canary', { BlueGreenUpdatePolicy: { TrafficRoutingConfiguration: { Type: 'CANARY' } } }],
    ['Q4_K_M', 'linear', { BlueGreenUpdatePolicy: { TrafficRoutingConfiguration: { Type: 'LINEAR' } } }],
    ['Q8_0', 'rolling', { RollingUpdatePolicy: { MaximumBatchSize: { Type: 'CAPACITY_PERCENT', Value: 50 } } }],
  ])('takes %s over by %s', async (fileType, strategy, expected) => {
    const { status, output } = await deploy(fileType, strategy);
    expectDone(status, output);
    expect(await served()).toBe(`gutenberg-3m-${fileType}.gguf`);
    expect(await lastUpdate()).toMatchObject(expected);
  });

  test('qe diff tells beforehand what an update of the running endpoint does', async () => {
    const assembly = path.join(deployment.scratch, 'cdk.out');
    const plan = readdirSync(assembly).find((name) => /^Updated.*\.plan\.json$/.test(name))!;
    const { spec } = JSON.parse(readFileSync(path.join(assembly, plan), 'utf8')) as { spec: EndpointSpec };
    const compareWith = async (next: EndpointSpec): Promise<EndpointDiff> => {
      const file = path.join(deployment.scratch, 'next.json');
      writeFileSync(file, JSON.stringify(next));
      const { endpoint, region, credentials } = deployment.clientOptions;
      const { stdout } = await inEnvironment(
        {
          AWS_ENDPOINT_URL: endpoint,
          AWS_REGION: region,
          AWS_ACCESS_KEY_ID: credentials.accessKeyId,
          AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
        },
        () => qe('diff', `endpoint:${endpointName}`, file, '--json'),
      );
      return (JSON.parse(stdout) as { endpoints: EndpointDiff[] }).endpoints[0];
    };
    expect((await compareWith(spec)).changes).toEqual([]);
    const { changes } = await compareWith({ ...spec, instanceType: 'ml.c7i.2xlarge' });
    expect(changes.map(({ id }) => id)).toEqual(expect.arrayContaining(['CAPACITY_NEEDED', 'INSTANCE_TYPE']));
    expect(changes.find(({ id }) => id === 'CAPACITY_NEEDED')?.message).toContain('2 × ml.c7i.2xlarge');
  });

  test.each(['canary', 'rolling'])('an alarm undoes %s, and the old model goes on answering', async (strategy) => {
    const cloudWatch = new CloudWatchClient(deployment.clientOptions);
    const alarm = (StateValue: 'ALARM' | 'OK') =>
      cloudWatch.send(new SetAlarmStateCommand({ AlarmName: 'complaints', StateValue, StateReason: 'a test' }));
    await alarm('ALARM');
    const { status, output } = await deploy('Q4_K_M', strategy);
    expect(status).toBe(1);
    expect(output.replace(/\s+/g, ' ')).toContain('complaints');
    expect(await stackStatus()).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(await served()).toBe('gutenberg-3m-Q8_0.gguf');
    await alarm('OK');
  });

  test('is destroyed', async () => {
    expect(await cdk('destroy', 'Q8_0', 'rolling', '--force')).toMatchObject({ status: 0 });
  });

  async function stackStatus() {
    const client = new CloudFormationClient(deployment.clientOptions);
    const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: 'Updated' }));
    return Stacks![0].StackStatus;
  }
});

async function qe(...argv: string[]): Promise<{ status: number; stdout: string }> {
  let stdout = '';
  const spy = jest.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    stdout += String(chunk);
    return true;
  });
  try {
    return { status: await runCli(argv), stdout };
  } finally {
    spy.mockRestore();
  }
}

/** Runs with these variables, and with none of the user's account. */
async function inEnvironment<T>(variables: Record<string, string>, work: () => Promise<T>): Promise<T> {
  const before = process.env;
  const own = Object.entries(before).filter(([name]) => !name.startsWith('AWS_'));
  process.env = { ...Object.fromEntries(own), ...variables };
  try {
    return await work();
  } finally {
    process.env = before;
  }
}
