import { createHash } from 'node:crypto';
import type { Checkpoint } from '../format';
import { checkpointDigest } from './checkpoint-digest';

const PIECE_BYTES = 4 * 1024 * 1024;

/**
 * Digest of a checkpoint's weights, as `qe simulate` reports it. Reads all of them, in pieces.
 *
 * @throws FormatError `SOURCE_*`; the signal's reason
 */
export async function digestOfCheckpoint(checkpoint: Checkpoint, signal?: AbortSignal): Promise<string> {
  const digests = new Map<string, string>();
  for (const { name: file } of checkpoint.files) {
    const source = await checkpoint.open(file);
    try {
      for (const tensor of checkpoint.tensors.values()) {
        if (tensor.file !== file) continue;
        const hash = createHash('sha256');
        for (let done = 0; done < tensor.bytes; done += PIECE_BYTES) {
          signal?.throwIfAborted();
          hash.update(await source.read(tensor.offset + done, Math.min(PIECE_BYTES, tensor.bytes - done)));
        }
        digests.set(tensor.name, hash.digest('hex'));
      }
    } finally {
      await source.close();
    }
  }
  return checkpointDigest(digests);
}
