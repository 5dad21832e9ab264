import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { serveGroups, type GroupWorkerData } from '../groups/worker';
import { carry, type StreamMessage, type StreamWorkerData } from '../stream/messages';
import { runStreamWorker } from '../stream/stream-worker';
import { serveWrites, type WriteWorkerData } from '../write/worker';

const port = parentPort as MessagePort;
const data = workerData as StreamWorkerData | GroupWorkerData | WriteWorkerData;
if (data.kind === 'groups') serveGroups(data, port);
else if (data.kind === 'write') serveWrites(data, port);
else {
  const send = (message: StreamMessage): void => port.postMessage(message);
  try {
    runStreamWorker(data, send);
  } catch (error) {
    send({ kind: 'error', error: carry(error) });
  }
}
