import { parentPort, workerData } from 'node:worker_threads';
import type { WasmMemory, WasmModule } from '../kernels/webassembly';
import type { DecoderJob } from './decoder-jobs';
import type { DecoderShape } from './decoder-shape';
import { DecoderThread } from './decoder-thread';

/** What a forward worker is started with. */
export interface ForwardWorkerData {
  readonly module: WasmModule;
  readonly memory: WasmMemory;
  readonly shape: DecoderShape;
  readonly slot: { readonly start: number; readonly end: number };
}

/** A job's answer: nothing, or what went wrong. */
export interface ForwardAnswer {
  readonly error?: unknown;
}

const { module, memory, shape, slot } = workerData as ForwardWorkerData;
const thread = new DecoderThread(module, memory, shape, slot);

parentPort?.on('message', (job: DecoderJob) => {
  let answer: ForwardAnswer = {};
  try {
    thread.run(job);
  } catch (error) {
    answer = { error };
  }
  parentPort?.postMessage(answer);
});
