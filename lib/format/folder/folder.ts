import type { ByteSource } from '../source/byte-source';

export interface FolderEntry {
  /** Name of a file right in the folder. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
}

/** Where the files of a checkpoint lie side by side: a directory, a snapshot in the hub's cache, an S3 prefix, files chosen in a browser. */
export interface CheckpointFolder {
  /** As a person would recognize it. */
  readonly name: string;
  /** Files only, by name, without those of folders below. */
  list(): Promise<readonly FolderEntry[]>;
  /** @throws FormatError `SOURCE_*` or `S3_*` */
  open(name: string): Promise<ByteSource>;
}

/** More files than any checkpoint has (DeepSeek-V3 has 163 shards): someone pointed at a whole bucket. */
export const MAX_FOLDER_FILES = 100_000;

/** By name, so that answers do not depend on who lists. */
export function sortedEntries(entries: FolderEntry[]): FolderEntry[] {
  return entries.sort((left, right) => (left.name < right.name ? -1 : left.name > right.name ? 1 : 0));
}
