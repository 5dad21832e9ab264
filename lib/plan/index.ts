export { concurrencyByContext, type ConcurrencyPoint } from './concurrency';
export { costEstimate, HOURS_PER_MONTH, instancesAlwaysRunning } from './cost';
export { fetchedBytes } from './fetched';
export { bytesBeforeQuantizing } from './loading';
export { makePlan, PlanInParts, planMemory, type PlanOptions } from './make-plan';
export { measuredLoads, nearestLoad, type MeasuredLoad } from './measured/benchmark';
export { compareWithMeasured, type Comparison } from './measured/compare';
export {
  correctionFor,
  correctSpeed,
  deriveFactors,
  parseCorrections,
  setCorrections,
  withCorrection,
  type Correction,
  type CorrectionFile,
} from './measured/corrections';
export { readEngineLog, type Measured } from './measured/engine-log';
export { readMeasured } from './measured/read';
export { hostWeightBytes } from './memory/llama-cpp-placement';
export { AWQ_PARTS, startPeak, type StartPeak } from './memory/start-peak';
export { skipsTower } from './memory/skipped-tower';
export { uncertainBytes } from './memory/uncertain';
export { currentPrices, setPrices } from './prices/current';
export {
  mergePriceFiles,
  parsePriceFile,
  priceFile,
  priceTableOf,
  serializePriceFile,
  type PriceFile,
} from './prices/price-file';
export { hostingPrice, type ListedPrice } from './prices/price-list';
export { DEFAULT_WORKLOAD } from './speed/estimate';
export type { CostEstimate, MemoryPlan, Plan, SpeedEstimate } from './types';
