import type { MessagePort } from 'node:worker_threads';
import { KernelEngine } from '../kernels/engine';
import { createKernelMemory } from '../kernels/memory';
import type { WasmModule } from '../kernels/webassembly';
import { serveTasks } from '../worker/serve';
import { quantizeTask } from './quantize-task';
import type { GroupTask, LayerResult } from './task';

/** What a worker for groups starts with. */
export interface GroupWorkerData {
  readonly kind: 'groups';
  readonly module: WasmModule;
}

export function serveGroups({ module }: GroupWorkerData, port: MessagePort): void {
  const engine = new KernelEngine(createKernelMemory(), module);
  serveTasks<GroupTask, LayerResult[]>(port, (task) => quantizeTask(engine, task));
}
