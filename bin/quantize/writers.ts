import type { CheckpointWriter } from './writer';
import { ggufWriter } from './gguf';
import { safetensorsWriters } from './safetensors';

/** One for each format; the first that can hold the scheme is taken where none is asked for. */
export const checkpointWriters: readonly CheckpointWriter[] = [ggufWriter, ...safetensorsWriters];
