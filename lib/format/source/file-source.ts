import { closeSync, fstatSync, openSync, read as readFile, readSync, type Stats } from 'node:fs';
import { FormatError } from '../../errors';
import type { SyncByteSource } from './byte-source';
import { assertRange, truncated } from './range';

/** One call of the operating system reads at most this much: Linux cuts a read at 2 GiB − 4 KiB, other systems lower. */
const MAX_READ_BYTES = 1 << 30;

/** A file on disk. Opening is synchronous, so that a worker thread can open its own and stream from it. */
export class FileSource implements SyncByteSource {
  readonly size: number;
  private open = true;

  private constructor(
    readonly name: string,
    private readonly descriptor: number,
    size: number,
  ) {
    this.size = size;
  }

  /** @throws FormatError `SOURCE_UNREADABLE` for a path that is no readable regular file */
  static open(path: string): FileSource {
    let descriptor: number | undefined;
    try {
      descriptor = openSync(path, 'r');
      const stats: Stats = fstatSync(descriptor);
      if (!stats.isFile()) throw new Error(stats.isDirectory() ? 'it is a directory' : 'it is not a regular file');
      return new FileSource(path, descriptor, stats.size);
    } catch (cause) {
      if (descriptor !== undefined) closeSync(descriptor);
      throw unreadable(path, cause);
    }
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    assertRange(this.name, this.size, offset, length);
    const target = new Uint8Array(length);
    for (let done = 0; done < length;) {
      const step = Math.min(length - done, MAX_READ_BYTES);
      const got = await new Promise<number>((resolve, reject) =>
        readFile(this.descriptor, target, done, step, offset + done, (error, count) =>
          error ? reject(unreadable(this.name, error)) : resolve(count),
        ),
      );
      if (got === 0) throw truncated(this.name, this.size, offset, done, length);
      done += got;
    }
    return target;
  }

  readSync(offset: number, target: Uint8Array): void {
    const length = target.byteLength;
    assertRange(this.name, this.size, offset, length);
    for (let done = 0; done < length;) {
      let got: number;
      try {
        got = readSync(this.descriptor, target, done, Math.min(length - done, MAX_READ_BYTES), offset + done);
      } catch (cause) {
        throw unreadable(this.name, cause);
      }
      if (got === 0) throw truncated(this.name, this.size, offset, done, length);
      done += got;
    }
  }

  async close(): Promise<void> {
    this.closeSync();
  }

  closeSync(): void {
    if (this.open) closeSync(this.descriptor);
    this.open = false;
  }
}

function unreadable(path: string, cause: unknown): FormatError {
  return new FormatError('SOURCE_UNREADABLE', `cannot read ${path}: ${(cause as Error).message}`, {
    path,
    got: path,
    allowed: 'a readable regular file',
    fix: 'check the path and its permissions',
    cause,
  });
}
