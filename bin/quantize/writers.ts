import type { Scheme } from '../../lib/scheme';
import { ggufWriter } from './gguf';
import type { CheckpointWriter } from './writer';

/** Every value of `--format`. */
export const CHECKPOINT_FORMATS = ['gguf', 'awq', 'gptq', 'compressed-tensors', 'neuron'] as const;

/**
 * One for each format that can hold the scheme; the first is taken where none is asked for. The code of safetensors is loaded when it is
 * needed: a small model becomes a GGUF in less time than that takes.
 */
export async function checkpointWriters(scheme: Scheme): Promise<readonly CheckpointWriter[]> {
  if (ggufWriter.writes(scheme)) return [ggufWriter];
  const { safetensorsWriters } = await import('./safetensors');
  return safetensorsWriters.filter(({ writes }) => writes(scheme));
}
