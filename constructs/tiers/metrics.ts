import { Duration } from 'aws-cdk-lib';
import { Metric, Stats, type MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';

/** A metric that the router writes, of one tier or of all. */
export function routerMetric(
  namespace: string,
  router: string,
  tier: string | undefined,
  metricName: string,
  statistic: string,
  options: MetricOptions = {},
): Metric {
  return new Metric({
    namespace,
    metricName,
    dimensionsMap: { Router: router, ...(tier === undefined ? {} : { Tier: tier }) },
    statistic,
    period: Duration.minutes(1),
    ...options,
  });
}

/** How a metric is summed up when nobody says. */
export const RouterStatistic = { COUNT: Stats.SUM, LATENCY: Stats.percentile(90) } as const;
