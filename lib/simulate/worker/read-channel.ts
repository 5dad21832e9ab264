// How a worker thread reads a file that lies elsewhere: it asks the main thread, and sleeps until the bytes are there.
import type { MessagePort } from 'node:worker_threads';
import { carry, uncarry, type CarriedError } from '../stream/messages';

/** Memory that a worker and the main thread share for reads. Plain data: it travels in the worker's data. */
export interface ReadChannel {
  /** State, and how many bytes of `bytes` are an error's. */
  readonly state: SharedArrayBuffer;
  readonly bytes: SharedArrayBuffer;
}

/** What a worker asks for: at most `READ_BYTES`. */
export interface ReadRequest {
  readonly kind: 'read';
  readonly address: string;
  readonly offset: number;
  readonly length: number;
}

const READ_BYTES = 1024 * 1024;

const STATE = 0;
const ERROR_BYTES = 1;
const WAITING = 0;
const DONE = 1;
const FAILED = 2;

export function createReadChannel(): ReadChannel {
  return { state: new SharedArrayBuffer(8), bytes: new SharedArrayBuffer(READ_BYTES) };
}

export function isReadRequest(message: unknown): message is ReadRequest {
  return typeof message === 'object' && message !== null && (message as { kind?: unknown }).kind === 'read';
}

/** The worker's side. Fills the whole of `target`; throws what the main thread met. */
export function readThrough(
  { state, bytes }: ReadChannel,
  port: MessagePort,
  address: string,
  offset: number,
  target: Uint8Array,
): void {
  const words = new Int32Array(state);
  const shared = new Uint8Array(bytes);
  for (let done = 0; done < target.byteLength;) {
    const length = Math.min(READ_BYTES, target.byteLength - done);
    Atomics.store(words, STATE, WAITING);
    port.postMessage({ kind: 'read', address, offset: offset + done, length } satisfies ReadRequest);
    Atomics.wait(words, STATE, WAITING);
    if (Atomics.load(words, STATE) === FAILED) {
      const text = new TextDecoder().decode(shared.slice(0, words[ERROR_BYTES]));
      throw uncarry(JSON.parse(text) as CarriedError);
    }
    target.set(shared.subarray(0, length), done);
    done += length;
  }
}

/** The main thread's side: wakes the worker with the bytes, or with what prevented them. */
export async function answerRead(
  { state, bytes }: ReadChannel,
  { length }: ReadRequest,
  fill: (target: Uint8Array) => Promise<void>,
): Promise<void> {
  const words = new Int32Array(state);
  try {
    await fill(new Uint8Array(bytes, 0, length));
    Atomics.store(words, STATE, DONE);
  } catch (error) {
    const text = new TextEncoder().encode(JSON.stringify(carry(error))).subarray(0, READ_BYTES);
    new Uint8Array(bytes).set(text);
    words[ERROR_BYTES] = text.byteLength;
    Atomics.store(words, STATE, FAILED);
  }
  Atomics.notify(words, STATE);
}
