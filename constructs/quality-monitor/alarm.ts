import { Names } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  TreatMissingData,
  type IAlarm,
  type IAlarmAction,
} from 'aws-cdk-lib/aws-cloudwatch';
import { propertyInjectable } from 'aws-cdk-lib/core/lib/prop-injectable';
import { Construct } from 'constructs';
import { argueRule } from '../shared/argue';
import { qualityMetric } from './metrics';

/** Properties of `QualityAlarm`. */
export interface QualityAlarmProps {
  /**
   * What happens when quality was lost, beside the rollback of an update.
   *
   * @default - nothing
   */
  readonly alarmActions?: IAlarmAction[];
}

/**
 * The alarm of a quality monitor. It is made before the endpoint, which names it among its `rollbackAlarms`, and given
 * to the monitor, which is made after the endpoint.
 *
 * @example
 * const quality = new QualityAlarm(this, 'QualityAlarm');
 * const endpoint = new QuantizedEndpoint(this, 'Chat', { model, instanceType, rollbackAlarms: [quality.alarm] });
 * new QualityMonitor(this, 'Quality', { endpoint, promptSet: 'prompts.jsonl', reference, alarm: quality });
 */
@propertyInjectable
export class QualityAlarm extends Construct {
  /** Uniquely identifies this class for property injection. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-quantized-endpoints.QualityAlarm';

  /** Rings while the deployed configuration has lost quality. */
  public readonly alarm: IAlarm;

  /** Name of the monitor, a dimension of its metrics. */
  public readonly monitorName: string;

  constructor(scope: Construct, id: string, props: QualityAlarmProps = {}) {
    super(scope, id);
    this.monitorName = Names.uniqueResourceName(this, { maxLength: 128, separator: '-' });
    const alarm = new Alarm(this, 'Resource', {
      metric: qualityMetric(this.monitorName, 'DriftDetected', undefined, { statistic: 'Maximum' }),
      threshold: 1,
      evaluationPeriods: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      // Runs are hours apart: what was found stays true until the next says otherwise.
      treatMissingData: TreatMissingData.IGNORE,
      alarmDescription: 'Answers have moved away from full precision further than was accepted',
    });
    if (props.alarmActions !== undefined && props.alarmActions.length > 0) alarm.addAlarmAction(...props.alarmActions);
    else
      argueRule(
        alarm,
        'CloudWatchAlarmAction',
        'An endpoint that names it among its rollbackAlarms watches it itself.',
      );
    this.alarm = alarm;
  }
}
