import { findInstance, findPrice, instanceTypes } from '../../hardware';
import type { Instance } from '../../hardware/types';
import type { EndpointSpec } from '../../spec/types';

/** Prices of this region stand for all where a spec names none, or where ours has no price. */
const PRICE_REGION = 'us-east-1';

interface Candidate {
  readonly instance: Instance;
  readonly usdPerHour: number;
}

const byRegion = new Map<string, readonly Candidate[]>();

/** Hosting instances, cheapest first; those of unknown price come last. */
function candidates(region: string | undefined): readonly Candidate[] {
  const key = region ?? PRICE_REGION;
  let list = byRegion.get(key);
  if (list === undefined) {
    list = instanceTypes()
      .map((type) => findInstance(type))
      .filter((instance): instance is Instance => instance !== undefined)
      .filter((instance) => region === undefined || instance.regions.includes(region))
      .map((instance) => ({ instance, usdPerHour: orderingPrice(instance, key) }))
      .sort((a, b) => a.usdPerHour - b.usdPerHour || a.instance.vcpus - b.instance.vcpus);
    byRegion.set(key, list);
  }
  return list;
}

/**
 * The price that an instance is ordered by. Where none is known, that of the next larger size of its family, which costs more; else last.
 */
function orderingPrice(instance: Instance, region: string): number {
  const own = priceOf(instance, region);
  if (own !== undefined) return own;
  const larger = instanceTypes()
    .map((type) => findInstance(type))
    .filter((other): other is Instance => other !== undefined && other.family === instance.family)
    .filter((other) => other.vcpus > instance.vcpus && other.acceleratorCount >= instance.acceleratorCount)
    .map((other) => priceOf(other, region))
    .filter((price): price is number => price !== undefined);
  return larger.length === 0 ? Infinity : Math.min(...larger);
}

function priceOf({ instanceType }: Instance, region: string): number | undefined {
  return (findPrice(instanceType, region) ?? findPrice(instanceType, PRICE_REGION))?.usdPerHour;
}

/** The cheapest instance of the spec's region that `accepts`; undefined where none does. */
export function cheapestInstance(spec: EndpointSpec, accepts: (instance: Instance) => boolean): Instance | undefined {
  return candidates(spec.region).find(({ instance }) => accepts(instance))?.instance;
}

/** What a server sees of an instance: instances of one kind differ in their host only, so that a model fits all of them or none. */
export function machineKind({ accelerator, acceleratorCount, cpuArchitecture, memoryBytes }: Instance): string {
  return accelerator === undefined ? `${cpuArchitecture} ${memoryBytes}` : `${accelerator.key} ${acceleratorCount}`;
}

const machinesByRegion = new Map<string, ReadonlyMap<string, Instance>>();

/** The cheapest instance of each kind of machine in a region, cheapest first. */
export function machines(region: string | undefined): ReadonlyMap<string, Instance> {
  const key = region ?? PRICE_REGION;
  let cheapest = machinesByRegion.get(key);
  if (cheapest === undefined) {
    const kinds = new Map<string, Instance>();
    for (const { instance } of candidates(region)) {
      const kind = machineKind(instance);
      if (!kinds.has(kind)) kinds.set(kind, instance);
    }
    machinesByRegion.set(key, (cheapest = kinds));
  }
  return cheapest;
}
