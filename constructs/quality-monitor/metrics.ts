import { Duration } from 'aws-cdk-lib';
import { Metric, type MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';

/** Namespace of the metrics that monitors publish. */
export const QUALITY_NAMESPACE = 'QuantizedEndpoints/Quality';

/** A metric of one monitor, of all prompts or of a category. */
export function qualityMetric(
  monitorName: string,
  metricName: string,
  category: string | undefined,
  options: MetricOptions = {},
): Metric {
  return new Metric({
    namespace: QUALITY_NAMESPACE,
    metricName,
    dimensionsMap: { Monitor: monitorName, ...(category === undefined ? {} : { Category: category }) },
    statistic: 'Average',
    period: Duration.minutes(1),
    ...options,
  });
}
