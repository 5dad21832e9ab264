import type { Checkpoint, CheckpointFolder } from '../../format';
import { modelFromGguf } from './from-gguf';
import type { GgufModel } from './model';

/** A checkpoint as a GGUF model. */
export async function modelFromCheckpoint(_folder: CheckpointFolder, checkpoint: Checkpoint): Promise<GgufModel> {
  return modelFromGguf(checkpoint);
}
