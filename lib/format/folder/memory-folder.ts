import { FormatError } from '../../errors';
import type { ByteSource } from '../source/byte-source';
import { sortedEntries, type CheckpointFolder, type FolderEntry } from './folder';

/** Files at hand: those a person chose in a browser (as `BlobSource`), or bytes in memory (as `MemorySource`). */
export class MemoryFolder implements CheckpointFolder {
  private readonly sources: ReadonlyMap<string, ByteSource>;

  /** @param sources each by the name it has in the folder */
  constructor(
    readonly name: string,
    sources: Iterable<readonly [name: string, source: ByteSource]>,
  ) {
    this.sources = new Map(sources);
  }

  async list(): Promise<readonly FolderEntry[]> {
    return sortedEntries([...this.sources].map(([name, { size }]) => ({ name, size })));
  }

  async open(name: string): Promise<ByteSource> {
    const source = this.sources.get(name);
    if (source !== undefined) return source;
    throw new FormatError('SOURCE_UNREADABLE', `${this.name} has no file ${name}`, {
      path: this.name,
      got: name,
      allowed: [...this.sources.keys()].join(', '),
      fix: 'choose this file too',
    });
  }
}
