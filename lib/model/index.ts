export { describeModel } from './describe';
export { architectureNames } from './registry';
export type * from './types';
