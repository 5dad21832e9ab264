import { closeSync, openSync } from 'node:fs';
import { writeFully } from '../../../format/write/atomic-file';
import { KernelEngine } from '../../kernels/engine';
import type { WasmMemory, WasmModule } from '../../kernels/webassembly';
import { openInWorker, type WorkerSource } from '../../worker/source';
import { convertRows } from './convert';
import { WriteControl } from './control';
import { typeBytes, type GgufWritePlan } from './plan';

/** What a worker that writes a GGUF file starts with. */
export interface GgufWriteWorkerData {
  readonly kind: 'gguf-write';
  readonly plan: GgufWritePlan;
  readonly control: SharedArrayBuffer;
  readonly memory: WasmMemory;
  readonly module: WasmModule;
  readonly slot: { readonly start: number; readonly end: number };
}

/** Takes units until none is left, the run is cancelled, or one fails. */
export function runGgufWriteWorker(data: GgufWriteWorkerData): void {
  const { plan } = data;
  const control = new WriteControl(data.control);
  const engine = new KernelEngine(data.memory, data.module, data.slot);
  const sources = new Map<number, WorkerSource>();
  const open = (file: number): WorkerSource => {
    const source = sources.get(file) ?? openInWorker(plan.files[file]);
    sources.set(file, source);
    return source;
  };
  const target = openSync(plan.target, 'r+');
  try {
    for (let next = control.claim(); next < plan.units.length && !control.cancelled; next = control.claim()) {
      const unit = plan.units[next];
      const task = plan.tensors[unit.tensor];
      const read = typeBytes(task.sourceType, unit.rows * task.columns);
      const write = typeBytes(task.targetType, unit.rows * task.columns);
      engine.arena.scoped(() => {
        const at = engine.arena.reserve(read);
        const from = task.sourceOffset + typeBytes(task.sourceType, unit.firstRow * task.columns);
        open(task.file).readSync(from, engine.bytes(at, read));
        const result = engine.bytes(convertRows(engine, task, unit, at), write);
        writeFully(
          target,
          plan.target,
          task.targetOffset + typeBytes(task.targetType, unit.firstRow * task.columns),
          result,
        );
      });
      control.addDone(read);
    }
  } catch (error) {
    control.cancel();
    throw error;
  } finally {
    closeSync(target);
    for (const source of sources.values()) source.closeSync();
  }
}
