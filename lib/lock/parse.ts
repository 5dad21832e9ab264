import { isJsonObject } from '../text/json';
import { SpecError } from '../errors';
import type { LockedArtifact, LockedModel, LockedSource, LockFile } from './types';

const SOURCES: readonly string[] = ['huggingface', 'jumpstart', 's3'];

/**
 * Reads a lock file's JSON.
 *
 * @param file its path, for messages
 * @throws SpecError `LOCK_FILE_MALFORMED`
 */
export function parseLock(text: string, file: string): LockFile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw malformed(file, '', `it is not JSON: ${(cause as Error).message}`, 'a JSON object', cause);
  }
  if (!isJsonObject(value)) throw malformed(file, '', `it holds ${kindOf(value)}`, 'a JSON object');
  if (value.version !== 1) throw malformed(file, '/version', `version is ${JSON.stringify(value.version)}`, '1');
  if (!isJsonObject(value.models)) throw malformed(file, '/models', `models is ${kindOf(value.models)}`, 'an object');
  const models: Record<string, LockedModel> = {};
  for (const [key, entry] of Object.entries(value.models)) models[key] = parseModel(entry, file, `/models/${key}`);
  return { version: 1, models };
}

function parseModel(value: unknown, file: string, path: string): LockedModel {
  if (!isJsonObject(value)) throw malformed(file, path, `an entry is ${kindOf(value)}`, 'an object');
  const { source, id, revision, config, weightBytes, gated, artifact, hubContentArn, resolvedAt } = value;
  if (typeof source !== 'string' || !SOURCES.includes(source))
    throw malformed(file, `${path}/source`, `source is ${JSON.stringify(source)}`, SOURCES.join(', '));
  if (typeof id !== 'string' || id === '') throw malformed(file, `${path}/id`, `id is ${kindOf(id)}`, 'a text');
  if (config !== undefined && !isJsonObject(config))
    throw malformed(file, `${path}/config`, `config is ${kindOf(config)}`, 'an object');
  if (weightBytes !== undefined && (!Number.isSafeInteger(weightBytes) || (weightBytes as number) <= 0))
    throw malformed(
      file,
      `${path}/weightBytes`,
      `weightBytes is ${JSON.stringify(weightBytes)}`,
      'a whole number above 0',
    );
  if (gated !== undefined && typeof gated !== 'boolean')
    throw malformed(file, `${path}/gated`, `gated is ${JSON.stringify(gated)}`, 'true, false');
  for (const [name, text] of Object.entries({ revision, hubContentArn, resolvedAt })) {
    if (text !== undefined && typeof text !== 'string')
      throw malformed(file, `${path}/${name}`, `${name} is ${kindOf(text)}`, 'a text');
  }
  return {
    source: source as LockedSource,
    id,
    revision: revision as string | undefined,
    config,
    weightBytes: weightBytes as number | undefined,
    gated,
    artifact: artifact === undefined ? undefined : parseArtifact(artifact, file, `${path}/artifact`),
    ...(hubContentArn === undefined ? {} : { hubContentArn: hubContentArn as string }),
    resolvedAt: resolvedAt as string | undefined,
  };
}

function parseArtifact(value: unknown, file: string, path: string): LockedArtifact {
  if (!isJsonObject(value) || typeof value.bucketPrefix !== 'string' || typeof value.key !== 'string')
    throw malformed(file, path, `artifact is ${kindOf(value)}`, 'an object with bucketPrefix and key');
  return { bucketPrefix: value.bucketPrefix, key: value.key };
}

function malformed(file: string, path: string, problem: string, allowed: string, cause?: unknown): SpecError {
  return new SpecError('LOCK_FILE_MALFORMED', `${file} is not a lock file: ${problem}`, {
    path: `${file}${path === '' ? '' : `#${path}`}`,
    allowed,
    fix: 'restore the file from version control, or delete the entry and run `qe models add` again',
    cause,
  });
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : value === undefined ? 'missing' : `a ${typeof value}`;
}
