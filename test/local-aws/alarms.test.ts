import {
  CloudWatchClient,
  DescribeAlarmsCommand,
  PutMetricAlarmCommand,
  PutMetricDataCommand,
} from '@aws-sdk/client-cloudwatch';
import { startTestAws, type TestAws } from './support';

const MINUTE_MS = 60_000;

describe('an alarm of the local AWS', () => {
  let aws: TestAws;
  let cloudWatch: CloudWatchClient;

  beforeAll(async () => {
    aws = await startTestAws();
    cloudWatch = aws.client(CloudWatchClient);
  });
  afterAll(() => aws?.stop());

  const dimensions = (endpoint: string) => [{ Name: 'EndpointName', Value: endpoint }];
  const put = (AlarmName: string, EvaluationPeriods: number, DatapointsToAlarm?: number) =>
    cloudWatch.send(
      new PutMetricAlarmCommand({
        AlarmName,
        Namespace: 'Test',
        MetricName: 'Load',
        Dimensions: dimensions('own'),
        Statistic: 'Average',
        Period: 60,
        EvaluationPeriods,
        DatapointsToAlarm,
        Threshold: 1,
        ComparisonOperator: 'LessThanThreshold',
      }),
    );
  const measure = (endpoint: string, minutesAgo: number) =>
    cloudWatch.send(
      new PutMetricDataCommand({
        Namespace: 'Test',
        MetricData: [
          {
            MetricName: 'Load',
            Dimensions: dimensions(endpoint),
            Value: 0,
            Timestamp: new Date(Date.now() - minutesAgo * MINUTE_MS),
          },
        ],
      }),
    );
  const ringing = async () => {
    const { MetricAlarms } = await cloudWatch.send(new DescribeAlarmsCommand({ StateValue: 'ALARM' }));
    return MetricAlarms!.map(({ AlarmName }) => AlarmName).sort();
  };

  test('goes off when its own metric was beyond its threshold for as many periods as it asks for', async () => {
    await put('one', 1);
    await put('three', 3);
    await put('two of five', 5, 2);
    await measure('another', 0);
    expect(await ringing()).toEqual([]);
    await measure('own', 0);
    expect(await ringing()).toEqual(['one']);
    await measure('own', 1);
    expect(await ringing()).toEqual(['one', 'two of five']);
    await measure('own', 2);
    expect(await ringing()).toEqual(['one', 'three', 'two of five']);
  });
});
