/**
 * Random access to the bytes of one file, wherever it lies: on disk, in memory, in a browser, in S3.
 * Every reader of this library takes one, and none asks for more than it needs.
 */
export interface ByteSource {
  /** As a person would recognize it: a path, an `s3://` address. Shown in errors. */
  readonly name: string;
  /** Length of the file in bytes when it was opened. */
  readonly size: number;
  /**
   * Exactly `length` bytes from `offset`.
   *
   * @throws FormatError `SOURCE_OUT_OF_RANGE` for a range outside the file, `SOURCE_TRUNCATED` for a file that ends early
   */
  read(offset: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** A source that can also be read without yielding: what a worker thread streams tensors through. */
export interface SyncByteSource extends ByteSource {
  /** Fills the whole of `target` (which may lie over a `SharedArrayBuffer`) from `offset`; same errors as `read`. */
  readSync(offset: number, target: Uint8Array): void;
}
