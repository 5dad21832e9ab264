import { statSync } from 'node:fs';
import path from 'node:path';
import { FormatError } from '../../errors';
import { LocalFolder } from '../folder/local-folder';
import { S3Folder } from '../folder/s3-folder';
import type { CheckpointFolder } from '../folder/folder';
import { isS3Address, parseS3Address } from '../source/s3-client';

export interface CheckpointLocation {
  readonly folder: CheckpointFolder;
  /** The one file that was named; undefined for a folder. */
  readonly file?: string;
}

const WEIGHT_FILE = /\.(safetensors|gguf|index\.json)$/;

/**
 * Turns what a person writes into a folder and, perhaps, a file in it: a path, a folder of the hub's cache, `s3://bucket/prefix/`,
 * `s3://bucket/model.gguf`.
 *
 * @throws FormatError `SOURCE_UNREADABLE`, `S3_ADDRESS`, `HUB_CACHE_*`
 */
export function locateCheckpoint(location: string): CheckpointLocation {
  if (isS3Address(location)) {
    const { bucket, key } = parseS3Address(location);
    if (!WEIGHT_FILE.test(key)) return { folder: S3Folder.open(location) };
    const slash = key.lastIndexOf('/');
    return { folder: S3Folder.open(`s3://${bucket}/${key.slice(0, slash + 1)}`), file: key.slice(slash + 1) };
  }
  const stats = statSync(location, { throwIfNoEntry: false });
  if (stats === undefined) {
    throw new FormatError('SOURCE_UNREADABLE', `${location} does not exist`, {
      path: location,
      got: location,
      allowed: 'a .safetensors file, an index, a .gguf, a folder, or an s3:// address',
      fix: 'check the path',
    });
  }
  if (stats.isDirectory()) return { folder: LocalFolder.open(location) };
  return { folder: LocalFolder.open(path.dirname(location)), file: path.basename(location) };
}
