import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { FileSource } from '../../format/source/file-source';
import { readThrough, type ReadChannel } from './read-channel';

/** A file that a worker thread reads, wherever it lies. */
export interface WorkerSource {
  /** Fills the whole of `target` from `offset`. */
  readSync(offset: number, target: Uint8Array): void;
  closeSync(): void;
}

/** @param location a path, or the address of a file that lies elsewhere: `s3://…` */
export function openInWorker(location: string): WorkerSource {
  if (!isRemote(location)) return FileSource.open(location);
  const { reads } = workerData as { readonly reads: ReadChannel };
  return {
    readSync: (offset, target) => readThrough(reads, parentPort as MessagePort, location, offset, target),
    closeSync: () => undefined,
  };
}

export function isRemote(location: string): boolean {
  return /^s3:\/\//i.test(location);
}
