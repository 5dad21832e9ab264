import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const dist = path.resolve(import.meta.dirname, '..', 'dist');

/**
 * Puts a file into dist/, where other processes may be reading at the same time: one that is there is whole, and stays while nothing has
 * changed.
 *
 * @param {string} file
 * @param {Uint8Array} contents
 * @param {number} [mode]
 */
export function putFile(file, contents, mode = 0o644) {
  if (existsSync(file) && readFileSync(file).equals(contents)) return;
  mkdirSync(path.dirname(file), { recursive: true });
  // Not in the same folder, which may be read as a whole.
  const aside = path.join(dist, `.${path.basename(file)}.${process.pid}`);
  writeFileSync(aside, contents, { mode });
  renameSync(aside, file);
}
