export type { MonitorConfig, ReferenceConfig } from './config';
export type { EndpointAddress, Metric, Ports, Serving, Store } from './ports';
export { monitorRun, monitorTick, TRAFFIC, type Outcome } from './run';
export type { MonitorView, RunSummary } from './view';
