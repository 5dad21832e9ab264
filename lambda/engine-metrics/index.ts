import { gunzipSync } from 'node:zlib';
import { CloudWatchClient, PutMetricDataCommand, type StandardUnit } from '@aws-sdk/client-cloudwatch';
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  DeleteSubscriptionFilterCommand,
  PutRetentionPolicyCommand,
  PutSubscriptionFilterCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import type { CustomResourceEvent } from '../../lib/custom-resource';
import { dimensionsOf, seriesOf, subscriptionResource } from '../../lib/observe';
import type { EngineMetric, LogEvent } from '../../lib/observe';
import { customResourceHandler } from '../custom-resource';

/** What CloudWatch Logs hands to a subscribed function: base64 of gzip of JSON. */
interface LogsEvent {
  readonly awslogs: { readonly data: string };
}

const NAMESPACE = 'QuantizedEndpoints';

const UNITS: Readonly<Record<EngineMetric, StandardUnit>> = {
  RunningRequests: 'Count',
  WaitingRequests: 'Count',
  KvCacheUtilization: 'Percent',
  PromptTokensPerSecond: 'Count/Second',
  OutputTokensPerSecond: 'Count/Second',
  InterTokenLatency: 'Milliseconds',
  PromptTokens: 'Count',
  OutputTokens: 'Count',
};

const cloudWatch = new CloudWatchClient({});
const logs = new CloudWatchLogsClient({});

const subscribe = customResourceHandler(
  subscriptionResource({
    async createLogGroup(logGroupName) {
      await logs.send(new CreateLogGroupCommand({ logGroupName }));
    },
    async putRetention(logGroupName, retentionInDays) {
      await logs.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays }));
    },
    async putSubscription(logGroupName, filter) {
      await logs.send(new PutSubscriptionFilterCommand({ logGroupName, ...filter }));
    },
    async deleteSubscription(logGroupName, filterName) {
      await logs.send(new DeleteSubscriptionFilterCommand({ logGroupName, filterName }));
    },
  }),
);

/** Subscribes to an endpoint's log as a custom resource, and makes metrics of its lines as they come. */
export async function handler(
  event: LogsEvent | CustomResourceEvent,
  context: Parameters<typeof subscribe>[1],
): Promise<void> {
  if (!('awslogs' in event)) return subscribe(event, context);
  const data = gunzipSync(Buffer.from(event.awslogs.data, 'base64')).toString('utf8');
  const { logGroup, logStream, logEvents } = JSON.parse(data) as {
    logGroup: string;
    logStream: string;
    logEvents: LogEvent[];
  };
  const dimensions = dimensionsOf(logGroup, logStream);
  const series = seriesOf(logEvents);
  if (dimensions === undefined || series.length === 0) return;
  await cloudWatch.send(
    new PutMetricDataCommand({
      Namespace: NAMESPACE,
      MetricData: series.map(({ metric, minute, values }) => ({
        MetricName: metric,
        Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value: Value as string })),
        Timestamp: new Date(minute),
        Unit: UNITS[metric],
        Values: [...values],
      })),
    }),
  );
}
