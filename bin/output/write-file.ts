import { rename, rm, writeFile } from 'node:fs/promises';
import { SpecError } from '../../lib/errors';

/**
 * Writes a file aside and renames it, so that nobody ever reads half of it.
 *
 * @throws SpecError `OUTPUT_UNWRITABLE`
 */
export async function writeWhole(path: string, text: string | Uint8Array): Promise<void> {
  const aside = `${path}.${process.pid}.part`;
  try {
    await writeFile(aside, text);
    await rename(aside, path);
  } catch (cause) {
    // What could not be written may not be removable either; the first failure is the one to tell.
    await rm(aside, { force: true }).catch(() => undefined);
    throw new SpecError('OUTPUT_UNWRITABLE', `cannot write ${path}: ${(cause as Error).message}`, {
      path,
      got: path,
      allowed: 'a path in a directory that exists and may be written to',
      fix: 'check the directory',
      cause,
    });
  }
}
