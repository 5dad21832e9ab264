const NEXT = 0;
const CANCELLED = 1;
const DONE_KIB = 2;
const DONE_UNITS = 3;
const FIELDS = 4;

export function createWriteControl(): SharedArrayBuffer {
  return new SharedArrayBuffer(FIELDS * 4);
}

/** The threads' agreement on who does what, through atomic operations. */
export class WriteControl {
  private readonly fields: Int32Array;

  constructor(shared: SharedArrayBuffer) {
    this.fields = new Int32Array(shared);
  }

  /** Number of the next unit that nobody has taken; beyond the last when all are. */
  claim(): number {
    return Atomics.add(this.fields, NEXT, 1);
  }

  cancel(): void {
    Atomics.store(this.fields, CANCELLED, 1);
  }

  get cancelled(): boolean {
    return Atomics.load(this.fields, CANCELLED) !== 0;
  }

  /** One more unit is done, of so many bytes. */
  addDone(bytes: number): void {
    Atomics.add(this.fields, DONE_KIB, Math.ceil(bytes / 1024));
    Atomics.add(this.fields, DONE_UNITS, 1);
  }

  get doneUnits(): number {
    return Atomics.load(this.fields, DONE_UNITS);
  }

  /** Bytes that were read, to a KiB a unit. */
  get doneBytes(): number {
    return (Atomics.load(this.fields, DONE_KIB) >>> 0) * 1024;
  }
}
