import type { Checkpoint, CheckpointFolder } from '../../format';
import { modelFromHuggingFace } from '../hugging-face/from-hugging-face';
import { modelFromGguf } from './from-gguf';
import type { GgufModel } from './model';

/** A checkpoint as a GGUF model: a GGUF as it is, one of the hub converted. Throws as those two do. */
export async function modelFromCheckpoint(folder: CheckpointFolder, checkpoint: Checkpoint): Promise<GgufModel> {
  return checkpoint.format === 'gguf' ? modelFromGguf(checkpoint) : modelFromHuggingFace(folder, checkpoint);
}
