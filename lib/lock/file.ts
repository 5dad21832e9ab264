import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { SpecError } from '../errors';
import { parseLock } from './parse';
import type { LockedModel, LockFile } from './types';

/** The lock file at this path; an empty one where there is none. */
export function readLockFile(file: string): LockFile {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return { version: 1, models: {} };
    throw new SpecError('LOCK_FILE_UNREADABLE', `cannot read ${file}: ${(cause as Error).message}`, {
      path: file,
      allowed: 'a readable file',
      fix: 'check its permissions',
      cause,
    });
  }
  return parseLock(text, file);
}

/**
 * Writes the lock file with its models in order of their keys, so that a change to one model is a change to its lines
 * only.
 */
export function writeLockFile(file: string, lock: LockFile): void {
  const models: Record<string, LockedModel> = {};
  for (const key of Object.keys(lock.models).sort()) models[key] = lock.models[key];
  const part = `${file}.part`;
  writeFileSync(part, JSON.stringify({ version: lock.version, models }, undefined, 2) + '\n');
  renameSync(part, file);
}
