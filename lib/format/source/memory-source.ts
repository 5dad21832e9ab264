import { assertRange } from './range';
import type { SyncByteSource } from './byte-source';

/** A file that is already in memory. `read` gives views, not copies. */
export class MemorySource implements SyncByteSource {
  readonly size: number;

  constructor(
    private readonly bytes: Uint8Array,
    readonly name = 'memory',
  ) {
    this.size = bytes.byteLength;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    assertRange(this.name, this.size, offset, length);
    return this.bytes.subarray(offset, offset + length);
  }

  readSync(offset: number, target: Uint8Array): void {
    assertRange(this.name, this.size, offset, target.byteLength);
    target.set(this.bytes.subarray(offset, offset + target.byteLength));
  }

  async close(): Promise<void> {}
}
