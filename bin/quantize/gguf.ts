import { GgufWriteHelpers } from '../../lib/simulate/gguf/write/helpers';
import type { CheckpointWriter } from './writer';

/**
 * `DIR/<model>-<TYPE>.gguf`, from a GGUF or from a checkpoint of the hub. What writes it is loaded when it is called: threads take longer to
 * start than that takes, and are started before.
 */
export const ggufWriter: CheckpointWriter = {
  format: 'gguf',
  writes: ({ layout }) => layout === 'gguf',
  keepsAtInt8: () => true,
  // This thread is one of them.
  start: (threads) => new GgufWriteHelpers(threads - 1),
  write: async (request) => (await import('./gguf-file')).writeGgufFile(request),
};
