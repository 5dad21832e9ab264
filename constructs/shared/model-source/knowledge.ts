import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import type { IConstruct } from 'constructs';
import { ModelConfigError, SpecError } from '../../../lib/errors';
import { readLockFile } from '../../../lib/lock/file';
import { LOCK_FILE_NAME, type LockedModel, type LockFile } from '../../../lib/lock';
import type { Finding } from '../../../lib/rules/types';
import type { ModelSpec } from '../../../lib/spec/types';
import type { ModelKnowledge } from './options';

/** Context key: path of the lock file, for an app that does not run beside it. */
export const LOCK_FILE_CONTEXT = 'cdk-quantized-endpoints:lockFile';

const lockFiles = new WeakMap<IConstruct, LockFile>();

/** The app's lock file, read once an app. */
export function lockFileOf(scope: IConstruct): LockFile {
  const root = scope.node.root;
  const known = lockFiles.get(root);
  if (known !== undefined) return known;
  const file = (scope.node.tryGetContext(LOCK_FILE_CONTEXT) as string | undefined) ?? LOCK_FILE_NAME;
  const lock = readLockFile(path.resolve(file));
  lockFiles.set(root, lock);
  return lock;
}

/** What the user's options and the lock file say of a model; the options win. */
export function knownOf(options: ModelKnowledge, locked?: LockedModel): Pick<ModelSpec, 'config' | 'weightBytes'> {
  if (options.config !== undefined && options.configPath !== undefined)
    throw new SpecError('MODEL_CONFIG_GIVEN_TWICE', 'config and configPath both name the checkpoint’s config.json', {
      got: options.configPath,
      allowed: 'one of the two',
      fix: 'leave one out',
      path: '/model/config',
    });
  const config = options.config ?? (options.configPath === undefined ? locked?.config : readConfig(options.configPath));
  const weightBytes = options.weightSize?.toBytes() ?? locked?.weightBytes;
  return { ...(config === undefined ? {} : { config }), ...(weightBytes === undefined ? {} : { weightBytes }) };
}

/** A `config.json` from this machine. */
export function readConfig(file: string): Record<string, unknown> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new ModelConfigError('MODEL_CONFIG_UNREADABLE', `cannot read ${file}: ${(cause as Error).message}`, {
      path: file,
      allowed: 'the config.json of a checkpoint',
      fix: 'check the path; it is taken from the directory in which the app runs',
      cause,
    });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ModelConfigError('MODEL_CONFIG_NOT_JSON', `${file} is not JSON: ${(cause as Error).message}`, {
      path: file,
      allowed: 'one JSON object',
      fix: 'download the file again; a Git LFS pointer or an error page is a common cause',
      cause,
    });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new ModelConfigError('MODEL_CONFIG_NOT_JSON', `${file} holds no JSON object`, {
      path: file,
      allowed: 'one JSON object',
      fix: 'give the checkpoint’s config.json',
    });
  return value as Record<string, unknown>;
}

/** The warning that stands in for a plan where no config is known. */
export function configUnknown(id: string, fix: string): Finding {
  return {
    rule: 'MODEL_CONFIG_UNKNOWN',
    severity: 'warning',
    message: `nothing is known of ${id} but its name: memory, speed and what depends on its architecture are not checked`,
    got: 'no config.json',
    allowed: 'the checkpoint’s config.json',
    fix,
    path: '/model/config',
  };
}
