import { SimulationError } from '../../errors';
import type { WasmMemory } from './webassembly';

/** SIMD loads are fastest on addresses that share a cache line with nothing else. */
const ALIGNMENT = 64;

/** Bytes of a WebAssembly page. */
export const PAGE_BYTES = 65536;

/** The kernels keep their own constants below this address. */
export const KERNEL_BYTES = 2 * PAGE_BYTES;

/**
 * A piece of a WebAssembly memory, handed out from the front. Freed as a whole, or back to a mark: kernels need scratch for
 * one call, and tensors come and go in order.
 */
export class Arena {
  private next: number;

  /**
   * @param start first byte
   * @param end first byte beyond; without it the arena is the memory's last and grows it
   */
  constructor(
    readonly memory: WasmMemory,
    readonly start: number,
    readonly end?: number,
  ) {
    this.next = align(start);
  }

  /** Address of `bytes` bytes, 64-byte aligned. Their content is undefined. */
  reserve(bytes: number): number {
    const at = this.next;
    const after = align(at + bytes);
    if (this.end !== undefined) {
      if (after > this.end) throw outOfMemory(bytes);
    } else {
      const missing = after - this.memory.buffer.byteLength;
      if (missing > 0) this.grow(Math.ceil(missing / PAGE_BYTES), bytes);
    }
    this.next = after;
    return at;
  }

  /** Address of `bytes` bytes of zero. */
  reserveZeroed(bytes: number): number {
    const at = this.reserve(bytes);
    new Uint8Array(this.memory.buffer, at, bytes).fill(0);
    return at;
  }

  /** What `release` goes back to. */
  mark(): number {
    return this.next;
  }

  /** Gives back everything reserved since `mark`. */
  release(mark: number): void {
    this.next = mark;
  }

  /** Runs `work` and gives back what it reserved. */
  scoped<Result>(work: () => Result): Result {
    const mark = this.mark();
    try {
      return work();
    } finally {
      this.release(mark);
    }
  }

  /** The same of work that takes its time; nothing else may reserve meanwhile. */
  async scopedAsync<Result>(work: () => Promise<Result>): Promise<Result> {
    const mark = this.mark();
    try {
      return await work();
    } finally {
      this.release(mark);
    }
  }

  private grow(pages: number, wanted: number): void {
    try {
      this.memory.grow(pages);
    } catch {
      throw outOfMemory(wanted);
    }
  }
}

function align(address: number): number {
  return Math.ceil(address / ALIGNMENT) * ALIGNMENT;
}

function outOfMemory(bytes: number): SimulationError {
  return new SimulationError('SIMULATION_OUT_OF_MEMORY', `no room for ${bytes} bytes more in the kernels' memory`, {
    got: `${bytes} bytes`,
    allowed: 'at most 4 GiB in all: a 32-bit WebAssembly memory',
    fix: 'use fewer threads, or a machine with more memory',
  });
}
