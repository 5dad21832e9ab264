import { statSync } from 'node:fs';
import { SimulationError } from '../../errors';
import type { Checkpoint } from '../../format';
import { FileSource } from '../../format/source/file-source';
import { S3Source } from '../../format/source/s3-source';

/**
 * Where a checkpoint's files lie, as worker threads open them: paths, and addresses in S3, which the main thread reads for them.
 *
 * @throws SimulationError `CHECKPOINT_NOT_LOCAL`
 */
export async function localPaths(checkpoint: Checkpoint): Promise<string[]> {
  const paths: string[] = [];
  for (const { name } of checkpoint.files) {
    const source = await checkpoint.open(name);
    await source.close();
    if (!(source instanceof FileSource || source instanceof S3Source)) {
      throw new SimulationError(
        'CHECKPOINT_NOT_LOCAL',
        `${source.name} is neither a file on this machine nor an object in S3`,
        {
          got: source.name,
          allowed: 'files on disk, s3:// addresses',
          fix: 'download the checkpoint first',
        },
      );
    }
    paths.push(source.name);
  }
  return paths;
}

/** For each file what changes when its content does: its name, its size, and when it was written or what S3 calls its content. */
export async function fileVersions(checkpoint: Checkpoint): Promise<string[]> {
  const versions: string[] = [];
  for (const { name } of checkpoint.files) {
    const source = await checkpoint.open(name);
    await source.close();
    const mark = source instanceof S3Source ? (source.etag ?? '') : statSync(source.name).mtimeMs;
    versions.push(JSON.stringify([name, source.size, mark]));
  }
  return versions;
}
