import { SimulationError } from '../../../errors';
import { PAGE_BYTES } from '../../kernels/arena';
import { kernelModule } from '../../kernels/create';
import { createKernelMemory } from '../../kernels/memory';
import { uncarry, type StreamMessage } from '../../stream/messages';
import { RemoteFiles } from '../../worker/remote-files';
import { startWorker } from '../../worker/start';
import { WriteControl, createWriteControl } from './control';
import { ggufSlotBytes, type GgufWritePlan } from './plan';
import type { GgufWriteWorkerData } from './worker';

export interface GgufWriteOptions {
  readonly threads: number;
  readonly signal?: AbortSignal;
  /** Called some times a second with the bytes read. */
  readonly onProgress?: (doneBytes: number) => void;
}

const PROGRESS_MS = 100;

/**
 * Does all units of a plan in worker threads that share one memory: each reads rows, quantizes them and writes them to their place.
 * Memory does not grow with the model: each thread has one unit.
 *
 * @throws the signal's reason; FormatError for files that cannot be read or written; SimulationError
 */
export async function runGgufWrite(plan: GgufWritePlan, options: GgufWriteOptions): Promise<void> {
  options.signal?.throwIfAborted();
  const shared = createWriteControl();
  const control = new WriteControl(shared);
  const threads = Math.max(1, Math.min(options.threads, plan.units.length));
  const memory = createKernelMemory();
  const slot = Math.ceil(ggufSlotBytes(plan) / PAGE_BYTES) * PAGE_BYTES;
  const base = memory.buffer.byteLength;
  memory.grow((slot / PAGE_BYTES) * threads);

  const files = new RemoteFiles();
  const cancel = (): void => control.cancel();
  options.signal?.addEventListener('abort', cancel, { once: true });
  const timer = setInterval(() => options.onProgress?.(Math.min(control.doneBytes, plan.bytes)), PROGRESS_MS);
  try {
    const starts = Array.from({ length: threads }, (_, index) => base + index * slot);
    // All of them end before this returns, so that none writes into a file that was given up.
    const ends = await Promise.allSettled(
      starts.map((start) =>
        runWorker(
          {
            kind: 'gguf-write',
            plan,
            control: shared,
            memory,
            module: kernelModule(),
            slot: { start, end: start + slot },
          },
          files,
          control,
        ),
      ),
    );
    options.signal?.throwIfAborted();
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
    // A thread that is ended from outside may say that all went well.
    if (control.doneUnits !== plan.units.length) throw died(0);
    options.onProgress?.(plan.bytes);
  } finally {
    clearInterval(timer);
    options.signal?.removeEventListener('abort', cancel);
  }
}

function runWorker(data: GgufWriteWorkerData, files: RemoteFiles, control: WriteControl): Promise<void> {
  return new Promise((resolve, reject) => {
    let failure: Error | undefined;
    const worker = startWorker<StreamMessage>(data, files, (message) => {
      if (message.kind === 'error') failure = uncarry(message.error);
    });
    worker.on('error', (error) => {
      failure ??= error;
    });
    worker.on('exit', (code) => {
      if (failure === undefined && code === 0) return resolve();
      control.cancel();
      reject(failure ?? died(code));
    });
  });
}

function died(code: number): SimulationError {
  return new SimulationError('SIMULATION_WORKER_DIED', 'a worker thread ended before its work was done', {
    got: `exit code ${code}`,
    fix: 'try again with fewer threads: the system may have run out of memory',
  });
}
