import type { Worker } from 'node:worker_threads';
import { workerDied } from './died';
import { isReadRequest } from './read-channel';

interface Waiting<Answer> {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

/** A worker thread that is asked one thing at a time. */
export class AskedWorker<Question, Answer> {
  private waiting?: Waiting<Answer>;
  /** Why there will be no more answers. A thread may end right after one, before it is asked again. */
  private ended?: Error;

  constructor(private readonly worker: Worker) {
    worker.on('message', (message: Answer) => {
      if (!isReadRequest(message)) this.settle(({ resolve }) => resolve(message));
    });
    worker.on('error', (error) => this.end(error));
    worker.on('exit', (code) => this.end(workerDied(code)));
  }

  /** @throws what the thread did not catch; SimulationError `SIMULATION_WORKER_DIED` where it ended, before or since */
  ask(question: Question): Promise<Answer> {
    if (this.ended !== undefined) return Promise.reject(this.ended);
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
      this.worker.postMessage(question);
    });
  }

  async terminate(): Promise<void> {
    await this.worker.terminate();
  }

  private end(error: Error): void {
    this.ended ??= error;
    this.settle(({ reject }) => reject(error));
  }

  private settle(how: (waiting: Waiting<Answer>) => void): void {
    const { waiting } = this;
    this.waiting = undefined;
    if (waiting !== undefined) how(waiting);
  }
}
