import { Aws, Stack, type Duration } from 'aws-cdk-lib';
import { PredefinedMetric, ScalableTarget, ServiceNamespace } from 'aws-cdk-lib/aws-applicationautoscaling';
import { Role } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';

/** Scaling of one variant by the requests that are being answered. */
export interface VariantScaling {
  readonly endpointName: string;
  readonly variantName: string;
  readonly minInstanceCount: number;
  readonly maxInstanceCount: number;
  /** Concurrent requests for each instance. */
  readonly target: number;
  readonly scaleInCooldown: Duration;
  readonly scaleOutCooldown: Duration;
}

/**
 * Adds and removes instances so that each works on about `target` requests at once.
 *
 * Requests a minute, the metric SageMaker offers by default, say little of a language model: a request may take a
 * tenth of a second or a minute. The number being answered says how full the engine's batch is, and at high
 * resolution it is known within 10 seconds.
 */
export function scaleVariant(scope: Construct, scaling: VariantScaling): ScalableTarget {
  const target = new ScalableTarget(scope, 'Scaling', {
    serviceNamespace: ServiceNamespace.SAGEMAKER,
    scalableDimension: 'sagemaker:variant:DesiredInstanceCount',
    resourceId: `endpoint/${scaling.endpointName}/variant/${scaling.variantName}`,
    minCapacity: scaling.minInstanceCount,
    maxCapacity: scaling.maxInstanceCount,
    // Without it a role is made that Application Auto Scaling then does not use.
    role: Role.fromRoleArn(scope, 'ScalingRole', serviceLinkedRole(scope)),
  });
  target.scaleToTrackMetric('ConcurrentRequests', {
    predefinedMetric: PredefinedMetric.SAGEMAKER_VARIANT_CONCURRENT_REQUESTS_PER_MODEL_HIGH_RESOLUTION,
    targetValue: scaling.target,
    scaleInCooldown: scaling.scaleInCooldown,
    scaleOutCooldown: scaling.scaleOutCooldown,
  });
  return target;
}

function serviceLinkedRole(scope: Construct): string {
  const name = 'AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint';
  const path = `aws-service-role/sagemaker.application-autoscaling.amazonaws.com/${name}`;
  return `arn:${Aws.PARTITION}:iam::${Stack.of(scope).account}:role/${path}`;
}
