import { Duration } from 'aws-cdk-lib';
import { Metric, Stats, type MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';

/** Requests and latencies; source: SageMaker developer guide, "Endpoint invocation metrics". */
export const INVOCATION_NAMESPACE = 'AWS/SageMaker';

/** Load of the instances; source: the same, "Endpoint instance metrics". */
export const INSTANCE_NAMESPACE = '/aws/sagemaker/Endpoints';

/** Metrics that tell how full the instances are, and lie in a namespace of their own. */
const INSTANCE_METRICS: ReadonlySet<string> = new Set([
  'CPUUtilization',
  'MemoryUtilization',
  'GPUUtilization',
  'GPUMemoryUtilization',
  'DiskUtilization',
]);

/** A metric of one variant of an endpoint under its official name. */
export function endpointMetric(
  endpointName: string,
  variantName: string,
  metricName: string,
  statistic: string,
  options: MetricOptions = {},
): Metric {
  return new Metric({
    namespace: INSTANCE_METRICS.has(metricName) ? INSTANCE_NAMESPACE : INVOCATION_NAMESPACE,
    metricName,
    dimensionsMap: { EndpointName: endpointName, VariantName: variantName },
    statistic,
    period: Duration.minutes(1),
    ...options,
  });
}

/** How a metric is summed up when nobody says: counts are added, latencies and gauges averaged. */
export const DefaultStatistic = { COUNT: Stats.SUM, LATENCY: Stats.AVERAGE, GAUGE: Stats.AVERAGE } as const;

/** Load of the copies; source: SageMaker developer guide, "Inference component metrics". */
const COMPONENT_NAMESPACE = '/aws/sagemaker/InferenceComponents';

/** A metric of one inference component under its official name. Its requests are not counted for the variant's model. */
export function componentMetric(
  componentName: string,
  metricName: string,
  statistic: string,
  options: MetricOptions = {},
): Metric {
  return new Metric({
    namespace: INSTANCE_METRICS.has(metricName) ? COMPONENT_NAMESPACE : INVOCATION_NAMESPACE,
    metricName: COMPONENT_NAMES[metricName] ?? metricName,
    dimensionsMap: { InferenceComponentName: componentName },
    statistic,
    period: Duration.minutes(1),
    ...options,
  });
}

/** What SageMaker calls by another name where copies share instances. */
const COMPONENT_NAMES: Readonly<Record<string, string>> = {
  InvocationsPerInstance: 'InvocationsPerCopy',
  ConcurrentRequestsPerModel: 'ConcurrentRequestsPerCopy',
};
