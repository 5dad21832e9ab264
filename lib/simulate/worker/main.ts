import { parentPort, workerData } from 'node:worker_threads';
import { carry, type StreamMessage, type StreamWorkerData } from '../stream/messages';
import { runStreamWorker } from '../stream/stream-worker';

const send = (message: StreamMessage): void => parentPort?.postMessage(message);
try {
  runStreamWorker(workerData as StreamWorkerData, send);
} catch (error) {
  send({ kind: 'error', error: carry(error) });
}
