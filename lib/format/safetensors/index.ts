export * from './check-index';
export * from './dtypes';
export * from './header';
export * from './index-file';
export * from './layout';
export * from './read';
export * from './shards';
