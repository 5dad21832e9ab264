import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { FormatError } from '../../errors';
import { FileSource } from '../source/file-source';
import { MAX_FOLDER_FILES, sortedEntries, type CheckpointFolder, type FolderEntry } from './folder';
import { assertPlainName } from './plain-name';
import { hubSnapshot } from './hub-cache';

/** A directory on disk. Links are followed: the hub's cache is made of them. */
export class LocalFolder implements CheckpointFolder {
  private constructor(readonly name: string) {}

  /**
   * @param directory a directory of files, or a `models--ORGANIZATION--NAME` of the hub's cache, whose snapshot is then taken
   * @throws FormatError `SOURCE_UNREADABLE`, `HUB_CACHE_*`
   */
  static open(directory: string): LocalFolder {
    const folder = hubSnapshot(directory) ?? directory;
    try {
      if (!statSync(folder).isDirectory()) throw new Error('it is not a directory');
      return new LocalFolder(folder);
    } catch (cause) {
      throw unreadable(folder, cause);
    }
  }

  async list(): Promise<readonly FolderEntry[]> {
    let names: string[];
    try {
      names = readdirSync(this.name);
    } catch (cause) {
      throw unreadable(this.name, cause);
    }
    const entries: FolderEntry[] = [];
    for (const name of names.slice(0, MAX_FOLDER_FILES)) {
      // A link to nothing is no file: opening it by name says so.
      const stats = statSync(path.join(this.name, name), { throwIfNoEntry: false });
      if (stats?.isFile()) entries.push({ name, size: stats.size });
    }
    return sortedEntries(entries);
  }

  async open(name: string): Promise<FileSource> {
    assertPlainName(this.name, name);
    return FileSource.open(path.join(this.name, name));
  }
}

function unreadable(folder: string, cause: unknown): FormatError {
  return new FormatError('SOURCE_UNREADABLE', `cannot read ${folder}: ${(cause as Error).message}`, {
    path: folder,
    got: folder,
    allowed: 'a readable directory',
    fix: 'check the path and its permissions',
    cause,
  });
}
