import type { Worker } from 'node:worker_threads';
import { uncarry, type StreamMessage } from '../../stream/messages';
import { workerDied } from '../../worker/died';
import { RemoteFiles } from '../../worker/remote-files';
import { startWorker } from '../../worker/start';
import type { GgufWritePart } from './part';
import { GGUF_WRITE_PROGRAM } from './thread.generated';

interface Helper {
  readonly worker: Worker;
  /** Its end: of its part, or of the thread. */
  readonly ended: Promise<Error | undefined>;
}

/**
 * Threads that write parts of one file. A thread takes some 20 ms to start: who knows that a file is to be written starts them while its
 * source's headers are read, which takes as long.
 */
export class GgufWriteHelpers {
  private readonly files = new RemoteFiles();
  private readonly helpers: Helper[] = [];

  /** @param count threads to start at once; more are started when there are more parts */
  constructor(count = 0) {
    for (let index = 0; index < count; index++) this.helpers.push(start(this.files));
  }

  /**
   * Writes the parts, one a thread. Once only: a thread ends with its part.
   *
   * @returns for each part what it failed of; SimulationError `SIMULATION_WORKER_DIED` for a thread that just ended
   */
  write(parts: readonly GgufWritePart[]): Promise<Error | undefined>[] {
    return parts.map((part, index) => {
      const helper = this.helpers[index] ?? start(this.files);
      this.helpers[index] = helper;
      helper.worker.postMessage(part);
      return helper.ended;
    });
  }

  /** Ends the threads, those too that wait for a part that will not come. */
  end(): void {
    for (const { worker } of this.helpers) void worker.terminate();
  }
}

function start(files: RemoteFiles): Helper {
  const worker = startWorker(GGUF_WRITE_PROGRAM, {}, files);
  const ended = new Promise<Error | undefined>((resolve) => {
    worker.on('message', (message: StreamMessage) => {
      if (message.kind === 'error') resolve(uncarry(message.error));
      if (message.kind === 'ended') resolve(undefined);
    });
    worker.on('error', resolve);
    worker.on('exit', (code) => resolve(workerDied(code)));
  });
  return { worker, ended };
}
