import { createHash } from 'node:crypto';
import type { WorkerSource } from '../worker/source';

/** Small enough to be hashed from the processor's second-level cache. */
const READ_BYTES = 256 * 1024;

/** SHA-256 of a part of a file, hexadecimal, read in pieces. `stop` is asked between them; undefined when it says yes. */
export function digestOf(source: WorkerSource, offset: number, bytes: number, stop: () => boolean): string | undefined {
  const hash = createHash('sha256');
  const buffer = new Uint8Array(Math.min(READ_BYTES, bytes));
  for (let done = 0; done < bytes;) {
    if (stop()) return undefined;
    const part = buffer.subarray(0, Math.min(READ_BYTES, bytes - done));
    source.readSync(offset + done, part);
    hash.update(part);
    done += part.length;
  }
  return hash.digest('hex');
}
