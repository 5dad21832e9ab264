import { EventEmitter } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { AskedWorker } from '../../../lib/simulate/worker/asked-worker';

/** What Node's worker is to the one who asks it: events that come when the test says so. */
class Thread extends EventEmitter {
  readonly posted: unknown[] = [];
  terminated = 0;

  postMessage(message: unknown): void {
    this.posted.push(message);
  }

  terminate(): Promise<number> {
    this.terminated++;
    return Promise.resolve(1);
  }
}

let thread: Thread;
let asked: AskedWorker<string, string>;
beforeEach(() => {
  thread = new Thread();
  asked = new AskedWorker(thread as unknown as Worker);
});

test('answers come one after the other', async () => {
  const first = asked.ask('a');
  thread.emit('message', 'A');
  await expect(first).resolves.toBe('A');
  const second = asked.ask('b');
  thread.emit('message', 'B');
  await expect(second).resolves.toBe('B');
  expect(thread.posted).toEqual(['a', 'b']);
});

test('a read that the thread asks for is no answer', async () => {
  const answer = asked.ask('a');
  thread.emit('message', { kind: 'read', address: 's3://bucket/file', offset: 0, length: 1 });
  thread.emit('message', 'A');
  await expect(answer).resolves.toBe('A');
});

test('a thread that ends while it is asked is an error', async () => {
  const answer = asked.ask('a');
  thread.emit('exit', 7);
  await expect(answer).rejects.toMatchObject({ id: 'SIMULATION_WORKER_DIED', got: 'exit code 7' });
});

test('so is what it throws, which the end that follows does not replace', async () => {
  const answer = asked.ask('a');
  thread.emit('error', new RangeError('out of memory'));
  thread.emit('exit', 1);
  await expect(answer).rejects.toThrow('out of memory');
  await expect(asked.ask('b')).rejects.toThrow('out of memory');
});

// Node hands out what a thread still said within the event that it ended, before anyone who waits for the answer can ask again.
test('a thread that ended right after its answer answers no further question', async () => {
  const first = asked.ask('a');
  thread.emit('message', 'A');
  thread.emit('exit', 1);
  await expect(first).resolves.toBe('A');
  await expect(asked.ask('b')).rejects.toMatchObject({ id: 'SIMULATION_WORKER_DIED' });
  expect(thread.posted).toEqual(['a']);
});

test('is ended from here', async () => {
  await asked.terminate();
  expect(thread.terminated).toBe(1);
});
