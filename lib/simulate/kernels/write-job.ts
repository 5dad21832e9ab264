import type { KernelEngine } from './engine';

/**
 * Writes a job where the kernels can read it: its fields one after the other, as 32-bit integers.
 *
 * @param fields in the order in which the kernels declare them
 */
export function writeJob<Field extends string>(
  engine: KernelEngine,
  at: number,
  fields: readonly Field[],
  job: Readonly<Record<Field, number>>,
): void {
  const integers = engine.integers(at, fields.length);
  fields.forEach((field, index) => {
    integers[index] = job[field];
  });
}
