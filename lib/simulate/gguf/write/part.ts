import { closeSync, openSync } from 'node:fs';
import { writeFully } from '../../../format/write/atomic-file';
import { ggmlBytes } from '../../../scheme/gguf/types';
import { KernelEngine } from '../../kernels/engine';
import type { WasmMemory, WasmModule } from '../../kernels/webassembly';
import { openInWorker, type WorkerSource } from '../../worker/source';
import { convertRows } from './convert';
import { WriteControl } from './control';
import { unitAt, unitCount, type GgufUnit, type GgufWritePlan } from './plan';

/** What a thread needs to write its part of a file. Plain data: it travels to worker threads. */
export interface GgufWritePart {
  readonly plan: GgufWritePlan;
  readonly control: SharedArrayBuffer;
  readonly memory: WasmMemory;
  readonly module: WasmModule;
  readonly slot: { readonly start: number; readonly end: number };
}

/** Takes units until none is left, the run is cancelled, or one fails. Pauses after each, so that a thread can do other things too. */
export function* writePart(part: GgufWritePart): Generator<undefined, void> {
  const { plan } = part;
  const control = new WriteControl(part.control);
  const engine = new KernelEngine(part.memory, part.module, part.slot);
  const sources = new Map<number, WorkerSource>();
  const open = (file: number): WorkerSource => {
    const source = sources.get(file) ?? openInWorker(plan.files[file]);
    sources.set(file, source);
    return source;
  };
  let target: number | undefined;
  try {
    target = openSync(plan.target, 'r+');
    const count = unitCount(plan);
    for (let next = control.claim(); next < count && !control.cancelled; next = control.claim()) {
      const unit = unitAt(plan, next);
      writeUnit(engine, plan, unit, open, target);
      const { tensor, rows } = unit;
      control.addDone(ggmlBytes(plan.tensors[tensor].sourceType, rows * plan.tensors[tensor].columns));
      yield;
    }
  } catch (error) {
    control.cancel();
    throw error;
  } finally {
    if (target !== undefined) closeSync(target);
    for (const source of sources.values()) source.closeSync();
  }
}

function writeUnit(
  engine: KernelEngine,
  plan: GgufWritePlan,
  unit: GgufUnit,
  open: (file: number) => WorkerSource,
  target: number,
): void {
  const task = plan.tensors[unit.tensor];
  const read = ggmlBytes(task.sourceType, unit.rows * task.columns);
  const write = ggmlBytes(task.targetType, unit.rows * task.columns);
  engine.arena.scoped(() => {
    const at = engine.arena.reserve(read);
    const { file, offset, firstRow } = unit.part;
    const from = offset + ggmlBytes(task.sourceType, (unit.firstRow - firstRow) * task.columns);
    open(file).readSync(from, engine.bytes(at, read));
    const result = engine.bytes(convertRows(engine, task, unit, at), write);
    const to = task.targetOffset + ggmlBytes(task.targetType, unit.firstRow * task.columns);
    writeFully(target, plan.target, to, result);
  });
}
