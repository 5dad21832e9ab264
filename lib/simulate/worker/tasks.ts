import { WORKER_PROGRAM } from '../kernels/worker.generated';
import { uncarry, type CarriedError } from '../stream/messages';
import { AskedWorker } from './asked-worker';
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
    const worker = new AskedWorker<Task, TaskAnswer<Result>>(startWorker(WORKER_PROGRAM, data, files));
    const stop = (): void => void worker.terminate();
    signal?.addEventListener('abort', stop, { once: true });
    try {
      for (;;) {
        if (failed) return;
        const { value: task, done } = await queue.next();
        if (done === true) return;
        const answer = await worker.ask(task);
        if ('error' in answer) throw uncarry(answer.error);
        onDone(task, answer.result);
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
