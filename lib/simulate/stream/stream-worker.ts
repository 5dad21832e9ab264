import { KernelEngine } from '../kernels/engine';
import { StreamControl } from './control';
import { digestOf } from './digest';
import type { StreamMessage, StreamWorkerData } from './messages';
import { openInWorker, type WorkerSource } from '../worker/source';
import { UnitKind } from './plan';
import { StreamThread } from './thread';

/**
 * Takes units until none is left, the run is cancelled, or one fails.
 *
 * @param send delivers what was found
 */
export function runStreamWorker(data: StreamWorkerData, send: (message: StreamMessage) => void): void {
  const { plan } = data;
  const control = new StreamControl(data.control);
  const engine = new KernelEngine(data.memory, data.module, data.slot);
  const thread = new StreamThread(engine, plan, control, (result) => send({ kind: 'tensor', result }));
  const sources = new Map<number, WorkerSource>();
  const open = (file: number): WorkerSource => {
    let source = sources.get(file);
    if (source === undefined) {
      source = openInWorker(plan.files[file]);
      sources.set(file, source);
    }
    return source;
  };
  try {
    for (let next = control.claim(); next < plan.units.length && !control.cancelled; next = control.claim()) {
      const unit = plan.units[next];
      const tensor = plan.tensors[unit.tensor];
      const source = open(tensor.file);
      if (unit.kind === UnitKind.DIGEST) {
        const digest = digestOf(source, tensor.offset, tensor.bytes, () => control.cancelled);
        if (digest === undefined) break;
        send({ kind: 'digest', result: { tensor: unit.tensor, digest } });
        control.addDone(tensor.bytes);
        continue;
      }
      const { offset, bytes } = thread.span(unit);
      source.readSync(offset, engine.bytes(thread.pieceAt, bytes));
      if (unit.kind === UnitKind.RANGE) thread.range(unit);
      else thread.rows(unit);
      control.addDone(bytes);
    }
    thread.flush();
  } catch (error) {
    // The others need not go on: the run has failed.
    control.cancel();
    throw error;
  } finally {
    for (const source of sources.values()) source.closeSync();
  }
  send({ kind: 'ended' });
}
