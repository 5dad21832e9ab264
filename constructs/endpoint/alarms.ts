import {
  ComparisonOperator,
  TreatMissingData,
  type Alarm,
  type IAlarm,
  type IAlarmAction,
  type Metric,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import type { SpeedEstimate } from '../../lib/plan/types';
import type { EndpointSpec } from '../../lib/spec/types';
import { argueRule } from '../shared/argue';
import { componentMetric, endpointMetric } from './metrics';

/** The endpoint's own alarms. */
export interface EndpointAlarms {
  /** Fit to undo an update: they tell a bad model, not a busy one. */
  readonly rollback: readonly IAlarm[];
}

/** What alarms are made from. The endpoint itself is not among it: it refers to the alarms, so that they come first. */
export interface AlarmContext {
  readonly endpointName: string;
  readonly variantName: string;
  /** Set where an inference component holds the model: its requests are counted for it. */
  readonly componentName?: string;
  readonly spec: EndpointSpec;
  /** With as many requests at once as are planned: nobody should be woken because the endpoint is busy. */
  readonly fullBatch: SpeedEstimate;
  readonly maxConcurrency: number;
  readonly maxInstanceCount: number;
  readonly actions: readonly IAlarmAction[];
}

/** An answer that takes this much longer than planned is no longer the planned model on the planned GPU. */
const LATENCY_MARGIN = 3;

/** One failed request in a hundred. */
const ERROR_SHARE = 0.01;

export function makeAlarms(scope: Construct, context: AlarmContext): EndpointAlarms {
  const { endpointName, variantName, componentName, maxConcurrency, maxInstanceCount } = context;
  const metric = (name: string, statistic: string) =>
    componentName === undefined
      ? endpointMetric(endpointName, variantName, name, statistic)
      : componentMetric(componentName, name, statistic);
  const alarm = (id: string, watched: Metric, threshold: number, minutes: number, description: string): Alarm => {
    const made = watched.createAlarm(scope, id, {
      threshold,
      evaluationPeriods: minutes,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
      alarmDescription: description,
    });
    if (context.actions.length > 0) made.addAlarmAction(...context.actions);
    else argueRule(made, 'CloudWatchAlarmAction', 'SageMaker itself watches this alarm: it undoes an update.');
    return made;
  };

  const errors = errorsPerMinute(context);
  const rollback = [
    alarm(
      'ServerErrorsAlarm',
      metric('Invocation5XXErrors', 'Sum'),
      errors,
      2,
      `More than ${errors} failed ${errors === 1 ? 'request' : 'requests'} a minute: ${ERROR_SHARE * 100} % of what is planned, and one at least`,
    ),
  ];
  const seconds = plannedSeconds(context);
  if (seconds !== undefined) {
    const limit = Math.ceil(seconds * LATENCY_MARGIN);
    rollback.push(
      alarm(
        'LatencyAlarm',
        metric('ModelLatency', 'p90'),
        limit * 1_000_000,
        3,
        `One answer in ten takes more than ${limit} s; with a full batch ${seconds.toFixed(1)} s are planned`,
      ),
    );
  }
  // Saturation says nothing of an update; an alarm that undoes nothing and tells nobody would be none.
  if (context.actions.length === 0) return { rollback };
  // Of a component, the metric counts the requests of each copy, not those of all.
  const capacity = maxConcurrency * (componentName === undefined ? maxInstanceCount : 1);
  alarm(
    'SaturationAlarm',
    metric('ConcurrentRequestsPerModel', 'Maximum'),
    capacity,
    5,
    `More than ${capacity} requests at once: ${maxConcurrency} ${componentName === undefined ? 'an instance' : 'a copy'} are planned, the rest waits`,
  );
  return { rollback };
}

/** Failures a minute that stand out: one in a hundred of the planned requests, and one at least. */
function errorsPerMinute({ spec, fullBatch }: AlarmContext): number {
  const perSecond = spec.workload?.requestsPerSecond ?? fullBatch.requestsPerSecond ?? 0;
  return Math.max(1, Math.ceil(perSecond * 60 * ERROR_SHARE));
}

/**
 * Time of a typical answer; undefined where the workload does not say how long an answer is, or nothing is known of
 * the speed.
 */
function plannedSeconds({ spec, fullBatch }: AlarmContext): number | undefined {
  const tokens = spec.workload?.outputTokens;
  const { timeToFirstTokenMs, interTokenMs } = fullBatch;
  if (tokens === undefined || timeToFirstTokenMs === null || interTokenMs === null) return undefined;
  return (timeToFirstTokenMs + tokens * interTokenMs) / 1000;
}
