import type { ByteSource } from '../source/byte-source';
import { LENGTH_BYTES, headerLength, parseSafetensorsHeader, type SafetensorsHeader } from './header';

/** Asked for first: one request brings the whole header of most shards (some 100 bytes a tensor). */
const FIRST_READ_BYTES = 64 * 1024;

/**
 * Header of one `.safetensors` file. Reads the header and nothing of the data.
 *
 * @throws FormatError `SAFETENSORS_*` for a malformed file, `SOURCE_*` for one that cannot be read
 */
export async function readSafetensorsHeader(source: ByteSource): Promise<SafetensorsHeader> {
  const first = await source.read(0, Math.min(source.size, FIRST_READ_BYTES));
  const length = headerLength(first, source.size, source.name);
  const end = LENGTH_BYTES + length;
  if (end <= first.byteLength)
    return parseSafetensorsHeader(first.subarray(LENGTH_BYTES, end), source.size, source.name);

  const json = new Uint8Array(length);
  json.set(first.subarray(LENGTH_BYTES));
  json.set(await source.read(first.byteLength, end - first.byteLength), first.byteLength - LENGTH_BYTES);
  return parseSafetensorsHeader(json, source.size, source.name);
}

/** The same for a file that is in memory as a whole. Synchronous. */
export function parseSafetensors(bytes: Uint8Array, file = 'memory'): SafetensorsHeader {
  const length = headerLength(bytes, bytes.byteLength, file);
  return parseSafetensorsHeader(bytes.subarray(LENGTH_BYTES, LENGTH_BYTES + length), bytes.byteLength, file);
}
