import data from './data/instances.json';
import type { Accelerator } from './types';

type AcceleratorRecord = Omit<Accelerator, 'key'>;

/**
 * Every accelerator of a SageMaker hosting instance, by key. Peaks are dense figures of the vendor; usable memory is
 * the lowest total that `torch.cuda` printed for the part, which is what a framework multiplies its memory fraction by.
 */
export const accelerators: ReadonlyMap<string, Accelerator> = new Map(
  Object.entries(data.accelerators as unknown as Record<string, AcceleratorRecord>).map(([key, record]) => [
    key,
    Object.freeze({ key, ...record }),
  ]),
);

/** The accelerator with this key, or `undefined`. */
export function findAccelerator(key: string): Accelerator | undefined {
  return accelerators.get(key);
}
