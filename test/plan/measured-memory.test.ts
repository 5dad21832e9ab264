import { makePlan } from '../../lib/plan';
import { onDevice, readFixture, spread, type FixtureRow } from './fixtures';

const GIB = 2 ** 30;

/** One start of an engine, in what it says of its memory. */
interface MemoryRun extends FixtureRow {
  readonly deviceGiB: number;
  readonly kvGiB: number;
  readonly activationGiB?: number;
  readonly runtimeGiB?: number;
}

const rows = readFixture<MemoryRun>('measured-memory.json');
const planOf = ({ spec, deviceGiB }: MemoryRun) => makePlan(onDevice(spec, deviceGiB * GIB)).memory;
const named = (some: readonly MemoryRun[]) => some.map((row) => [row.id, row] as const);

describe('memory of engines that were started for it', () => {
  test.each(named(rows))('%s: the cache is within 2 %', (_id, row) => {
    expect(Math.abs((planOf(row).kvCache as number) / GIB / row.kvGiB - 1)).toBeLessThanOrEqual(0.02);
  });

  test('the cache has a median error of at most 0.3 %', () => {
    const errors = rows.map((row) => (planOf(row).kvCache as number) / GIB / row.kvGiB - 1);
    expect(spread(errors).median).toBeLessThanOrEqual(0.003);
  });

  // Kernels of experts reserve nothing of the device for themselves, and neither do ranks over NVLink: all rows of a number of ranks print the same.
  test.each([
    [1, 0.225, 0.241],
    [2, 0.07, 0.07],
    [4, 0.086, 0.086],
  ])('on %i GPUs, what is taken outside of PyTorch does not depend on the model', (ranks, least, most) => {
    const some = rows
      .filter(({ spec }) => spec.options?.tensorParallelSize === ranks)
      .flatMap(({ runtimeGiB = [] }) => runtimeGiB);
    expect(Math.min(...some)).toBeGreaterThanOrEqual(least - 0.001);
    expect(Math.max(...some)).toBeLessThanOrEqual(most);
  });

  test.each(['qwen2-graphs', 'qwen2-28-graphs', 'minimax-graphs'])(
    '%s: the peak is that of compiling the embedding',
    (id) => {
      const row = rows.find((each) => each.id === id) as MemoryRun;
      expect((planOf(row).activations as number) / GIB).toBeCloseTo(row.activationGiB as number, 2);
    },
  );
});
