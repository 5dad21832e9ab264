import { WORKER_PROGRAM } from '../kernels/worker.generated';
import { PAGE_BYTES } from '../kernels/arena';
import { kernelModule } from '../kernels/create';
import { createKernelMemory } from '../kernels/memory';
import { StreamControl, createSharedControl } from './control';
import { uncarry, type StreamMessage, type StreamWorkerData } from './messages';
import { type StreamMatrix, type StreamPlan } from './plan';
import { workerDied } from '../worker/died';
import { RemoteFiles } from '../worker/remote-files';
import { startWorker } from '../worker/start';
import type { TensorResult } from './tensor-result';
import { addFigures, slotBytes } from './thread';
import { FIGURE_FIELDS } from '../figures';

export interface StreamOptions {
  readonly threads: number;
  readonly signal?: AbortSignal;
  /** Called some times a second with the bytes done. */
  readonly onProgress?: (doneBytes: number) => void;
}

/** What a run found. */
export interface StreamResult {
  /** For each tensor that was quantized, by its number in the plan. */
  readonly tensors: ReadonlyMap<number, TensorResult>;
  /** SHA-256 of each tensor, where the plan asks for them. */
  readonly digests: ReadonlyMap<number, string>;
}

const PROGRESS_MS = 100;

/**
 * Does all units of a plan in worker threads that share one memory. Files are paths or addresses in S3. Memory does not grow with the
 * checkpoint: each thread has one piece.
 *
 * @throws the signal's reason; FormatError for a file that cannot be read; SimulationError
 */
export async function runStream(plan: StreamPlan, options: StreamOptions): Promise<StreamResult> {
  options.signal?.throwIfAborted();
  const results = new Collector(plan);
  const shared = createSharedControl(plan);
  const control = new StreamControl(shared);
  const threads = Math.max(1, Math.min(options.threads, plan.units.length));
  const memory = createKernelMemory();
  const slot = Math.ceil(slotBytes(plan) / PAGE_BYTES) * PAGE_BYTES;
  const base = memory.buffer.byteLength;
  memory.grow((slot / PAGE_BYTES) * threads);

  const files = new RemoteFiles();
  const cancel = (): void => control.cancel();
  options.signal?.addEventListener('abort', cancel, { once: true });
  const timer = setInterval(() => options.onProgress?.(control.doneBytes), PROGRESS_MS);
  try {
    const workers = Array.from({ length: threads }, (_, index) => {
      const start = base + index * slot;
      return {
        kind: 'stream' as const,
        plan,
        control: shared,
        memory,
        module: kernelModule(),
        slot: { start, end: start + slot },
      };
    });
    // All of them have done their work before this returns.
    const ends = await Promise.allSettled(workers.map((data) => runWorker(data, files, results, control)));
    options.signal?.throwIfAborted();
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
    options.onProgress?.(plan.bytes);
  } finally {
    clearInterval(timer);
    options.signal?.removeEventListener('abort', cancel);
  }
  return results;
}

function runWorker(
  data: StreamWorkerData,
  files: RemoteFiles,
  results: Collector,
  control: StreamControl,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let ended = false;
    const fail = (error: Error): void => {
      if (ended) return;
      control.cancel();
      reject(error);
    };
    const worker = startWorker<StreamMessage>(WORKER_PROGRAM, data, files, (message) => {
      if (message.kind === 'error') fail(uncarry(message.error));
      // Its last word: it holds no file any more, and what it still has to do is to end.
      else if (message.kind === 'ended') {
        ended = true;
        resolve();
      } else results.add(message);
    });
    worker.on('error', fail);
    // A thread that is ended from outside may say that all went well.
    worker.on('exit', (code) => fail(workerDied(code)));
  });
}

/** Adds up what the threads found. */
export class Collector implements StreamResult {
  readonly tensors = new Map<number, TensorResult>();
  readonly digests = new Map<number, string>();

  constructor(private readonly plan: StreamPlan) {}

  add(message: Exclude<StreamMessage, { kind: 'error' | 'ended' }>): void {
    if (message.kind === 'digest') {
      this.digests.set(message.result.tensor, message.result.digest);
      return;
    }
    const { tensor, figures, columnEnergy } = message.result;
    const held = this.tensors.get(tensor) ?? this.empty(tensor);
    for (let scheme = 0; scheme < this.plan.schemes; scheme++)
      addFigures(held.figures, figures, scheme * FIGURE_FIELDS);
    for (let column = 0; column < columnEnergy.length; column++) held.columnEnergy[column] += columnEnergy[column];
    this.tensors.set(tensor, held);
  }

  private empty(tensor: number): TensorResult {
    const { columns } = this.plan.tensors[tensor].matrix as StreamMatrix;
    return {
      tensor,
      figures: new Float64Array(this.plan.schemes * FIGURE_FIELDS),
      columnEnergy: new Float64Array(columns),
    };
  }
}
