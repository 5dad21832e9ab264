import type { Worker } from 'node:worker_threads';
import { workerDied } from './died';
import { WORKER_PROGRAM } from '../kernels/worker.generated';
import { uncarry, type CarriedError } from '../stream/messages';
import { isReadRequest } from './read-channel';
import { RemoteFiles } from './remote-files';
import { startWorker } from './start';

/** What a worker answers to a task. */
export type TaskAnswer<Result> = { readonly result: Result } | { readonly error: CarriedError };

export interface TaskOptions<Task, Result> {
  readonly threads: number;
  readonly signal?: AbortSignal;
  /** Called in this thread when a task is done. */
  readonly onDone: (task: Task, result: Result) => void;
}

/**
 * Runs tasks, none of which depends on another, in worker threads that take one at a time.
 *
 * @param data what each worker starts with; tells it which tasks it will get
 * @param tasks made one after the other, when a thread is free for the next
 * @throws the signal's reason; what a task throws; SimulationError `SIMULATION_WORKER_DIED`
 */
export async function runTasks<Task, Result>(
  data: object,
  tasks: AsyncIterable<Task> | Iterable<Task>,
  { threads, signal, onDone }: TaskOptions<Task, Result>,
): Promise<void> {
  signal?.throwIfAborted();
  const queue = oneByOne(tasks);
  const files = new RemoteFiles();
  let failed = false;
  const drain = async (): Promise<void> => {
    const worker = startWorker(WORKER_PROGRAM, data, files);
    const stop = (): void => void worker.terminate();
    signal?.addEventListener('abort', stop, { once: true });
    try {
      for (;;) {
        if (failed) return;
        const { value: task, done } = await queue.next();
        if (done === true) return;
        onDone(task, await ask<Task, Result>(worker, task));
      }
    } catch (error) {
      failed = true;
      throw error;
    } finally {
      signal?.removeEventListener('abort', stop);
      await worker.terminate();
    }
  };
  // All of them end before this returns: a task still running would write where nobody expects it.
  const ends = await Promise.allSettled(Array.from({ length: threads }, drain));
  signal?.throwIfAborted();
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

async function* oneByOne<Task>(tasks: AsyncIterable<Task> | Iterable<Task>): AsyncGenerator<Task> {
  yield* tasks;
}

function ask<Task, Result>(worker: Worker, task: Task): Promise<Result> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      worker.off('message', onMessage).off('error', onError).off('exit', onExit);
    };
    const onMessage = (answer: TaskAnswer<Result>): void => {
      if (isReadRequest(answer)) return;
      settle();
      if ('error' in answer) reject(uncarry(answer.error));
      else resolve(answer.result);
    };
    const onError = (error: Error): void => {
      settle();
      reject(error);
    };
    const onExit = (code: number): void => {
      settle();
      reject(workerDied(code));
    };
    worker.on('message', onMessage).on('error', onError).on('exit', onExit);
    worker.postMessage(task);
  });
}
