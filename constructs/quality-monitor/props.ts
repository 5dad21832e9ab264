import type { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { IAlarmAction } from 'aws-cdk-lib/aws-cloudwatch';
import type { Schedule } from 'aws-cdk-lib/aws-events';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { IQuantizedEndpoint } from '../endpoint/endpoint-base';
import type { QualityAlarm } from './alarm';
import type { QualityReference } from './reference';

/** Traffic that the endpoint's data capture records. */
export interface CapturedTrafficOptions {
  /** Bucket of the endpoint's `dataCapture`. */
  readonly bucket: IBucket;

  /**
   * Prefix of the endpoint's `dataCapture`.
   *
   * @default - that of an endpoint without a prefix of its own: `data-capture/<endpoint name>`
   */
  readonly prefix?: string;

  /**
   * Most exchanges that a run compares.
   *
   * @default 20
   */
  readonly samples?: number;
}

/** Where embeddings of answers come from: one of the two. */
export interface EmbeddingOptions {
  /**
   * A Bedrock model that takes `inputText`, such as `amazon.titan-embed-text-v2:0`.
   *
   * @default - `endpoint`
   */
  readonly bedrockModelId?: string;

  /**
   * An endpoint that takes `inputs`, as Text Embeddings Inference does.
   *
   * @default - `bedrockModelId`
   */
  readonly endpoint?: IQuantizedEndpoint;
}

/** Properties of `QualityMonitor`. */
export interface QualityMonitorProps {
  /** Endpoint that is watched. */
  readonly endpoint: IQuantizedEndpoint;

  /**
   * Inference component that is asked.
   *
   * @default - that of an endpoint that scales to zero, else the endpoint itself
   */
  readonly inferenceComponentName?: string;

  /**
   * File of JSON lines, relative to the directory in which the app runs:
   * `{"id", "category", "prompt" | "messages" | "text", "maxTokens", "expects": "json" | "javascript" | "code", "reference"}`.
   * A `text` is not answered: its perplexity is taken, where the server tells log-probabilities of prompts (vLLM does).
   */
  readonly promptSet: string;

  /**
   * Where full precision's answers come from.
   *
   * @default - the prompt set's own: every prompt has a `reference`
   */
  readonly reference?: QualityReference;

  /**
   * An alarm made beforehand, so that the endpoint can name it among its `rollbackAlarms`.
   *
   * @default - one is made
   */
  readonly alarm?: QualityAlarm;

  /**
   * What happens when quality was lost. For an alarm that is made here.
   *
   * @default - nothing
   */
  readonly alarmActions?: IAlarmAction[];

  /**
   * When the endpoint is compared.
   *
   * @default - once a day
   */
  readonly schedule?: Schedule;

  /**
   * How often the monitor compares while the endpoint is being updated. Shorter than the time for which an update's
   * alarms are watched (`bakeTime` of its `deploymentStrategy`), or the update cannot be undone.
   *
   * @default Duration.minutes(5)
   */
  readonly watchInterval?: Duration;

  /**
   * Prompts that a run draws from the set, with replacement.
   *
   * @default 100
   */
  readonly promptsPerRun?: number;

  /**
   * Probability of ever raising a false alarm for a deployed configuration, however long it is watched.
   *
   * @default 0.01
   */
  readonly falseAlarmRate?: number;

  /**
   * Mean rise of a loss, each from 0 to 1, that counts as none.
   *
   * @default 0.02
   */
  readonly tolerance?: number;

  /**
   * Stands for the quality that is accepted. The first run takes it from what is deployed then; change it when a change
   * of quality is wanted, such as a milder or harsher scheme.
   *
   * @default '1'
   */
  readonly baselineId?: string;

  /**
   * Requests that the monitor sends at once.
   *
   * @default 4
   */
  readonly concurrency?: number;

  /**
   * Also compare what users really asked, with a reference that is an endpoint. Their texts then lie among the worst
   * cases of the report.
   *
   * @default - the prompt set only
   */
  readonly capturedTraffic?: CapturedTrafficOptions;

  /**
   * Bedrock model that judges answers which differ, asked in both orders; its verdicts are shown, and not tested.
   *
   * @default - no judge
   */
  readonly judgeModelId?: string;

  /**
   * Compare embeddings of answers that differ.
   *
   * @default - no embeddings
   */
  readonly embeddings?: EmbeddingOptions;

  /**
   * Bucket for reference, baseline, runs and report.
   *
   * @default - one is made, encrypted, private, with access over TLS only
   */
  readonly bucket?: IBucket;

  /**
   * Prefix in the bucket, with its slash.
   *
   * @default 'quality-monitor/<monitor>/'
   */
  readonly prefix?: string;

  /**
   * What becomes of a bucket that is made here when the monitor is removed. With `DESTROY` its objects go too.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;
}
