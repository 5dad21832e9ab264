import { Aws, Duration, Stack } from 'aws-cdk-lib';
import {
  AdjustmentType,
  MetricAggregationType,
  PredefinedMetric,
  ScalableTarget,
  ServiceNamespace,
  StepScalingAction,
} from 'aws-cdk-lib/aws-applicationautoscaling';
import { ComparisonOperator, Metric, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { ApplicationScalingAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Role } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { componentMetric, INVOCATION_NAMESPACE } from './metrics';
import { applySchedules, type ScalingSchedule } from './schedule';

/** What all kinds of scaling have in common. */
interface Scaling {
  readonly minCapacity: number;
  readonly maxCapacity: number;
  /** Requests that each unit of capacity should have on average. */
  readonly target: number;
  readonly scaleInCooldown: Duration;
  readonly scaleOutCooldown: Duration;
  readonly schedules?: readonly ScalingSchedule[];
  /** Capacity for each unit of the schedules. */
  readonly scheduleFactor?: number;
}

/** Scaling of one variant. */
export interface VariantScaling extends Scaling {
  readonly endpointName: string;
  readonly variantName: string;
}

/** Scaling of the copies of one inference component. */
export interface ComponentScaling extends Scaling {
  readonly componentName: string;
}

/**
 * Adds and removes instances so that each works on about `target` requests at once.
 *
 * Requests a minute, the metric SageMaker offers by default, say little of a language model: a request may take a
 * tenth of a second or a minute. The number being answered says how full the engine's batch is, and at high
 * resolution it is known within 10 seconds.
 */
export function scaleVariant(scope: Construct, scaling: VariantScaling): ScalableTarget {
  const target = variantTarget(scope, scaling);
  target.scaleToTrackMetric('ConcurrentRequests', {
    predefinedMetric: PredefinedMetric.SAGEMAKER_VARIANT_CONCURRENT_REQUESTS_PER_MODEL_HIGH_RESOLUTION,
    ...tracking(scaling),
  });
  return target;
}

/**
 * The same for the copies of an inference component. Where it may have none, a second policy brings the first copy
 * back: target tracking divides by the copies there are, and so cannot scale out from zero.
 *
 * Source: SageMaker developer guide, "Scale an endpoint to zero instances".
 */
export function scaleComponent(scope: Construct, scaling: ComponentScaling): ScalableTarget {
  const { componentName } = scaling;
  const target = makeTarget(scope, scaling, {
    resourceId: `inference-component/${componentName}`,
    scalableDimension: 'sagemaker:inference-component:DesiredCopyCount',
  });
  target.scaleToTrackMetric('ConcurrentRequests', {
    predefinedMetric: PredefinedMetric.SAGEMAKER_INFERENCE_COMPONENT_CONCURRENT_REQUESTS_PER_COPY_HIGH_RESOLUTION,
    ...tracking(scaling),
  });
  if (mayBeZero(scaling))
    wakeFromZero(
      scope,
      target,
      componentMetric(componentName, 'NoCapacityInvocationFailures', Stats.MAXIMUM, { period: Duration.seconds(30) }),
      'A request found no copy of the model: the first one is started',
    );
  return target;
}

/**
 * Scaling of an asynchronous endpoint by the requests that wait for each instance: it publishes neither invocations
 * nor concurrent requests. From zero, which has no instance to divide by, the first request that waits brings the
 * first instance back.
 *
 * Source: SageMaker developer guide, "Autoscale an asynchronous endpoint".
 */
export function scaleBacklog(scope: Construct, scaling: VariantScaling): ScalableTarget {
  const { endpointName } = scaling;
  const target = variantTarget(scope, scaling);
  const metric = (metricName: string, statistic: string): Metric =>
    new Metric({
      namespace: INVOCATION_NAMESPACE,
      metricName,
      dimensionsMap: { EndpointName: endpointName },
      statistic,
      period: Duration.minutes(1),
    });
  target.scaleToTrackMetric('Backlog', {
    customMetric: metric('ApproximateBacklogSizePerInstance', Stats.AVERAGE),
    ...tracking(scaling),
  });
  if (mayBeZero(scaling))
    wakeFromZero(
      scope,
      target,
      metric('HasBacklogWithoutCapacity', Stats.MAXIMUM),
      'A request waits and there is no instance: the first one is started',
    );
  return target;
}

/** Time after the first copy was asked for before another is, however many requests fail meanwhile. */
const WAKE_COOLDOWN = Duration.minutes(1);

function wakeFromZero(scope: Construct, target: ScalableTarget, metric: Metric, description: string): void {
  const action = new StepScalingAction(scope, 'WakePolicy', {
    scalingTarget: target,
    adjustmentType: AdjustmentType.CHANGE_IN_CAPACITY,
    metricAggregationType: MetricAggregationType.MAXIMUM,
    cooldown: WAKE_COOLDOWN,
  });
  action.addAdjustment({ adjustment: 1, lowerBound: 0 });
  metric
    .createAlarm(scope, 'WakeAlarm', {
      // At one, not above it: the first request must do.
      threshold: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: 1,
      datapointsToAlarm: 1,
      treatMissingData: TreatMissingData.MISSING,
      alarmDescription: description,
    })
    .addAlarmAction(new ApplicationScalingAction(action));
}

function mayBeZero({ minCapacity, schedules = [] }: Scaling): boolean {
  return minCapacity === 0 || schedules.some((schedule) => schedule.minCapacity === 0);
}

function tracking({ target, scaleInCooldown, scaleOutCooldown }: Scaling) {
  return { targetValue: target, scaleInCooldown, scaleOutCooldown };
}

function variantTarget(scope: Construct, scaling: VariantScaling): ScalableTarget {
  return makeTarget(scope, scaling, {
    resourceId: `endpoint/${scaling.endpointName}/variant/${scaling.variantName}`,
    scalableDimension: 'sagemaker:variant:DesiredInstanceCount',
  });
}

function makeTarget(
  scope: Construct,
  { minCapacity, maxCapacity, schedules = [], scheduleFactor }: Scaling,
  scaled: { readonly resourceId: string; readonly scalableDimension: string },
): ScalableTarget {
  const target = new ScalableTarget(scope, 'Scaling', {
    serviceNamespace: ServiceNamespace.SAGEMAKER,
    ...scaled,
    minCapacity,
    maxCapacity,
    // Without it a role is made that Application Auto Scaling then does not use.
    role: Role.fromRoleArn(scope, 'ScalingRole', serviceLinkedRole(scope)),
  });
  applySchedules(target, schedules, scheduleFactor);
  return target;
}

function serviceLinkedRole(scope: Construct): string {
  const name = 'AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint';
  const path = `aws-service-role/sagemaker.application-autoscaling.amazonaws.com/${name}`;
  return `arn:${Aws.PARTITION}:iam::${Stack.of(scope).account}:role/${path}`;
}
