import type { MessagePort } from 'node:worker_threads';
import { KernelEngine } from '../kernels/engine';
import { createKernelMemory } from '../kernels/memory';
import type { WasmModule } from '../kernels/webassembly';
import { carry, type CarriedError } from '../stream/messages';
import { quantizeTask } from './quantize-task';
import type { GroupTask, LayerResult } from './task';

/** What a worker for groups starts with. */
export interface GroupWorkerData {
  readonly kind: 'groups';
  readonly module: WasmModule;
}

export type GroupAnswer = { readonly layers: readonly LayerResult[] } | { readonly error: CarriedError };

/** Answers each task with its layers, until the thread is ended. */
export function serveGroups({ module }: GroupWorkerData, port: MessagePort): void {
  const engine = new KernelEngine(createKernelMemory(), module);
  port.on('message', (task: GroupTask) => {
    let answer: GroupAnswer;
    try {
      answer = { layers: quantizeTask(engine, task) };
    } catch (error) {
      answer = { error: carry(error) };
    }
    port.postMessage(answer);
  });
}
