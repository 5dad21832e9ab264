import { GGUF_MAGIC } from '../gguf/header';
import type { ByteSource } from '../source/byte-source';
import { parseImatrixDat } from './from-dat';
import { parseImatrixGguf } from './from-gguf';
import type { ImportanceMatrix } from './types';

/**
 * Reads an importance matrix of llama.cpp in either form.
 *
 * @param file for messages, and for what a quantized model says of its origin
 * @throws FormatError `IMATRIX_*` for a file that is none or is damaged; `GGUF_*` for a damaged GGUF
 */
export function parseImatrix(bytes: Uint8Array, file = 'memory'): ImportanceMatrix {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isGguf = bytes.byteLength >= 4 && view.getUint32(0, true) === GGUF_MAGIC;
  return isGguf ? parseImatrixGguf(bytes, file) : parseImatrixDat(bytes, file);
}

/** The same of a file, which is read as a whole: it has some numbers for each column of a model, not for each weight. */
export async function readImatrix(source: ByteSource): Promise<ImportanceMatrix> {
  return parseImatrix(await source.read(0, source.size), source.name);
}
