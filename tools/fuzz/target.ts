import type { Random } from './random';

/** One reader under test. */
export interface FuzzTarget {
  readonly name: string;
  /** An input, from nothing but the generator's numbers. */
  make(random: Random): Uint8Array;
  /** Reads it; may throw typed errors and nothing else. Checks what it accepted by `invariant`. */
  read(bytes: Uint8Array): void;
}

/** A promise about accepted input that was broken. Not a typed error of the library: it counts as a failure. */
export class BrokenInvariant extends Error {}

export function invariant(holds: boolean, promise: string): void {
  if (!holds) throw new BrokenInvariant(`not so: ${promise}`);
}
