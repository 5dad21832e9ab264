export { withLockedModel } from './locked-spec';
export { parseLock } from './parse';
export { LOCK_FILE_NAME, lockKey } from './types';
export type { LockedArtifact, LockedModel, LockedSource, LockFile } from './types';
