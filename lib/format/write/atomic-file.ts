import {
  closeSync,
  fdatasync,
  fsyncSync,
  ftruncateSync,
  openSync,
  renameSync,
  rmSync,
  write as writeFile,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { FormatError } from '../../errors';

/** One call of the operating system writes at most this much: Linux cuts a write at 2 GiB − 4 KiB. */
const MAX_WRITE_BYTES = 1 << 30;

/**
 * A file that is written aside, as `NAME.partial`, and takes its name only when it is whole and on the disk: whoever finds
 * the name finds all of it, whatever kills the writer. Written at any offset in any order, so that workers can share it.
 */
export class AtomicFile {
  private written = 0;
  private open = true;

  private constructor(
    readonly path: string,
    /** Where the bytes go until `commit`; a worker thread may open it by this name. */
    readonly partialPath: string,
    /** Length of the whole file in bytes. */
    readonly size: number,
    private readonly descriptor: number,
  ) {}

  /**
   * Starts a file of `size` bytes. What an earlier, killed run left as `.partial` is thrown away.
   *
   * @throws FormatError `TARGET_UNWRITABLE`, `TARGET_FULL`
   */
  static create(target: string, size: number): AtomicFile {
    const partialPath = `${target}.partial`;
    let descriptor: number | undefined;
    try {
      rmSync(partialPath, { force: true });
      // Exclusively: a link that someone put there would be written through.
      descriptor = openSync(partialPath, 'wx');
      ftruncateSync(descriptor, size);
      return new AtomicFile(target, partialPath, size, descriptor);
    } catch (cause) {
      if (descriptor !== undefined) {
        closeSync(descriptor);
        rmSync(partialPath, { force: true });
      }
      throw unwritable(target, cause);
    }
  }

  writeSync(offset: number, bytes: Uint8Array): void {
    this.assertInside(offset, bytes.byteLength);
    writeFully(this.descriptor, this.path, offset, bytes);
    this.written += bytes.byteLength;
  }

  async write(offset: number, bytes: Uint8Array): Promise<void> {
    this.assertInside(offset, bytes.byteLength);
    for (let done = 0; done < bytes.byteLength;) {
      const step = Math.min(bytes.byteLength - done, MAX_WRITE_BYTES);
      done += await new Promise<number>((resolve, reject) =>
        writeFile(this.descriptor, bytes, done, step, offset + done, (error, count) =>
          error ? reject(unwritable(this.path, error)) : resolve(count),
        ),
      );
    }
    this.written += bytes.byteLength;
  }

  /**
   * Brings what was written so far to the disk while more is written, so that `commit` has less to wait for. Must have ended before
   * `commit` or `abort`.
   *
   * @throws FormatError `TARGET_FULL`, `TARGET_UNWRITABLE`
   */
  flush(): Promise<void> {
    return new Promise((resolve, reject) =>
      fdatasync(this.descriptor, (error) => (error ? reject(unwritable(this.path, error)) : resolve())),
    );
  }

  /** For bytes that someone else wrote into `partialPath`, or that stay the zeros they are (padding). */
  markWritten(length: number): void {
    this.written += length;
  }

  /**
   * Gives the file its name.
   *
   * @throws FormatError `TARGET_INCOMPLETE` when fewer or more bytes were written than the file has; it is then removed
   */
  commit(): void {
    if (this.written !== this.size) {
      this.abort();
      throw new FormatError('TARGET_INCOMPLETE', `${this.path} is not whole and was not kept`, {
        path: this.path,
        got: `${this.written} bytes`,
        allowed: `${this.size} bytes`,
        fix: 'run the command again; if it happens twice, report it',
      });
    }
    try {
      fsyncSync(this.descriptor);
      this.close();
      renameSync(this.partialPath, this.path);
      syncFolder(path.dirname(this.path));
    } catch (cause) {
      this.abort();
      throw unwritable(this.path, cause);
    }
  }

  /** Removes what was written. May be called at any time, more than once. */
  abort(): void {
    this.close();
    rmSync(this.partialPath, { force: true });
  }

  private close(): void {
    if (this.open) closeSync(this.descriptor);
    this.open = false;
  }

  private assertInside(offset: number, length: number): void {
    if (Number.isSafeInteger(offset) && offset >= 0 && offset + length <= this.size) return;
    throw new FormatError('TARGET_OUT_OF_RANGE', `${length} bytes at ${offset} do not lie inside ${this.path}`, {
      path: this.path,
      got: `bytes ${offset} to ${offset + length}`,
      allowed: `bytes 0 to ${this.size}`,
      fix: 'write each tensor at the place that its layout gives',
    });
  }
}

/**
 * Writes all bytes at an offset of an open file.
 *
 * @param target the file as errors name it
 * @throws FormatError `TARGET_FULL`, `TARGET_UNWRITABLE`
 */
export function writeFully(descriptor: number, target: string, offset: number, bytes: Uint8Array): void {
  try {
    for (let done = 0; done < bytes.byteLength;) {
      const step = Math.min(bytes.byteLength - done, MAX_WRITE_BYTES);
      done += writeSync(descriptor, bytes, done, step, offset + done);
    }
  } catch (cause) {
    throw unwritable(target, cause);
  }
}

/** A rename is on the disk only when the folder is; some systems cannot sync a folder, and then it is theirs to keep. */
function syncFolder(folder: string): void {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(folder, 'r');
    fsyncSync(descriptor);
  } catch {
    return;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function unwritable(target: string, cause: unknown): FormatError {
  if (cause instanceof FormatError) return cause;
  const { code, message } = cause as NodeJS.ErrnoException;
  const full = code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG';
  return new FormatError(full ? 'TARGET_FULL' : 'TARGET_UNWRITABLE', `cannot write ${target}: ${message}`, {
    path: target,
    got: target,
    allowed: full ? 'a disk with room for the file' : 'a folder that exists and may be written to',
    fix: full ? 'free some space, or write to another disk' : 'check the path and its permissions',
    cause,
  });
}
