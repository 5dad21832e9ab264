import { createHash } from 'node:crypto';
import { closeSync, existsSync, fstatSync, openSync, readdirSync, readSync } from 'node:fs';
import * as path from 'node:path';
import { headerLength, LENGTH_BYTES, parseSafetensorsHeader } from '../../lib/format/safetensors/header';
import { checkpointDigest } from '../../lib/simulate/checkpoint-digest';
import { isQuantized, quantizationOrigin } from './origin';

const PIECE_BYTES = 4 * 1024 * 1024;

/**
 * Digest of the full-precision weights that a directory holds, or that its quantized weights were made from, as `qe simulate` reports
 * it. Undefined where that cannot be told: for quantized weights that `qe quantize` did not write, GGUFs without `--digest`.
 *
 * @param scheme that is served
 * @throws FormatError for a damaged file
 */
export function weightsDigest(directory: string, scheme?: string): string | undefined {
  if (!existsSync(directory)) return undefined;
  if (scheme?.startsWith('gguf') === true || isQuantized(directory))
    return quantizationOrigin(directory, scheme)?.digest;
  const files = readdirSync(directory).filter((name) => name.endsWith('.safetensors'));
  if (files.length === 0) return undefined;
  const digests = new Map<string, string>();
  for (const name of files.sort()) {
    const file = path.join(directory, name);
    const descriptor = openSync(file, 'r');
    try {
      const bytes = fstatSync(descriptor).size;
      const length = headerLength(read(descriptor, 0, LENGTH_BYTES), bytes, file);
      const header = parseSafetensorsHeader(read(descriptor, LENGTH_BYTES, length), bytes, file);
      for (const tensor of header.tensors.values())
        digests.set(tensor.name, tensorDigest(descriptor, tensor.offset, tensor.bytes));
    } finally {
      closeSync(descriptor);
    }
  }
  return checkpointDigest(digests);
}

function tensorDigest(descriptor: number, offset: number, bytes: number): string {
  const hash = createHash('sha256');
  for (let done = 0; done < bytes; done += PIECE_BYTES)
    hash.update(read(descriptor, offset + done, Math.min(PIECE_BYTES, bytes - done)));
  return hash.digest('hex');
}

function read(descriptor: number, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const count = readSync(descriptor, bytes, done, length - done, offset + done);
    if (count === 0) break;
    done += count;
  }
  return bytes.subarray(0, done);
}
