export { checkOptimization } from './check';
export { optimizationConfigs, type OptimizationConfig } from './configs';
export { defaultImageOf, jobFamilyOf } from './facts';
export { JOB_TYPE, WAIT_SECONDS, WAIT_TYPE, waitsFor } from './job';
export { resultModel, resultScheme } from './result';
export type { OptimizationSpec, Technique, TechniqueKind } from './types';
