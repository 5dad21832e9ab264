import {
  Alarm,
  ComparisonOperator,
  TreatMissingData,
  type CreateAlarmOptions,
  type IAlarmAction,
  type IMetric,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import type { Expectations } from '../../lib/observe';
import type { IQuantizedEndpoint } from '../endpoint/endpoint-base';
import type { MadeEndpoint } from '../endpoint/made';
import type { Measures } from './measures';
import { oneOf } from './unit';

/** Limits that alarms watch, worked out or given. */
export interface AlarmLimits {
  readonly maxFirstTokenMs?: number;
  readonly maxInterTokenMs?: number;
  readonly maxHourlyCost?: number;
}

/** What alarms are made from. */
export interface AlarmSubject {
  readonly endpoint: IQuantizedEndpoint;
  readonly measures: Measures;
  readonly expected: Expectations;
  readonly unit: MadeEndpoint['unit'];
  readonly limits: AlarmLimits;
  readonly hasEngineMetrics: boolean;
  readonly actions: readonly IAlarmAction[];
}

/** The cache is full before it says so: vLLM preempts requests, whose prompts are then computed again. */
const FULL_CACHE_PERCENT = 95;

/** Beyond the error of the plan; below what is left to the driver. */
const GPU_MEMORY_MARGIN_PERCENT = 7;
const FULL_GPU_PERCENT = 98;

/** One failed request in a hundred. */
const FAILED_SHARE = 0.01;

const BROKEN_STREAMS = 0;

/** One alarm for each way in which an endpoint stops being what was planned, each with something that it does. */
export function makeObservabilityAlarms(scope: Construct, subject: AlarmSubject): Alarm[] {
  const { endpoint, measures, expected, unit, limits, hasEngineMetrics, actions } = subject;
  const made: Alarm[] = [];
  const alarm = (
    id: string,
    metric: IMetric,
    { threshold, evaluationPeriods, ...options }: CreateAlarmOptions,
    alarmDescription: string,
  ): void => {
    const one = new Alarm(scope, id, {
      metric,
      threshold,
      evaluationPeriods,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      // No requests, no streams and no log lines are no reason to wake anybody.
      treatMissingData: TreatMissingData.NOT_BREACHING,
      ...options,
      alarmDescription,
    });
    one.addAlarmAction(...actions);
    made.push(one);
  };
  const FIVE_MINUTES = { evaluationPeriods: 5, datapointsToAlarm: 3 };

  if (limits.maxFirstTokenMs !== undefined)
    alarm(
      'FirstTokenAlarm',
      endpoint.metricFirstChunkLatency({ statistic: 'p90' }),
      { threshold: Math.round(limits.maxFirstTokenMs * 1_000), ...FIVE_MINUTES },
      `One streamed answer in ten begins after more than ${limits.maxFirstTokenMs.toFixed(0)} ms${plannedAs(expected.firstTokenMs)}`,
    );
  if (hasEngineMetrics && limits.maxInterTokenMs !== undefined)
    alarm(
      'InterTokenAlarm',
      // The log's average over an interval in which the engine was idle for a while is too long; the fastest tenth is not.
      measures.engine('InterTokenLatency', 'p10'),
      { threshold: Number(limits.maxInterTokenMs.toPrecision(4)), ...FIVE_MINUTES },
      `A token takes more than ${limits.maxInterTokenMs.toFixed(1)} ms${plannedAs(expected.interTokenMs)}`,
    );
  if (hasEngineMetrics && expected.engine !== 'llama.cpp') {
    const room = expected.concurrency ?? 0;
    if (room > 0)
      alarm(
        'QueueAlarm',
        measures.engine('WaitingRequests', 'Average'),
        { threshold: room, evaluationPeriods: 5 },
        `More requests wait than ${oneOf(unit)} answers at once: ${room} are planned, so that each waits for a whole answer`,
      );
    alarm(
      'KvCacheAlarm',
      measures.engine('KvCacheUtilization', 'Average'),
      { threshold: FULL_CACHE_PERCENT, evaluationPeriods: 5 },
      `The KV cache is ${FULL_CACHE_PERCENT} % full: requests are preempted and computed again`,
    );
  }
  if (expected.gpuMemoryUtilization !== undefined) {
    const threshold = Math.min(
      expected.gpuMemoryUtilization + GPU_MEMORY_MARGIN_PERCENT * expected.gpus,
      FULL_GPU_PERCENT * expected.gpus,
    );
    alarm(
      'GpuMemoryAlarm',
      endpoint.metricGpuMemoryUtilization({ statistic: 'Maximum' }),
      { threshold: Math.round(threshold), evaluationPeriods: 5 },
      `GPU memory is above ${Math.round(threshold)} %, ${expected.gpuMemoryUtilization.toFixed(0)} % are planned (all GPUs of an instance added up)`,
    );
  }
  alarm(
    'FailedAlarm',
    measures.failedShare(),
    { threshold: FAILED_SHARE, ...FIVE_MINUTES },
    `More than ${FAILED_SHARE * 100} % of the requests fail`,
  );
  alarm(
    'BrokenStreamsAlarm',
    endpoint.metric('MidStreamErrors', { statistic: 'Sum' }),
    { threshold: BROKEN_STREAMS, ...FIVE_MINUTES },
    'Streamed answers break off',
  );
  const cost = measures.cost();
  if (limits.maxHourlyCost !== undefined && cost !== undefined)
    alarm(
      'CostAlarm',
      cost,
      { threshold: limits.maxHourlyCost, evaluationPeriods: 5 },
      `The endpoint costs more than $${limits.maxHourlyCost} an hour`,
    );
  return made;
}

function plannedAs(milliseconds: number | undefined): string {
  return milliseconds === undefined ? '' : `; with a full batch ${milliseconds.toPrecision(3)} ms are planned`;
}
