import type { StreamPlan } from './plan';
import { UnitKind } from './plan';

// What the threads of a run share beside the kernels' memory, all of it through atomic operations.

const NEXT = 0;
const CANCELLED = 1;
const DONE_KIB = 2;
const FIELDS = 3;

/** Plain data for a worker; `StreamControl` gives it meaning. */
export interface SharedControl {
  readonly fields: SharedArrayBuffer;
  /** For each tensor: units of its range that are not done, lowest, highest. */
  readonly ranges: SharedArrayBuffer;
}

const PER_RANGE = 3;

export function createSharedControl(plan: StreamPlan): SharedControl {
  const fields = new SharedArrayBuffer(FIELDS * 4);
  const ranges = new SharedArrayBuffer(plan.tensors.length * PER_RANGE * 4);
  const view = new Int32Array(ranges);
  for (let tensor = 0; tensor < plan.tensors.length; tensor++) {
    view[tensor * PER_RANGE + 1] = orderable(Infinity);
    view[tensor * PER_RANGE + 2] = orderable(-Infinity);
  }
  for (const { kind, tensor } of plan.units) if (kind === UnitKind.RANGE) view[tensor * PER_RANGE]++;
  return { fields, ranges };
}

/** The threads' agreement on who does what. */
export class StreamControl {
  private readonly fields: Int32Array;
  private readonly ranges: Int32Array;

  constructor(shared: SharedControl) {
    this.fields = new Int32Array(shared.fields);
    this.ranges = new Int32Array(shared.ranges);
  }

  /** Number of the next unit that nobody has taken; beyond the last when all are. */
  claim(): number {
    return Atomics.add(this.fields, NEXT, 1);
  }

  cancel(): void {
    Atomics.store(this.fields, CANCELLED, 1);
    // Threads that wait for a range look again.
    for (let at = 0; at < this.ranges.length; at += PER_RANGE) Atomics.notify(this.ranges, at);
  }

  get cancelled(): boolean {
    return Atomics.load(this.fields, CANCELLED) !== 0;
  }

  addDone(bytes: number): void {
    Atomics.add(this.fields, DONE_KIB, Math.round(bytes / 1024));
  }

  /** Bytes that are done, to a KiB a unit. */
  get doneBytes(): number {
    return (Atomics.load(this.fields, DONE_KIB) >>> 0) * 1024;
  }

  /** Widens a tensor's range by that of some of its rows. NaN widens it too: it lies beyond the infinities. */
  addRange(tensor: number, lowest: number, highest: number): void {
    const at = tensor * PER_RANGE;
    this.replace(at + 1, orderable(lowest), (held, given) => given < held);
    this.replace(at + 2, orderable(highest), (held, given) => given > held);
    if (Atomics.sub(this.ranges, at, 1) === 1) Atomics.notify(this.ranges, at);
  }

  /** Waits until a tensor's range is whole. Its units come before those that need it, so that someone is at work on them. */
  waitForRange(tensor: number): { lowest: number; highest: number } | undefined {
    const at = tensor * PER_RANGE;
    for (;;) {
      const open = Atomics.load(this.ranges, at);
      if (open === 0) break;
      if (this.cancelled) return undefined;
      Atomics.wait(this.ranges, at, open, 100);
    }
    return {
      lowest: fromOrderable(Atomics.load(this.ranges, at + 1)),
      highest: fromOrderable(Atomics.load(this.ranges, at + 2)),
    };
  }

  private replace(at: number, given: number, wins: (held: number, given: number) => boolean): void {
    let held = Atomics.load(this.ranges, at);
    while (wins(held, given)) {
      const found = Atomics.compareExchange(this.ranges, at, held, given);
      if (found === held) return;
      held = found;
    }
  }
}

const float = new Float32Array(1);
const bits = new Int32Array(float.buffer);

/** Integers in the order of the f32 numbers. */
function orderable(value: number): number {
  float[0] = value;
  return bits[0] ^ ((bits[0] >> 31) & 0x7fffffff);
}

function fromOrderable(key: number): number {
  bits[0] = key ^ ((key >> 31) & 0x7fffffff);
  return float[0];
}
