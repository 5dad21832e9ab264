import { statisticsOf } from './statistics';
import type { EngineMetric, LogEvent, MetricSeries } from './types';

const MINUTE_MS = 60_000;

/** Source: CloudWatch API, PutMetricData, `MetricDatum.Values`. */
const MAX_VALUES = 150;

/** What the lines of a log say, by metric and minute, in parts that CloudWatch takes. */
export function seriesOf(events: readonly LogEvent[]): MetricSeries[] {
  const values = new Map<string, { metric: EngineMetric; minute: number; values: number[] }>();
  for (const { timestamp, message } of events) {
    const minute = Math.floor(timestamp / MINUTE_MS) * MINUTE_MS;
    for (const { metric, value } of statisticsOf(message)) {
      const key = `${metric} ${minute}`;
      const series = values.get(key) ?? { metric, minute, values: [] };
      series.values.push(value);
      values.set(key, series);
    }
  }
  return [...values.values()].flatMap((series) =>
    Array.from({ length: Math.ceil(series.values.length / MAX_VALUES) }, (_, part) => ({
      ...series,
      values: series.values.slice(part * MAX_VALUES, (part + 1) * MAX_VALUES),
    })),
  );
}
