import { Worker } from 'node:worker_threads';
import { answerRead, createReadChannel, isReadRequest } from './read-channel';
import type { RemoteFiles } from './remote-files';

/**
 * Starts a worker thread, and answers what it asks to read.
 *
 * @param program its bundled source
 * @param data what it starts with
 * @param files the run's, which its workers share
 * @param onMessage gets all other messages
 */
export function startWorker<Message>(
  program: string,
  data: object,
  files: RemoteFiles,
  onMessage?: (message: Message) => void,
): Worker {
  const reads = createReadChannel();
  const worker = new Worker(program, { eval: true, workerData: { ...data, reads } });
  worker.on('message', (message: unknown) => {
    if (!isReadRequest(message)) onMessage?.(message as Message);
    else void answerRead(reads, message, (target) => files.readInto(message.address, message.offset, target));
  });
  return worker;
}
