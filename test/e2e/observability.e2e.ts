import { setTimeout as sleep } from 'node:timers/promises';
import {
  CloudWatchClient,
  DescribeAlarmsCommand,
  GetDashboardCommand,
  GetMetricStatisticsCommand,
  ListDashboardsCommand,
} from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient, DescribeSubscriptionFiltersCommand } from '@aws-sdk/client-cloudwatch-logs';
import { InvokeEndpointWithResponseStreamCommand, SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import { chatRequest } from './ask';
import { bootstrap, expectDone, startDeployment, type Deployment } from './cdk';

const TOKENS = 16;
const REQUESTS = 3;

describe('the example of a watched endpoint', () => {
  let deployment: Deployment;
  let cloudWatch: CloudWatchClient;
  let endpointName: string;
  let dashboardName: string;

  beforeAll(async () => {
    deployment = await startDeployment();
    cloudWatch = new CloudWatchClient(deployment.clientOptions);
  });
  afterAll(() => deployment?.stop());

  const cdk = (...args: string[]) => deployment.cdk(...args, '--app', 'node tools/run-app.mjs test/e2e/watched-app.ts');
  /** Sum and number of what was measured so far. */
  const measured = async (Namespace: string, MetricName: string) => {
    const { Datapoints } = await cloudWatch.send(
      new GetMetricStatisticsCommand({
        Namespace,
        MetricName,
        Dimensions: [
          { Name: 'EndpointName', Value: endpointName },
          { Name: 'VariantName', Value: 'AllTraffic' },
        ],
        StartTime: new Date(Date.now() - 3_600_000),
        EndTime: new Date(Date.now() + 60_000),
        Period: 86_400,
        Statistics: ['Sum', 'SampleCount'],
      }),
    );
    const total = (name: 'Sum' | 'SampleCount') => Datapoints!.reduce((sum, point) => sum + (point[name] ?? 0), 0);
    return { sum: total('Sum'), count: total('SampleCount') };
  };
  /** What was measured, once the smoke test's own requests have come in. */
  const settled = async (metric: string) => {
    let last = await measured('QuantizedEndpoints', metric);
    for (;;) {
      await sleep(2_000);
      const now = await measured('QuantizedEndpoints', metric);
      if (now.count === last.count) return now;
      last = now;
    }
  };
  const invoke = async () => {
    const { Body } = await new SageMakerRuntimeClient(deployment.clientOptions).send(
      new InvokeEndpointWithResponseStreamCommand({
        EndpointName: endpointName,
        ContentType: 'application/json',
        Body: chatRequest('It was', TOKENS, { stream: true }),
      }),
    );
    for await (const part of Body!) expect(part.PayloadPart).toBeDefined();
  };

  test('deploys with its smoke test passed', async () => {
    await bootstrap(deployment);
    const { status, output } = await cdk('deploy', '--require-approval', 'never');
    expectDone(status, output);
    endpointName = /EndpointName = (\S+)/.exec(output)![1];
    dashboardName = /Dashboard = (\S+)/.exec(output)![1];
  });

  test('subscribes to the log that SageMaker has made', async () => {
    const logs = new CloudWatchLogsClient(deployment.clientOptions);
    const { subscriptionFilters } = await logs.send(
      new DescribeSubscriptionFiltersCommand({ logGroupName: `/aws/sagemaker/Endpoints/${endpointName}` }),
    );
    expect(subscriptionFilters).toEqual([expect.objectContaining({ filterName: 'quantized-endpoints-metrics' })]);
  });

  test('has metrics of SageMaker and of the engine’s log after some requests', async () => {
    const before = await settled('OutputTokens');
    for (let i = 0; i < REQUESTS; i++) await invoke();
    // Both come behind the answers.
    for (;;) {
      const { count } = await measured('QuantizedEndpoints', 'OutputTokens');
      if (count >= before.count + REQUESTS) break;
      await sleep(200);
    }
    const after = await measured('QuantizedEndpoints', 'OutputTokens');
    expect(after.sum - before.sum).toBe(REQUESTS * TOKENS);
    expect((await measured('QuantizedEndpoints', 'InterTokenLatency')).sum).toBeGreaterThan(0);
    expect((await measured('QuantizedEndpoints', 'PromptTokens')).sum).toBeGreaterThan(0);
    expect((await measured('AWS/SageMaker', 'FirstChunkLatency')).count).toBeGreaterThanOrEqual(REQUESTS);
    expect((await measured('AWS/SageMaker', 'Invocations')).sum).toBeGreaterThanOrEqual(REQUESTS);
  });

  test('draws these very metrics', async () => {
    const { DashboardBody } = await cloudWatch.send(new GetDashboardCommand({ DashboardName: dashboardName }));
    const body = JSON.parse(DashboardBody!) as { widgets: { properties: { metrics?: unknown[] } }[] };
    const drawn = JSON.stringify(body);
    for (const [namespace, metric] of [
      ['QuantizedEndpoints', 'OutputTokens'],
      ['QuantizedEndpoints', 'InterTokenLatency'],
      ['AWS/SageMaker', 'FirstChunkLatency'],
      ['AWS/SageMaker', 'Invocations'],
    ])
      expect(drawn).toContain(`"${namespace}","${metric}","EndpointName","${endpointName}","VariantName","AllTraffic"`);
  });

  test('has alarms that tell the topic', async () => {
    const { MetricAlarms } = await cloudWatch.send(new DescribeAlarmsCommand({}));
    expect(MetricAlarms!.map(({ MetricName }) => MetricName)).toEqual(
      expect.arrayContaining(['FirstChunkLatency', 'InterTokenLatency', 'Invocation5XXErrors', 'MidStreamErrors']),
    );
    for (const { AlarmActions } of MetricAlarms!)
      expect(AlarmActions).toEqual([expect.stringMatching(/^arn:aws:sns:.*OnCall/)]);
  });

  test('is destroyed, subscription and all', async () => {
    expect(await cdk('destroy', '--force')).toMatchObject({ status: 0 });
    const [{ DashboardEntries }, { MetricAlarms }, { subscriptionFilters }] = await Promise.all([
      cloudWatch.send(new ListDashboardsCommand({})),
      cloudWatch.send(new DescribeAlarmsCommand({})),
      new CloudWatchLogsClient(deployment.clientOptions).send(
        new DescribeSubscriptionFiltersCommand({ logGroupName: `/aws/sagemaker/Endpoints/${endpointName}` }),
      ),
    ]);
    expect({ DashboardEntries, MetricAlarms, subscriptionFilters }).toEqual({
      DashboardEntries: [],
      MetricAlarms: [],
      subscriptionFilters: [],
    });
  });
});
