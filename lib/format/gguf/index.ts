export { GGUF_MAGIC, parseGgufHeader, type GgufHeader } from './header';
export * from './limits';
export * from './read';
export * from './value';
export * from './layout';
export * from './layout-parts';
export * from './split';
