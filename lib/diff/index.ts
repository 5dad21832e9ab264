export { compareAll, compareEndpoints } from './compare';
export { factsOfSpec } from './from-spec';
export { factsOfTemplate, isTemplate } from './from-template';
export type { Change, EndpointDiff, EndpointFacts, UpdateStrategy } from './types';
