import { FormatError } from '../../errors';
import type { ByteSource } from './byte-source';
import { assertRange, truncated } from './range';

/** The part of the web's `Blob` and `File` that is used; Node's `Blob` fits too. */
export interface BlobLike {
  readonly size: number;
  slice(start: number, end: number): { arrayBuffer(): Promise<ArrayBuffer> };
}

/** A file a person chose in a browser: read by slices, never whole. */
export class BlobSource implements ByteSource {
  readonly size: number;

  constructor(
    private readonly blob: BlobLike,
    readonly name: string,
  ) {
    this.size = blob.size;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    assertRange(this.name, this.size, offset, length);
    let buffer: ArrayBuffer;
    try {
      buffer = await this.blob.slice(offset, offset + length).arrayBuffer();
    } catch (cause) {
      // Browsers raise NotReadableError when the file on disk changed after it was chosen.
      throw new FormatError('SOURCE_UNREADABLE', `cannot read ${this.name}: ${(cause as Error).message}`, {
        path: this.name,
        fix: 'choose the file again: it may have been moved or changed',
        cause,
      });
    }
    if (buffer.byteLength !== length) throw truncated(this.name, this.size, offset, buffer.byteLength, length);
    return new Uint8Array(buffer);
  }

  async close(): Promise<void> {}
}
