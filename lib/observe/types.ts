/** Metrics that an engine's log tells and SageMaker does not publish. */
export type EngineMetric =
  /** Requests that are being answered; a gauge of one server. */
  | 'RunningRequests'
  /** Requests that wait for room in the batch; a gauge of one server. */
  | 'WaitingRequests'
  /** Share of the KV cache that is taken, per cent; a gauge of one server. */
  | 'KvCacheUtilization'
  /** Prompt tokens a second of one server. */
  | 'PromptTokensPerSecond'
  /** Answer tokens a second of one server. */
  | 'OutputTokensPerSecond'
  /** Time between two tokens of one answer, milliseconds. */
  | 'InterTokenLatency'
  /** Prompt tokens of one request. */
  | 'PromptTokens'
  /** Answer tokens of one request. */
  | 'OutputTokens';

/** One value out of a log. */
export interface EngineDatum {
  readonly metric: EngineMetric;
  readonly value: number;
}

/** A line of a log. */
export interface LogEvent {
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly message: string;
}

/** The values of a metric in one minute. */
export interface MetricSeries {
  readonly metric: EngineMetric;
  /** Start of the minute, milliseconds since 1970. */
  readonly minute: number;
  readonly values: readonly number[];
}
