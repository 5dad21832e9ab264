import { createHash } from 'node:crypto';
import { compareByCodePoint } from '../format';

/**
 * SHA-256 over the tensors by name, in the order of code points: each name, a zero byte, and the SHA-256 of its bytes in
 * hexadecimal.
 *
 * @param digests SHA-256 of each tensor's bytes, hexadecimal, by its name
 * @returns `sha256:…`
 */
export function checkpointDigest(digests: ReadonlyMap<string, string>): string {
  const hash = createHash('sha256');
  for (const name of [...digests.keys()].sort(compareByCodePoint)) {
    hash
      .update(name)
      .update('\0')
      .update(digests.get(name) ?? '');
  }
  return `sha256:${hash.digest('hex')}`;
}
