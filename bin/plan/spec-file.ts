import path from 'node:path';
import { LOCK_FILE_NAME, withLockedModel } from '../../lib/lock';
import { readLockFile } from '../../lib/lock/file';
import { findModelConfig } from '../../lib/model';
import { isJsonObject } from '../../lib/text/json';
import { readJson } from '../input';
import type { Terminal } from '../terminal';

/**
 * The spec in a file, or on standard input for `-`, with what the lock file beside the project knows of its model.
 *
 * @throws SpecError `SPEC_UNREADABLE`, `INPUT_UNREADABLE`, `LOCK_FILE_MALFORMED`
 */
export async function readSpec(file: string): Promise<unknown> {
  return lockedModels()(await readJson(file));
}

/**
 * Adds what the lock file knows to a spec that was read already.
 *
 * @throws SpecError `LOCK_FILE_MALFORMED`, `LOCK_FILE_UNREADABLE`
 */
export function lockedModels(): (value: unknown) => unknown {
  const lock = readLockFile(path.resolve(LOCK_FILE_NAME));
  return Object.keys(lock.models).length === 0 ? (value) => value : (value) => withLockedModel(value, lock);
}

/** Says what to do about a model of which nothing but the name is known: there is no figure and no check that needs its shape then. */
export function sayUnknownModel(value: unknown, terminal: Terminal): void {
  if (!isJsonObject(value) || !isJsonObject(value.model)) return;
  const { id, config } = value.model;
  if (typeof id !== 'string' || config !== undefined || findModelConfig(id) !== undefined) return;
  terminal.say(
    `nothing is known of ${id} but its name: run qe models add ${id}, or give its config.json as model.config`,
  );
}
