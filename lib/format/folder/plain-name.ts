import { FormatError } from '../../errors';

/** Refuses a name that leads out of the folder, whoever made it up. */
export function assertPlainName(folder: string, name: string): void {
  if (name !== '' && name !== '.' && name !== '..' && !/[/\\\0]/.test(name)) return;
  throw new FormatError('SOURCE_OUTSIDE_FOLDER', `${JSON.stringify(name)} is no file of ${folder}`, {
    path: folder,
    got: JSON.stringify(name),
    allowed: 'the name of a file right in the folder',
    fix: 'the checkpoint names a file that it must not: do not use it',
  });
}
