/** Readers and writers of weight files that run anywhere: in a browser too. What needs Node is in `./node`. */
export type * from './checkpoint/checkpoint';
export * from './checkpoint/open';
export * from './checkpoint/parameters';
export * from './checkpoint/summary';
export type * from './folder/folder';
export * from './folder/memory-folder';
export * from './gguf';
export * from './imatrix';
export type * from './layout';
export * from './quoted';
export * from './safetensors';
export * from './source/blob-source';
export type * from './source/byte-source';
export * from './source/memory-source';
export type * from './tensor';
