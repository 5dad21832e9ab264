export { costEstimate, HOURS_PER_MONTH } from './cost';
export { makePlan, type PlanOptions } from './make-plan';
export { DEFAULT_WORKLOAD } from './speed/estimate';
export type { CostEstimate, MemoryPlan, Plan, SpeedEstimate } from './types';
