export * from './dtypes';
export * from './header';
export * from './read';
