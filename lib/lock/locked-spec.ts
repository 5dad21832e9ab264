import { isJsonObject } from '../text/json';
import { lockKey, type LockedModel, type LockFile } from './types';

/**
 * The spec with what the lock file knows of its model, a hub id or an S3 prefix, where the spec gives no config of its own. What the
 * spec does say stays.
 *
 * @param value not checked yet; returned itself where there is nothing to add
 */
export function withLockedModel(value: unknown, lock: LockFile): unknown {
  if (!isJsonObject(value) || !isJsonObject(value.model)) return value;
  const { id, config } = value.model;
  const locked = typeof id === 'string' && config === undefined ? lockedModel(id, lock) : undefined;
  if (locked?.config === undefined) return value;
  const { weightBytes, gated } = locked;
  const known = {
    ...(weightBytes === undefined ? {} : { weightBytes }),
    ...(gated === undefined ? {} : { gated }),
  };
  return { ...value, model: { ...known, ...value.model, config: locked.config } };
}

/** A spec names no commit: the default branch's entry comes first, then one of a commit that somebody asked for. */
function lockedModel(id: string, { models }: LockFile): LockedModel | undefined {
  return (
    models[lockKey('huggingface', id)] ??
    Object.values(models).find((model) => model.id === id && model.source !== 'jumpstart')
  );
}
