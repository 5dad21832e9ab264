import { FormatError } from '../../errors';
import { isLongUtf8, isUtf8, utf8Text } from '../text';

/** Thrown when a header goes on beyond the bytes at hand, in a file that has more. Never reaches a caller of the readers. */
export class NeedMoreBytes extends Error {
  constructor(readonly atLeast: number) {
    super(`${atLeast} bytes are needed`);
  }
}

/** Strings that were passed over and are to be checked together. */
interface Run {
  readonly start: number;
  /** Number of the first of them. */
  readonly strings: number;
}

/** Reads numbers and strings one after the other, in the file's byte order, and never beyond its end. */
export class GgufCursor {
  readonly bytes: Uint8Array;
  private readonly view: DataView;
  private at = 0;
  littleEndian = true;

  /**
   * @param bytes the first bytes of the file, or all of them
   * @param fileBytes length of the file
   */
  constructor(
    bytes: Uint8Array,
    readonly fileBytes: number,
    readonly file: string,
  ) {
    // A Node `Buffer` is a Uint8Array whose `slice` does not copy: here it must be a plain one.
    this.bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get position(): number {
    return this.at;
  }

  /** Bytes of the file that are still to come. */
  get remaining(): number {
    return this.fileBytes - this.at;
  }

  /** Position of the next `length` bytes, which are then taken. */
  take(length: number, what: string): number {
    const start = this.at;
    const end = start + length;
    if (end > this.fileBytes) {
      throw new FormatError('GGUF_TRUNCATED', `${this.file} ends in the middle of ${what}`, {
        path: this.file,
        got: `${this.fileBytes - start} bytes at ${start}`,
        allowed: `${length} bytes`,
        fix: 'the file is cut or damaged: download it again',
      });
    }
    if (end > this.bytes.byteLength) throw new NeedMoreBytes(end);
    this.at = end;
    return start;
  }

  uint8(what: string): number {
    return this.view.getUint8(this.take(1, what));
  }

  int8(what: string): number {
    return this.view.getInt8(this.take(1, what));
  }

  uint16(what: string): number {
    return this.view.getUint16(this.take(2, what), this.littleEndian);
  }

  int16(what: string): number {
    return this.view.getInt16(this.take(2, what), this.littleEndian);
  }

  uint32(what: string): number {
    return this.view.getUint32(this.take(4, what), this.littleEndian);
  }

  int32(what: string): number {
    return this.view.getInt32(this.take(4, what), this.littleEndian);
  }

  float32(what: string): number {
    return this.view.getFloat32(this.take(4, what), this.littleEndian);
  }

  float64(what: string): number {
    return this.view.getFloat64(this.take(8, what), this.littleEndian);
  }

  uint64(what: string): bigint {
    return this.view.getBigUint64(this.take(8, what), this.littleEndian);
  }

  int64(what: string): bigint {
    return this.view.getBigInt64(this.take(8, what), this.littleEndian);
  }

  /** A 64-bit count, as a number: exact up to 2^53, and larger than any file beyond. No BigInt, of which a vocabulary would make a hundred thousand. */
  count(what: string): number {
    const start = this.take(8, what);
    const low = this.view.getUint32(start + (this.littleEndian ? 0 : 4), this.littleEndian);
    const high = this.view.getUint32(start + (this.littleEndian ? 4 : 0), this.littleEndian);
    return high * 0x1_0000_0000 + low;
  }

  string(what: string): string {
    const start = this.skipString(what);
    return utf8Text(this.bytes, start, this.at) as string;
  }

  /** Passes over a string that is checked like any other. Its first byte is returned, its end is the position. */
  skipString(what: string): number {
    const length = this.count(what);
    if (length > this.remaining) {
      throw new FormatError(
        'GGUF_STRING_LENGTH',
        `${what} of ${this.file} claims to be longer than the rest of the file`,
        {
          path: this.file,
          got: `${length} bytes`,
          allowed: `at most ${this.remaining} bytes`,
          fix: 'the file is cut or damaged: download it again',
        },
      );
    }
    const start = this.take(length, what);
    if (!isUtf8(this.bytes, start, this.at)) {
      throw new FormatError('GGUF_STRING_UTF8', `${what} of ${this.file} is not valid UTF-8`, {
        path: this.file,
        got: `bytes at ${start} to ${start + length}`,
        allowed: 'UTF-8, as the format prescribes',
        fix: 'the file is damaged: download it again, or convert the model anew',
      });
    }
    return start;
  }

  /**
   * Passes over so many strings. A vocabulary has a hundred thousand: those at hand and short take no call each. The eight bytes of a
   * length below 128 are ASCII, so that a run of such strings is UTF-8 as a whole exactly when each of them is.
   */
  skipStrings(count: number, what: string): void {
    const { view, littleEndian } = this;
    const lowerHalf = littleEndian ? 0 : 4;
    const lastLength = this.bytes.byteLength - 8;
    let at = this.at;
    let run: Run = { start: at, strings: 0 };
    for (let index = 0; index < count; index++) {
      if (at <= lastLength) {
        const length = view.getUint32(at + lowerHalf, littleEndian);
        const next = at + 8 + length;
        if (length < 0x80 && view.getUint32(at + 4 - lowerHalf, littleEndian) === 0 && next <= lastLength + 8) {
          at = next;
          continue;
        }
      }
      // Errors come in the order of the strings.
      this.checkRun(run.start, at, index - run.strings, what);
      this.skipString(what);
      at = this.at;
      run = { start: at, strings: index + 1 };
    }
    this.checkRun(run.start, at, count - run.strings, what);
  }

  /** Takes a run of short strings, or throws what is wrong with one of them. */
  private checkRun(start: number, end: number, count: number, what: string): void {
    this.at = end;
    if (isLongUtf8(this.bytes, start, end)) return;
    this.at = start;
    for (let index = 0; index < count; index++) this.skipString(what);
  }
}
