import { Worker } from 'node:worker_threads';
import { AskedWorker } from '../worker/asked-worker';
import type { WasmMemory, WasmModule } from '../kernels/webassembly';
import type { DecoderJob } from './decoder-jobs';
import type { DecoderShape } from './decoder-shape';
import { DecoderThread } from './decoder-thread';
import { FORWARD_WORKER_PROGRAM } from './worker.generated';
import type { ForwardAnswer, ForwardWorkerData } from './worker';

/** Runs jobs, none of which depends on another, on as many threads as it has slots. */
export interface DecoderPool {
  /**
   * @param signal checked between jobs; rejects with its reason
   * @param onDone called after each job
   */
  run(jobs: readonly DecoderJob[], signal?: AbortSignal, onDone?: () => void): Promise<void>;
  close(): Promise<void>;
}

type Slot = ForwardWorkerData['slot'];

/** One slot computes in this thread, more in worker threads. */
export function createDecoderPool(
  module: WasmModule,
  memory: WasmMemory,
  shape: DecoderShape,
  slots: readonly Slot[],
): DecoderPool {
  return slots.length === 1
    ? new InlinePool(new DecoderThread(module, memory, shape, slots[0]))
    : new WorkerPool(slots.map((slot) => ({ module, memory, shape, slot })));
}

class InlinePool implements DecoderPool {
  constructor(private readonly thread: DecoderThread) {}

  async run(jobs: readonly DecoderJob[], signal?: AbortSignal, onDone?: () => void): Promise<void> {
    for (const job of jobs) {
      signal?.throwIfAborted();
      this.thread.run(job);
      onDone?.();
      // A signal, a progress bar and Ctrl-C want their turn.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async close(): Promise<void> {}
}

class WorkerPool implements DecoderPool {
  private readonly workers: readonly AskedWorker<DecoderJob, ForwardAnswer>[];

  constructor(starts: readonly ForwardWorkerData[]) {
    // Flags of the main program, such as --input-type, are not for this one.
    this.workers = starts.map(
      (workerData) => new AskedWorker(new Worker(FORWARD_WORKER_PROGRAM, { eval: true, execArgv: [], workerData })),
    );
  }

  async run(jobs: readonly DecoderJob[], signal?: AbortSignal, onDone?: () => void): Promise<void> {
    let next = 0;
    const drain = async (worker: AskedWorker<DecoderJob, ForwardAnswer>) => {
      while (next < jobs.length) {
        signal?.throwIfAborted();
        const { error } = await worker.ask(jobs[next++]);
        if (error !== undefined) throw error;
        onDone?.();
      }
    };
    // All of them settle before this returns: a job still running would write into memory that is given to the next.
    const ends = await Promise.allSettled(this.workers.map(drain));
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  }

  async close(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.terminate()));
  }
}
