import fc from 'fast-check';
import { pack, scarcest, type Demand, type Packing, type Reservation } from '../../lib/fleet';

const HOST: Reservation = { accelerators: 8, cpuCores: 16, memoryBytes: 64 };
const demand = (id: string, copies: number, accelerators: number, cpuCores = 0, memoryBytes = 0): Demand => ({
  id,
  copies,
  reserves: { accelerators, cpuCores, memoryBytes },
});

describe('packing models on instances', () => {
  test('nothing needs no instance', () => {
    expect(pack([], HOST)).toEqual({ instances: [], optimal: true });
    expect(pack([demand('a', 0, 99)], HOST)).toEqual({ instances: [], optimal: true });
  });

  test('models that fit together share an instance', () => {
    expect(pack([demand('large', 1, 4), demand('small', 4, 1)], HOST)).toEqual({
      instances: [
        [
          { id: 'large', copies: 1 },
          { id: 'small', copies: 4 },
        ],
      ],
      optimal: true,
    });
  });

  test('a copy that fits on no instance cannot be placed', () => {
    expect(pack([demand('a', 1, 9)], HOST)).toBeUndefined();
    expect(pack([demand('a', 1, 1, 0, 65)], HOST)).toBeUndefined();
  });

  test('each resource may be the one that is short', () => {
    expect(pack([demand('a', 3, 3)], HOST)!.instances).toHaveLength(2);
    expect(pack([demand('a', 3, 1, 6)], HOST)!.instances).toHaveLength(2);
    expect(pack([demand('a', 3, 1, 1, 22)], HOST)!.instances).toHaveLength(2);
  });

  test('finds what first-fit-decreasing misses', () => {
    // First fit takes 4+3, 3+2+2+…: three instances; 4+2+2 and 3+3+2 are two.
    const demands = [demand('a', 1, 4), demand('b', 2, 3), demand('c', 3, 2)];
    const packing = pack(demands, HOST)!;
    expect(packing).toMatchObject({ optimal: true });
    expect(packing.instances).toHaveLength(2);
  });

  test('a search that is given up says so, and still places every copy', () => {
    const demands = Array.from({ length: 24 }, (_, index) =>
      demand(`m${index}`, 5, 0, 4.1 + (index % 7) / 10, 11 + index),
    );
    const packing = pack(demands, HOST)!;
    expect(packing.optimal).toBe(false);
    expect(countOf(packing)).toBe(120);
  });

  test('names the resource that is exceeded by most', () => {
    expect(scarcest({ accelerators: 9, cpuCores: 64, memoryBytes: 65 }, HOST)).toBe('cpuCores');
    expect(scarcest({ accelerators: 9, cpuCores: 16, memoryBytes: 64 }, HOST)).toBe('accelerators');
    expect(scarcest(HOST, HOST)).toBeUndefined();
  });
});

const countOf = ({ instances }: Packing) => instances.flat().reduce((sum, { copies }) => sum + copies, 0);

const demands = fc
  .array(
    fc.record({
      copies: fc.integer({ min: 0, max: 3 }),
      reserves: fc.record({
        accelerators: fc.integer({ min: 0, max: 8 }),
        cpuCores: fc.integer({ min: 0, max: 16 }),
        memoryBytes: fc.integer({ min: 0, max: 64 }),
      }),
    }),
    { maxLength: 4 },
  )
  .map((list) => list.map((item, index) => ({ id: `m${index}`, ...item })));

/** Fewest instances, by trying every way to share the copies out. */
function fewest(all: readonly Demand[]): number {
  const copies = all.flatMap(({ copies, reserves }) => Array.from({ length: copies }, () => reserves));
  let best = copies.length;
  const bins: Reservation[] = [];
  const place = (index: number): void => {
    if (bins.length >= best) return;
    if (index === copies.length) {
      best = bins.length;
      return;
    }
    for (let at = 0; at <= bins.length; at++) {
      const before = bins[at] ?? { accelerators: 0, cpuCores: 0, memoryBytes: 0 };
      const after = sum(before, copies[index]);
      if (scarcest(after, HOST) !== undefined) continue;
      const isNew = at === bins.length;
      bins[at] = after;
      place(index + 1);
      if (isNew) bins.pop();
      else bins[at] = before;
    }
  };
  place(0);
  return best;
}

function sum(a: Reservation, b: Reservation): Reservation {
  return {
    accelerators: a.accelerators + b.accelerators,
    cpuCores: a.cpuCores + b.cpuCores,
    memoryBytes: a.memoryBytes + b.memoryBytes,
  };
}

describe('every packing', () => {
  const settings = { seed: 20261125, numRuns: 400 };

  test('places each copy once, and exceeds no instance', () => {
    fc.assert(
      fc.property(demands, (all) => {
        const { instances } = pack(all, HOST)!;
        for (const { id, copies } of all)
          expect(
            instances
              .flat()
              .filter((p) => p.id === id)
              .reduce((n, p) => n + p.copies, 0),
          ).toBe(copies);
        for (const instance of instances) {
          const used = instance
            .flatMap(({ id, copies }) => Array.from({ length: copies }, () => all.find((d) => d.id === id)!.reserves))
            .reduce(sum);
          expect(scarcest(used, HOST)).toBeUndefined();
        }
      }),
      settings,
    );
  });

  test('takes as few instances as an exhaustive search', () => {
    fc.assert(
      fc.property(
        demands.filter((all) => all.reduce((n, { copies }) => n + copies, 0) <= 7),
        (all) => {
          const packing = pack(all, HOST)!;
          expect(packing.optimal).toBe(true);
          expect(packing.instances).toHaveLength(fewest(all));
        },
      ),
      settings,
    );
  });
});
