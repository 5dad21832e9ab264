import type { Scheme } from '../../lib/scheme';
import type { CheckpointWriter } from './writer';

/** Every value of `--format`. */
export const CHECKPOINT_FORMATS = ['gguf', 'awq', 'gptq', 'compressed-tensors', 'neuron'] as const;

/**
 * One for each format that can hold the scheme; the first is taken where none is asked for. Their code is loaded when it is needed: a
 * small model is quantized in less time than all of it takes to load.
 */
export async function checkpointWriters(scheme: Scheme): Promise<readonly CheckpointWriter[]> {
  if (scheme.layout === 'gguf') return [(await import('./gguf')).ggufWriter];
  const { safetensorsWriters } = await import('./safetensors');
  return safetensorsWriters.filter(({ writes }) => writes(scheme));
}
