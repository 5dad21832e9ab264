// The program of a thread that writes a part of a GGUF file. One of its own: it starts faster than all that other threads do.
import { parentPort, type MessagePort } from 'node:worker_threads';
import { carry, type StreamMessage } from '../../stream/messages';
import { writePart, type GgufWritePart } from './part';

const port = parentPort as MessagePort;
port.once('message', (part: GgufWritePart) => {
  let last: StreamMessage = { kind: 'ended' };
  try {
    const units = writePart(part);
    while (units.next().done !== true);
  } catch (error) {
    last = { kind: 'error', error: carry(error) };
  }
  port.postMessage(last);
  port.close();
});
