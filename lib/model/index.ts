export { CATALOGUE_DATE, findModelConfig, knownModelIds } from './catalogue';
export { contextLimit, shortestContext } from './context';
export { describeModel } from './describe';
export { architectureNames } from './registry';
export type * from './types';
