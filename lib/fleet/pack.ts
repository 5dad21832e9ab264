import type { Demand, Packing, Placement, Reservation } from './types';

/** Steps of the search; a fleet of a dozen models is settled within hundreds. */
const MOST_STEPS = 20_000;

const RESOURCES = ['accelerators', 'cpuCores', 'memoryBytes'] as const;

/** Room for errors of rounding in sums of cores and bytes. */
const TOLERANCE = 1e-9;

/** One copy that has to be placed. */
interface Copy {
  readonly id: string;
  readonly reserves: Reservation;
}

/** An instance while it is filled. */
interface Bin {
  readonly copies: Copy[];
  readonly used: { accelerators: number; cpuCores: number; memoryBytes: number };
}

/**
 * Places all copies on as few instances of one kind as possible: bin packing in three dimensions, by branch and bound
 * from the first-fit-decreasing solution.
 *
 * @param host what one instance has to give
 * @returns undefined where some copy does not even fit on an instance of its own
 */
export function pack(demands: readonly Demand[], host: Reservation): Packing | undefined {
  if (demands.some(({ copies, reserves }) => copies > 0 && !isWithin(reserves, host))) return undefined;
  const copies = copiesOf(demands, host);
  const least = lowerBound(copies, host);
  const greedy = firstFit(copies, host);
  const search = new Search(copies, host, greedy, least);
  const bins = search.run();
  return { instances: bins.map(placementsOf), optimal: search.isExhausted || bins.length === least };
}

/** The resource that is exceeded by the largest factor; undefined where `needed` is within `host`. */
export function scarcest(needed: Reservation, host: Reservation): keyof Reservation | undefined {
  const exceeded = RESOURCES.filter((name) => needed[name] > host[name] * (1 + TOLERANCE));
  return exceeded.sort((a, b) => needed[b] / host[b] - needed[a] / host[a])[0];
}

function isWithin(needed: Reservation, host: Reservation): boolean {
  return scarcest(needed, host) === undefined;
}

/** Every copy, the one that takes the largest share of an instance first. */
function copiesOf(demands: readonly Demand[], host: Reservation): Copy[] {
  const copies = demands.flatMap(({ id, copies: count, reserves }) =>
    Array.from({ length: count }, (): Copy => ({ id, reserves })),
  );
  // Sorting is stable: copies of one model stay side by side.
  return copies.sort((a, b) => largestShare(b.reserves, host) - largestShare(a.reserves, host));
}

function largestShare(reserves: Reservation, host: Reservation): number {
  return Math.max(...RESOURCES.map((name) => share(reserves[name], host[name])));
}

function share(part: number, whole: number): number {
  return part === 0 ? 0 : part / whole;
}

/** No packing can do with fewer: each resource alone needs this many instances. */
function lowerBound(copies: readonly Copy[], host: Reservation): number {
  const sums = RESOURCES.map((name) =>
    copies.reduce((sum, { reserves }) => sum + share(reserves[name], host[name]), 0),
  );
  return Math.ceil(Math.max(0, ...sums) - TOLERANCE * copies.length);
}

function firstFit(copies: readonly Copy[], host: Reservation): Bin[] {
  const bins: Bin[] = [];
  for (const copy of copies) {
    let bin = bins.find((candidate) => takes(candidate, copy, host));
    if (bin === undefined) bins.push((bin = emptyBin()));
    put(bin, copy);
  }
  return bins;
}

/** Depth-first: each copy on every instance that is already begun, then on a new one. */
class Search {
  isExhausted = false;
  private steps = 0;
  private readonly open: Bin[] = [];

  constructor(
    private readonly copies: readonly Copy[],
    private readonly host: Reservation,
    private best: readonly Bin[],
    private readonly least: number,
  ) {}

  run(): readonly Bin[] {
    this.isExhausted = this.place(0, 0);
    return this.best;
  }

  /** False when the search was given up. `from`: copies alike are placed in the order of the instances. */
  private place(index: number, from: number): boolean {
    if (this.best.length <= this.least) return true;
    if (index === this.copies.length) {
      this.best = this.open.map(({ copies, used }) => ({ copies: [...copies], used: { ...used } }));
      return true;
    }
    const copy = this.copies[index];
    const next = this.copies[index + 1];
    for (let at = from; at <= this.open.length; at++) {
      if (++this.steps > MOST_STEPS) return false;
      const isNew = at === this.open.length;
      if (isNew && this.open.length + 1 >= this.best.length) break;
      if (!isNew && !takes(this.open[at], copy, this.host)) continue;
      if (isNew) this.open.push(emptyBin());
      put(this.open[at], copy);
      const goesOn = this.place(index + 1, next?.id === copy.id ? at : 0);
      take(this.open[at]);
      if (isNew) this.open.pop();
      if (!goesOn) return false;
    }
    return true;
  }
}

function emptyBin(): Bin {
  return { copies: [], used: { accelerators: 0, cpuCores: 0, memoryBytes: 0 } };
}

function takes({ used }: Bin, { reserves }: Copy, host: Reservation): boolean {
  return RESOURCES.every((name) => used[name] + reserves[name] <= host[name] * (1 + TOLERANCE));
}

function put(bin: Bin, copy: Copy): void {
  bin.copies.push(copy);
  for (const name of RESOURCES) bin.used[name] += copy.reserves[name];
}

function take(bin: Bin): void {
  const copy = bin.copies.pop()!;
  for (const name of RESOURCES) bin.used[name] -= copy.reserves[name];
}

function placementsOf({ copies }: Bin): Placement[] {
  const counts = new Map<string, number>();
  for (const { id } of copies) counts.set(id, (counts.get(id) ?? 0) + 1);
  return [...counts].map(([id, count]) => ({ id, copies: count }));
}
