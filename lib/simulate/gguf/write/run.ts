import { setImmediate } from 'node:timers/promises';
import { PAGE_BYTES } from '../../kernels/arena';
import { kernelModule } from '../../kernels/create';
import { createKernelMemory } from '../../kernels/memory';
import { workerDied } from '../../worker/died';
import { isRemote } from '../../worker/source';
import { WriteControl, createWriteControl } from './control';
import { GgufWriteHelpers } from './helpers';
import { writePart, type GgufWritePart } from './part';
import { ggufSlotBytes, unitCount, type GgufWritePlan } from './plan';

export interface GgufWriteOptions {
  /** This thread is one of them, where all files are on disk. */
  readonly threads: number;
  /** Threads that were started before; they are ended. */
  readonly helpers?: GgufWriteHelpers;
  readonly signal?: AbortSignal;
  /** Called some times a second with the bytes read. */
  readonly onProgress?: (doneBytes: number) => void;
  /** Brings what was written so far to the disk. Called again when it is done, and more was written. */
  readonly flush?: () => Promise<void>;
}

const PROGRESS_MS = 100;

/** For so long this thread hears no signal and shows no progress. */
const TURN_MS = 20;

/** A disk takes this much at once in less time than its answer takes. */
const FLUSH_BYTES = 8 * 1024 * 1024;

/**
 * Does all units of a plan in threads that share one memory: each reads rows, quantizes them and writes them to their place. Memory does
 * not grow with the model: each thread has one unit.
 *
 * @throws the signal's reason; FormatError for files that cannot be read or written; SimulationError
 */
export async function runGgufWrite(plan: GgufWritePlan, options: GgufWriteOptions): Promise<void> {
  const { helpers = new GgufWriteHelpers() } = options;
  try {
    options.signal?.throwIfAborted();
    await writeAll(plan, helpers, options);
  } finally {
    helpers.end();
  }
}

async function writeAll(
  plan: GgufWritePlan,
  helpers: GgufWriteHelpers,
  { threads, signal, onProgress, flush }: GgufWriteOptions,
): Promise<void> {
  const parts = partsOf(plan, Math.max(1, Math.min(threads, unitCount(plan))));
  const control = new WriteControl(parts[0].control);
  // Who waits for bytes from elsewhere cannot be who fetches them.
  const here = plan.files.some(isRemote) ? [] : parts.slice(0, 1);
  const report = (): void => onProgress?.(Math.min(control.doneBytes, plan.bytes));
  const flusher = flush && new Flusher(control, flush);
  const cancel = (): void => control.cancel();
  signal?.addEventListener('abort', cancel, { once: true });
  const timer = setInterval(() => {
    report();
    flusher?.begin();
  }, PROGRESS_MS);
  try {
    const elsewhere = helpers.write(parts.slice(here.length)).map(async (ended) => {
      const failure = await ended;
      if (failure === undefined) return;
      control.cancel();
      throw failure;
    });
    // All of them end before this returns, so that none writes into a file that was given up.
    const ends = await Promise.allSettled([...elsewhere, ...here.map((part) => writeHere(part, flusher))]);
    await flusher?.ended();
    signal?.throwIfAborted();
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
    // A thread that is ended from outside may say that all went well.
    if (control.doneUnits !== unitCount(plan)) throw workerDied(0);
    onProgress?.(plan.bytes);
  } finally {
    clearInterval(timer);
    signal?.removeEventListener('abort', cancel);
  }
}

function partsOf(plan: GgufWritePlan, threads: number): GgufWritePart[] {
  const memory = createKernelMemory();
  const slot = Math.ceil(ggufSlotBytes(plan) / PAGE_BYTES) * PAGE_BYTES;
  const base = memory.buffer.byteLength;
  memory.grow((slot / PAGE_BYTES) * threads);
  const control = createWriteControl();
  return Array.from({ length: threads }, (_, index) => {
    const start = base + index * slot;
    return { plan, control, memory, module: kernelModule(), slot: { start, end: start + slot } };
  });
}

/** This thread's part: with pauses, in which everything else that it has to do gets its turn. */
async function writeHere(part: GgufWritePart, flusher: Flusher | undefined): Promise<void> {
  const units = writePart(part);
  for (let turn = performance.now(); units.next().done !== true;) {
    flusher?.begin();
    if (performance.now() - turn < TURN_MS) continue;
    await setImmediate();
    turn = performance.now();
  }
}

/** Brings a file to the disk while it is still being written. */
class Flusher {
  private flushedBytes = 0;
  private running: Promise<void> | undefined;
  private failure: unknown;

  constructor(
    private readonly control: WriteControl,
    private readonly flush: () => Promise<void>,
  ) {}

  begin(): void {
    const { doneBytes } = this.control;
    if (this.running !== undefined || doneBytes - this.flushedBytes < FLUSH_BYTES) return;
    this.flushedBytes = doneBytes;
    this.running = this.flush()
      .catch((error: unknown) => {
        this.failure ??= error;
        this.control.cancel();
      })
      .finally(() => {
        this.running = undefined;
      });
  }

  /** Resolves when the last one has ended. @throws what one failed of: a system tells of a lost write only once */
  async ended(): Promise<void> {
    await this.running;
    if (this.failure !== undefined) throw this.failure;
  }
}
