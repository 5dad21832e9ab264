import type { Duration } from 'aws-cdk-lib';
import type { IAlarmAction } from 'aws-cdk-lib/aws-cloudwatch';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IQuantizedEndpoint } from '../endpoint/endpoint-base';

/** Properties of `EndpointObservability`. */
export interface EndpointObservabilityProps {
  /** Endpoint that is watched, or a model of a `ModelFleet`: what is said of instances is then of its copies. */
  readonly endpoint: IQuantizedEndpoint;

  /**
   * What the alarms do, such as `new SnsAction(topic)`.
   *
   * @default - nothing; alarms that nobody hears are not defined then, and a warning says so
   */
  readonly alarmActions?: IAlarmAction[];

  /**
   * Name of the dashboard.
   *
   * @default - made by CloudFormation
   */
  readonly dashboardName?: string;

  /**
   * Make metrics of what the engine logs of its load: queue, use of the KV cache, tokens a second, time between tokens.
   * SageMaker publishes none of them. A Lambda function reads the lines of the endpoint's log in which they are; the
   * log can have one other subscription.
   *
   * @default true
   */
  readonly engineMetrics?: boolean;

  /**
   * How long the endpoint's log is kept.
   *
   * @default - as it is; SageMaker keeps it forever
   */
  readonly logRetention?: RetentionDays;

  /**
   * How many times as slow as planned, with a full batch, a token may be before an alarm goes off.
   *
   * @default 3
   */
  readonly latencyMargin?: number;

  /**
   * Longest time to the first token, of one answer in ten.
   *
   * @default - `latencyMargin` times the planned time of a full batch, 1 second at least
   */
  readonly maxTimeToFirstToken?: Duration;

  /**
   * Longest time between two tokens.
   *
   * @default - `latencyMargin` times the planned time of a full batch
   */
  readonly maxInterTokenTime?: Duration;

  /**
   * Most that the endpoint may cost, USD an hour.
   *
   * @default - no alarm on cost; the dashboard shows it
   */
  readonly maxHourlyCost?: number;
}
