import type { ByteSource } from '../../format/source/byte-source';
import { S3Source } from '../../format/source/s3-source';

/** A request for this much is worth its way to S3. */
const BLOCK_BYTES = 4 * 1024 * 1024;

/** Blocks that are held, of all files: 32 MiB. */
const HELD_BLOCKS = 8;

/** Blocks that are asked for before someone needs them: the threads go through a file from its beginning to its end. */
const BLOCKS_AHEAD = 3;

/** Files in S3 as the main thread reads them for its workers: in blocks, some ahead, few held. */
export class RemoteFiles {
  private readonly sources = new Map<string, Promise<ByteSource>>();
  /** In the order of their last use. */
  private readonly blocks = new Map<string, Promise<Uint8Array>>();

  /**
   * Fills the whole of `target` from `offset` of a file.
   *
   * @throws FormatError `S3_*`, `SOURCE_OUT_OF_RANGE`
   */
  async readInto(address: string, offset: number, target: Uint8Array): Promise<void> {
    const source = await this.sourceOf(address);
    for (let done = 0; done < target.byteLength;) {
      const at = offset + done;
      const index = Math.floor(at / BLOCK_BYTES);
      const block = this.block(source, index);
      for (let next = index + 1; next <= index + BLOCKS_AHEAD && next * BLOCK_BYTES < source.size; next++) {
        // Whoever needs it meets its error.
        this.block(source, next).catch(() => undefined);
      }
      const bytes = await block;
      const part = bytes.subarray(at - index * BLOCK_BYTES, at - index * BLOCK_BYTES + target.byteLength - done);
      // Beyond the end: the source has the words for it.
      if (part.byteLength === 0) await source.read(at, target.byteLength - done);
      target.set(part, done);
      done += part.byteLength;
    }
  }

  private sourceOf(address: string): Promise<ByteSource> {
    const source = this.sources.get(address) ?? S3Source.open(address);
    this.sources.set(address, source);
    return source;
  }

  private block(source: ByteSource, index: number): Promise<Uint8Array> {
    const key = `${index} ${source.name}`;
    const first = index * BLOCK_BYTES;
    const block = this.blocks.get(key) ?? source.read(first, Math.min(BLOCK_BYTES, Math.max(source.size - first, 0)));
    this.blocks.delete(key);
    this.blocks.set(key, block);
    for (const oldest of this.blocks.keys()) {
      if (this.blocks.size <= HELD_BLOCKS) break;
      this.blocks.delete(oldest);
    }
    return block;
  }
}
