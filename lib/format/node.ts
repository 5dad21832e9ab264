/** Files on disk and objects in S3. */
export * from './checkpoint/locate';
export * from './folder/hub-cache';
export * from './folder/local-folder';
export * from './folder/s3-folder';
export * from './source/file-source';
export * from './source/named-exports';
export { closeS3, isS3Address, parseS3Address, type S3Location } from './source/s3-client';
export * from './source/s3-source';
export * from './write/atomic-file';
export * from './write/checkpoint-writer';
