import { Worker } from 'node:worker_threads';
import { SimulationError } from '../../errors';
import { kernelModule } from '../kernels/create';
import { WORKER_PROGRAM } from '../kernels/worker.generated';
import { uncarry } from '../stream/messages';
import type { GroupTask, LayerResult } from './task';
import type { GroupAnswer, GroupWorkerData } from './worker';

export interface GroupOptions {
  readonly threads: number;
  readonly signal?: AbortSignal;
  /** Called when a task is done. */
  readonly onDone?: (task: GroupTask) => void;
}

/**
 * Quantizes groups of layers in worker threads, each with a memory of its own: it holds one group at a time.
 *
 * @param tasks made one after the other, when a thread is free for the next
 * @throws the signal's reason; FormatError, SimulationError
 */
export async function runGroups(
  tasks: AsyncIterable<GroupTask>,
  { threads, signal, onDone }: GroupOptions,
): Promise<{ readonly task: GroupTask; readonly layers: readonly LayerResult[] }[]> {
  signal?.throwIfAborted();
  const results: { task: GroupTask; layers: readonly LayerResult[] }[] = [];
  const queue = tasks[Symbol.asyncIterator]();
  let failed = false;
  const workData: GroupWorkerData = { kind: 'groups', module: kernelModule() };
  const drain = async (): Promise<void> => {
    const worker = new Worker(WORKER_PROGRAM, { eval: true, workerData: workData });
    const stop = (): void => void worker.terminate();
    signal?.addEventListener('abort', stop, { once: true });
    try {
      for (;;) {
        if (failed) return;
        const { value: task, done } = await queue.next();
        if (done === true) return;
        results.push({ task, layers: await ask(worker, task) });
        onDone?.(task);
      }
    } catch (error) {
      failed = true;
      throw error;
    } finally {
      signal?.removeEventListener('abort', stop);
      await worker.terminate();
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: threads }, drain));
  signal?.throwIfAborted();
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  return results;
}

function ask(worker: Worker, task: GroupTask): Promise<readonly LayerResult[]> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      worker.off('message', onMessage).off('error', onError).off('exit', onExit);
    };
    const onMessage = (answer: GroupAnswer): void => {
      settle();
      if ('error' in answer) reject(uncarry(answer.error));
      else resolve(answer.layers);
    };
    const onError = (error: Error): void => {
      settle();
      reject(error);
    };
    const onExit = (code: number): void => {
      settle();
      reject(
        new SimulationError('SIMULATION_WORKER_DIED', 'a worker thread ended before its work was done', {
          got: `exit code ${code}`,
          fix: 'try again with fewer threads: the system may have run out of memory',
        }),
      );
    };
    worker.on('message', onMessage).on('error', onError).on('exit', onExit);
    worker.postMessage(task);
  });
}
