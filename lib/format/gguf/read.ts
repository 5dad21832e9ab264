import { FormatError } from '../../errors';
import type { ByteSource } from '../source/byte-source';
import { NeedMoreBytes } from './cursor';
import { parseGgufHeader, type GgufHeader } from './header';
import { MAX_METADATA_BYTES } from './limits';

/** Asked for first; doubled while the header goes on. A vocabulary of 49k tokens with its merges takes 2 MB, one of 128k some 8 MB. */
const FIRST_READ_BYTES = 2 * 1024 * 1024;

/**
 * Header of one GGUF file (one part, if it is split). Reads the header and next to nothing of the data.
 *
 * @throws FormatError `GGUF_*` for a malformed file, `SOURCE_*` for one that cannot be read
 */
export async function readGgufHeader(source: ByteSource): Promise<GgufHeader> {
  let bytes = await source.read(0, Math.min(source.size, FIRST_READ_BYTES));
  for (;;) {
    try {
      return parseGgufHeader(bytes, source.size, source.name);
    } catch (error) {
      if (!(error instanceof NeedMoreBytes)) throw error;
      if (error.atLeast > MAX_METADATA_BYTES) throw tooLarge(source, error.atLeast);
      const wanted = Math.min(source.size, Math.max(bytes.byteLength * 2, error.atLeast));
      const more = new Uint8Array(wanted);
      more.set(bytes);
      more.set(await source.read(bytes.byteLength, wanted - bytes.byteLength), bytes.byteLength);
      bytes = more;
    }
  }
}

/** The same for a file that is in memory as a whole. Synchronous. */
export function parseGguf(bytes: Uint8Array, file = 'memory'): GgufHeader {
  return parseGgufHeader(bytes, bytes.byteLength, file);
}

function tooLarge(source: ByteSource, wanted: number): FormatError {
  return new FormatError('GGUF_METADATA_TOO_LARGE', `${source.name} claims more metadata than any model has`, {
    path: source.name,
    got: `at least ${wanted} bytes`,
    allowed: `at most ${MAX_METADATA_BYTES} bytes before the data`,
    fix: 'the file is hostile or damaged: do not use it',
  });
}
