import type { TensorInfo } from './tensor';

/** Where everything of a file to be written goes: its header's bytes, and the place of each tensor. */
export interface FileLayout {
  /** All bytes before the data, padding included. */
  readonly header: Uint8Array;
  /** By name in the order of their data, with offsets from the start of the file. */
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /** Length of the whole file. What no tensor covers after the header is zeros. */
  readonly fileBytes: number;
}
