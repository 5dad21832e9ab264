import { SimulationError } from '../../errors';
import type { Checkpoint } from '../../format';
import { FileSource } from '../../format/source/file-source';

/**
 * Paths of a checkpoint's files: worker threads read them themselves.
 *
 * @throws SimulationError `CHECKPOINT_NOT_LOCAL`
 */
export async function localPaths(checkpoint: Checkpoint): Promise<string[]> {
  const paths: string[] = [];
  for (const { name } of checkpoint.files) {
    const source = await checkpoint.open(name);
    await source.close();
    if (!(source instanceof FileSource)) {
      throw new SimulationError('CHECKPOINT_NOT_LOCAL', `${source.name} is not a file on this machine`, {
        got: source.name,
        allowed: 'files on disk',
        fix: 'download the checkpoint first',
      });
    }
    paths.push(source.name);
  }
  return paths;
}
