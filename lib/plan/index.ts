export { concurrencyByContext, type ConcurrencyPoint } from './concurrency';
export { costEstimate, HOURS_PER_MONTH } from './cost';
export { makePlan, type PlanOptions } from './make-plan';
export { compareWithMeasured, type Comparison } from './measured/compare';
export { readEngineLog, type Measured } from './measured/engine-log';
export { readMeasured } from './measured/read';
export { DEFAULT_WORKLOAD } from './speed/estimate';
export type { CostEstimate, MemoryPlan, Plan, SpeedEstimate } from './types';
