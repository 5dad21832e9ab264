import { readFileSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { FormatError } from '../../errors';

/**
 * The snapshot to read in one model's folder of the Hugging Face hub's cache, which looks like this
 * (https://huggingface.co/docs/huggingface_hub/guides/manage-cache):
 *
 * ```
 * models--org--name/refs/main               the commit that main stood for when it was downloaded
 * models--org--name/snapshots/<commit>/…    links to ../../blobs/<hash>
 * ```
 *
 * @returns undefined for a folder that is none of the cache's
 * @throws FormatError `HUB_CACHE_EMPTY`, `HUB_CACHE_AMBIGUOUS`
 */
export function hubSnapshot(directory: string): string | undefined {
  const snapshots = path.join(directory, 'snapshots');
  if (!path.basename(path.resolve(directory)).startsWith('models--') || !isDirectory(snapshots)) return undefined;
  const commits = readdirSync(snapshots).filter((name) => isDirectory(path.join(snapshots, name)));
  const main = readRef(path.join(directory, 'refs', 'main'));
  if (main !== undefined && commits.includes(main)) return path.join(snapshots, main);
  if (commits.length === 1) return path.join(snapshots, commits[0]);
  if (commits.length === 0) {
    throw new FormatError('HUB_CACHE_EMPTY', `${directory} holds no snapshot`, {
      path: directory,
      got: 'an empty snapshots/',
      allowed: 'a model that was downloaded',
      fix: 'download it: hf download ORGANIZATION/NAME',
    });
  }
  throw new FormatError('HUB_CACHE_AMBIGUOUS', `${directory} holds more than one snapshot, and none is main's`, {
    path: directory,
    got: commits.sort().join(', '),
    allowed: 'one snapshot',
    fix: `give the path of one: ${path.join(snapshots, commits[0])}`,
  });
}

function isDirectory(candidate: string): boolean {
  return statSync(candidate, { throwIfNoEntry: false })?.isDirectory() === true;
}

function readRef(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return undefined;
  }
}
