export { parseSpec, readSpec } from './read';
export type { ReadSpec } from './read';
export * from './types';
