import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import type { Metric } from '../../lib/monitor/operate';

const cloudWatch = new CloudWatchClient({});

/** Source: PutMetricData in the CloudWatch API reference. */
const MOST_IN_A_CALL = 1000;

export async function publishMetrics(namespace: string, monitor: string, metrics: readonly Metric[]): Promise<void> {
  for (let at = 0; at < metrics.length; at += MOST_IN_A_CALL)
    await cloudWatch.send(
      new PutMetricDataCommand({
        Namespace: namespace,
        MetricData: metrics.slice(at, at + MOST_IN_A_CALL).map(({ name, value, unit, category }) => ({
          MetricName: name,
          Value: value,
          Unit: unit,
          Dimensions: [
            { Name: 'Monitor', Value: monitor },
            ...(category === undefined ? [] : [{ Name: 'Category', Value: category }]),
          ],
        })),
      }),
    );
}
