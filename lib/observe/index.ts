export { dimensionsOf, type EngineDimensions } from './dimensions';
export { expectationsOf, type Expectations } from './expectations';
export { seriesOf } from './series';
export { statisticsOf } from './statistics';
export { subscriptionResource, type LogsPort, type SubscriptionFilter } from './subscription';
export type { EngineDatum, EngineMetric, LogEvent, MetricSeries } from './types';
