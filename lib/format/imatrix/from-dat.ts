import { utf8Text } from '../text';
import { entryError, imatrixError, meanSquare } from './errors';
import type { ImatrixEntry, ImportanceMatrix } from './types';

/** Length of its name, the name, calls, number of values, a value. */
const LEAST_ENTRY_BYTES = 4 + 1 + 4 + 4 + 4;

/**
 * The form before GGUF: a count of entries, then of each the name, the number of chunks that its means were multiplied with, and the
 * values; at the end, in later files, the number of all chunks and the name of the text. Source: llama.cpp common/imatrix-loader.cpp,
 * `common_imatrix_load_legacy`.
 *
 * @throws FormatError `IMATRIX_*`
 */
export function parseImatrixDat(bytes: Uint8Array, file: string): ImportanceMatrix {
  const reader = new DatReader(bytes, file);
  const count = reader.integer('the number of entries');
  const possible = Math.floor(bytes.byteLength / LEAST_ENTRY_BYTES);
  if (count < 1 || count > possible) {
    throw imatrixError('IMATRIX_NOT_ONE', file, 'is no importance matrix', {
      got: `${count} as the number of entries in ${bytes.byteLength} bytes`,
      allowed: possible < 1 ? 'a longer file' : `1 to ${possible}, or the letters GGUF`,
      fix: 'give the file that llama-imatrix or qe calibrate --imatrix wrote',
    });
  }
  const entries = new Map<string, ImatrixEntry>();
  for (let index = 0; index < count; index++) readEntry(reader, index, entries);
  const chunks = reader.remaining === 0 ? 0 : reader.count('the number of chunks', 0);
  const dataset = reader.remaining === 0 ? '' : reader.text('the name of the text', 0);
  if (reader.remaining > 0) {
    throw imatrixError('IMATRIX_TRAILING', file, 'goes on after its end', {
      got: `${reader.remaining} bytes more`,
      allowed: 'nothing after the name of the text',
    });
  }
  return { file, form: 'dat', datasets: dataset === '' ? [] : [dataset], chunks, entries };
}

function readEntry(reader: DatReader, index: number, entries: Map<string, ImatrixEntry>): void {
  const { file } = reader;
  const name = reader.text(`the name of entry ${index + 1}`, 1);
  if (entries.has(name)) {
    throw entryError('IMATRIX_DUPLICATE', file, name, 'has an entry twice', {
      got: name,
      allowed: 'every name once',
    });
  }
  const calls = reader.integer('the number of calls');
  const length = reader.count('the number of values', 1);
  const values = reader.floats(length, name);
  const divisor = calls > 0 ? calls : 1;
  const meanSquares = values.map((value) => meanSquare(value, divisor, file, name));
  entries.set(name, { meanSquares, counts: [Math.max(0, calls)] });
}

class DatReader {
  private readonly view: DataView;
  private at = 0;

  constructor(
    private readonly bytes: Uint8Array,
    readonly file: string,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get remaining(): number {
    return this.bytes.byteLength - this.at;
  }

  integer(what: string): number {
    return this.view.getInt32(this.take(4, what), true);
  }

  /** A number of things, `least` of them or more, which the file is long enough for only if it is checked by who reads them. */
  count(what: string, least: number): number {
    const count = this.integer(what);
    if (count >= least) return count;
    throw imatrixError('IMATRIX_COUNT', this.file, `gives ${what} as what it cannot be`, {
      got: String(count),
      allowed: `${least} or more`,
    });
  }

  text(what: string, least: number): string {
    const length = this.count(`the length of ${what}`, least);
    const start = this.take(length, what);
    const text = utf8Text(this.bytes, start, this.at);
    // To a reader in C a name ends at its first zero byte.
    if (text !== undefined && !text.includes('\0')) return text;
    throw imatrixError('IMATRIX_NAME', this.file, `has ${what} in no text`, {
      got: `bytes at ${start} to ${this.at}`,
      allowed: 'UTF-8 without the character U+0000',
    });
  }

  floats(count: number, name: string): Float32Array {
    const start = this.take(4 * count, `the values of ${name}`);
    return Float32Array.from({ length: count }, (_, index) => this.view.getFloat32(start + 4 * index, true));
  }

  private take(length: number, what: string): number {
    const start = this.at;
    if (length > this.remaining) {
      throw imatrixError('IMATRIX_TRUNCATED', this.file, `ends in the middle of ${what}`, {
        got: `${this.remaining} bytes at ${start}`,
        allowed: `${length} bytes`,
      });
    }
    this.at += length;
    return start;
  }
}
