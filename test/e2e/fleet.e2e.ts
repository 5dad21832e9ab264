import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import {
  ApplicationAutoScalingClient,
  DescribeScalingActivitiesCommand,
} from '@aws-sdk/client-application-auto-scaling';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { CloudWatchClient, DescribeAlarmsCommand, SetAlarmStateCommand } from '@aws-sdk/client-cloudwatch';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  DescribeEndpointCommand,
  DescribeInferenceComponentCommand,
  ListEndpointsCommand,
  ListInferenceComponentsCommand,
  SageMakerClient,
  UpdateInferenceComponentRuntimeConfigCommand,
} from '@aws-sdk/client-sagemaker';
import { ask, chatRequest, untilAwake } from './ask';
import { bootstrap, expectDone, startDeployment, type Deployment } from './cdk';

const STACK = 'FleetEndToEnd';
const BUCKET = 'adapters';
/** The model continues text, and brings no template of its own. */
const PLAIN = '{% for message in messages %}{{ message.content }}{% endfor %}';
const SHOUTING = '{% for message in messages %}{{ message.content }}!{% endfor %}';
/** The engine cannot read it, so that the new copies do not come up. */
const BROKEN = '{% for message in messages %}{{ message.content }}';

describe('a fleet of two models that scales to zero', () => {
  let deployment: Deployment;
  let sagemaker: SageMakerClient;
  let names: Record<'EndpointName' | 'Small' | 'Large' | 'Adapter', string>;

  beforeAll(async () => {
    deployment = await startDeployment();
    sagemaker = new SageMakerClient(deployment.clientOptions);
    const s3 = new S3Client({ ...deployment.clientOptions, forcePathStyle: true });
    await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
    await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'pirate.tar.gz', Body: adapterArchive() }));
  });
  afterAll(() => deployment?.stop());

  function adapterArchive(): Buffer {
    const folder = path.join(deployment.scratch, 'adapter');
    mkdirSync(folder);
    writeFileSync(path.join(folder, 'adapter_config.json'), JSON.stringify({ peft_type: 'LORA', r: 8 }));
    return execFileSync('tar', ['czf', '-', '-C', folder, 'adapter_config.json']);
  }
  const cdk = (command: string, chatTemplate: string, ...more: string[]) =>
    deployment.cdk(
      command,
      ...['--app', 'node tools/run-app.mjs test/e2e/fleet-app.ts'],
      ...['-c', `chatTemplate=${chatTemplate}`, '-c', `adapterBucket=${BUCKET}`],
      ...more,
    );
  const deploy = (chatTemplate: string) => cdk('deploy', chatTemplate, '--require-approval', 'never');
  const stackStatus = async () => {
    const client = new CloudFormationClient(deployment.clientOptions);
    const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: STACK }));
    return Stacks![0].StackStatus;
  };
  const invoke = (component: string) =>
    ask(deployment, names.EndpointName, chatRequest('It was a dark and stormy night', 8), component);
  const instances = async () => {
    const { ProductionVariants } = await sagemaker.send(
      new DescribeEndpointCommand({ EndpointName: names.EndpointName }),
    );
    return ProductionVariants![0].CurrentInstanceCount;
  };
  const scale = (component: string, CopyCount: number) =>
    sagemaker.send(
      new UpdateInferenceComponentRuntimeConfigCommand({
        InferenceComponentName: component,
        DesiredRuntimeConfig: { CopyCount },
      }),
    );

  test('deploys, and says where the models lie', async () => {
    await bootstrap(deployment);
    const { status, output } = await deploy(PLAIN);
    expectDone(status, output);
    const valueOf = (name: string) => new RegExp(`${STACK}\\.${name} = (\\S+)`).exec(output)![1];
    names = {
      EndpointName: valueOf('EndpointName'),
      Small: valueOf('Small'),
      Large: valueOf('Large'),
      Adapter: valueOf('Adapter'),
    };
    const assembly = path.join(deployment.scratch, 'cdk.out');
    const [file] = readdirSync(assembly).filter((name) => name.endsWith('.fleet.json'));
    expect(JSON.parse(readFileSync(path.join(assembly, file), 'utf8'))).toMatchObject({
      models: [{ id: 'Small' }, { id: 'Large', adapters: ['Pirate'] }],
      packing: { initial: { instances: [expect.any(Array)], optimal: true } },
    });
    expect(await instances()).toBe(1);
    // A smoke test has asked one of the models by then.
    expect(Number(valueOf('FirstTokenMilliseconds'))).toBeGreaterThan(0);
  });

  test('each model answers under its own name, and an adapter under that of its own', async () => {
    expect((await invoke(names.Small)).model).toBe('gutenberg-3m-Q4_K_M.gguf');
    expect((await invoke(names.Large)).model).toBe('gutenberg-3m-Q8_0.gguf');
    expect((await invoke(names.Adapter)).text).toMatch(/\w/);
    await expect(invoke('nobody')).rejects.toMatchObject({ name: 'ValidationError' });
    const adapter = await sagemaker.send(
      new DescribeInferenceComponentCommand({ InferenceComponentName: names.Adapter }),
    );
    expect(adapter.Specification).toMatchObject({
      BaseInferenceComponentName: names.Large,
      Container: { ArtifactUrl: `s3://${BUCKET}/pirate.tar.gz` },
    });
  });

  test('has no instance when no model has a copy', async () => {
    await scale(names.Small, 0);
    expect(await instances()).toBe(1);
    await scale(names.Large, 0);
    expect(await instances()).toBe(0);
    await expect(invoke(names.Small)).rejects.toThrow('no capacity to process this request');
  });

  test('the refused request wakes the model that it asked for', async () => {
    expect((await untilAwake(() => invoke(names.Small))).model).toBe('gutenberg-3m-Q4_K_M.gguf');
    expect(await instances()).toBe(1);
    const { ScalingActivities } = await new ApplicationAutoScalingClient(deployment.clientOptions).send(
      new DescribeScalingActivitiesCommand({
        ServiceNamespace: 'sagemaker',
        ResourceId: `inference-component/${names.Small}`,
      }),
    );
    expect(ScalingActivities![0]).toMatchObject({
      Description: 'Setting desired capacity from 0 to 1.',
      Cause: expect.stringMatching(/WakeAlarm.* triggered policy .*WakePolicy/),
    });
    await scale(names.Large, 1);
  });

  test('an update of one model replaces its copies, and leaves the other alone', async () => {
    const before = (await invoke(names.Small)).text;
    const large = (await invoke(names.Large)).text;
    const { status, output } = await deploy(SHOUTING);
    expectDone(status, output);
    expect((await invoke(names.Small)).text).not.toBe(before);
    expect((await invoke(names.Large)).text).toBe(large);
  });

  test('an update whose copies do not come up is rolled back', async () => {
    const before = (await invoke(names.Small)).text;
    const { status } = await deploy(BROKEN);
    expect(status).not.toBe(0);
    expect(await stackStatus()).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect((await invoke(names.Small)).text).toBe(before);
  });

  test('an update during which the alarm of the model goes off is rolled back', async () => {
    const cloudwatch = new CloudWatchClient(deployment.clientOptions);
    const { MetricAlarms } = await cloudwatch.send(new DescribeAlarmsCommand({}));
    const alarm = MetricAlarms!.find(({ AlarmName }) => /SmallServerErrors/.test(AlarmName!))!;
    const before = (await invoke(names.Small)).text;
    const ring = setInterval(() => {
      void cloudwatch.send(
        new SetAlarmStateCommand({ AlarmName: alarm.AlarmName, StateValue: 'ALARM', StateReason: 'as a test' }),
      );
    }, 200);
    const { status } = await deploy(PLAIN).finally(() => clearInterval(ring));
    expect(status).not.toBe(0);
    expect((await invoke(names.Small)).text).toBe(before);
  });

  test('is destroyed whole', async () => {
    expect(await cdk('destroy', PLAIN, '--force')).toMatchObject({ status: 0 });
    expect((await sagemaker.send(new ListInferenceComponentsCommand({}))).InferenceComponents).toEqual([]);
    expect((await sagemaker.send(new ListEndpointsCommand({}))).Endpoints).toEqual([]);
  });
});
