import { findInstance, findPrice, instanceTypes } from '../../hardware';
import type { Instance } from '../../hardware/types';
import { currentPrices } from '../../plan';
import type { EndpointSpec } from '../../spec/types';

/** Prices of this region stand for all where a spec names none, or where ours has no price. */
const PRICE_REGION = 'us-east-1';

/** What the weights may take of an instance that is proposed, where no plan says what else the server takes. */
export const SHARE_OF_WEIGHTS = 0.85;

/** What can be had in a region, or anywhere. */
interface Market {
  /** Cheapest first; those of unknown price come last. */
  readonly instances: readonly Instance[];
  /** The cheapest instance of each kind of machine, cheapest first. */
  readonly machines: readonly { readonly kind: string; readonly instance: Instance }[];
  /** What each is ordered by. */
  readonly prices: ReadonlyMap<string, number>;
}

const markets = new Map<string | undefined, Market>();
let pricesOfMarkets = currentPrices();

function marketOf(region: string | undefined): Market {
  // Fetched prices may order instances in another way.
  if (pricesOfMarkets !== currentPrices()) {
    pricesOfMarkets = currentPrices();
    markets.clear();
  }
  let market = markets.get(region);
  if (market === undefined) {
    market = makeMarket(region);
    // Nothing is offered in a region that nobody knows, and anything may be written as one.
    if (market.instances.length > 0) markets.set(region, market);
  }
  return market;
}

function makeMarket(region: string | undefined): Market {
  const all = allInstances().map((instance) => ({ instance, usdPerHour: priceOf(instance, region ?? PRICE_REGION) }));
  const families = byFamily(all);
  const ordered = all
    .filter(({ instance }) => region === undefined || instance.regions.includes(region))
    .map((priced) => ({ instance: priced.instance, usdPerHour: orderingPrice(priced, families) }))
    .sort((a, b) => a.usdPerHour - b.usdPerHour || a.instance.vcpus - b.instance.vcpus);
  const instances = ordered.map(({ instance }) => instance);
  const prices = new Map(ordered.map(({ instance, usdPerHour }) => [instance.instanceType, usdPerHour]));
  const cheapest = new Map<string, Instance>();
  for (const instance of instances) {
    const kind = machineKind(instance);
    if (!cheapest.has(kind)) cheapest.set(kind, instance);
  }
  const machines = Array.from(cheapest, ([kind, instance]) => ({ kind, instance }));
  return { instances, machines, prices };
}

interface Priced {
  readonly instance: Instance;
  /** Undefined: not known. */
  readonly usdPerHour: number | undefined;
}

function allInstances(): readonly Instance[] {
  return instanceTypes()
    .map((type) => findInstance(type))
    .filter((instance) => instance !== undefined);
}

function byFamily(all: readonly Priced[]): ReadonlyMap<string, readonly Priced[]> {
  const families = new Map<string, Priced[]>();
  for (const priced of all) {
    const { family } = priced.instance;
    const known = families.get(family);
    if (known === undefined) families.set(family, [priced]);
    else known.push(priced);
  }
  return families;
}

/**
 * The price that an instance is ordered by. Where none is known, that of the next larger size of its family, which costs more; else last.
 */
function orderingPrice({ instance, usdPerHour }: Priced, families: ReadonlyMap<string, readonly Priced[]>): number {
  if (usdPerHour !== undefined) return usdPerHour;
  const { family, vcpus, acceleratorCount } = instance;
  const larger = (families.get(family) ?? []).filter(
    ({ instance: other }) => other.vcpus > vcpus && other.acceleratorCount >= acceleratorCount,
  );
  return Math.min(...larger.map((priced) => priced.usdPerHour ?? Infinity));
}

/** What an instance costs an hour in the region itself; undefined where nobody knows. */
export function knownPrice({ instanceType }: Instance, region: string | undefined): number | undefined {
  return region === undefined ? undefined : findPrice(instanceType, region, currentPrices())?.usdPerHour;
}

function priceOf({ instanceType }: Instance, region: string): number | undefined {
  const prices = currentPrices();
  return (findPrice(instanceType, region, prices) ?? findPrice(instanceType, PRICE_REGION, prices))?.usdPerHour;
}

/**
 * What an instance of a region likely costs an hour, for an order only: its price there, in another region, or that of the next larger size;
 * `Infinity` where none is known.
 */
export function likelyPrice(instanceType: string, region: string): number {
  return marketOf(region).prices.get(instanceType) ?? Infinity;
}

/** The cheapest instance of the spec's region that `accepts`; undefined where none does. */
export function cheapestInstance(spec: EndpointSpec, accepts: (instance: Instance) => boolean): Instance | undefined {
  return marketOf(spec.region).instances.find(accepts);
}

/**
 * As `cheapestInstance`, for a question whose answer depends on the accelerators and their number alone: asked once for each kind of machine,
 * of the cheapest instance that is one.
 */
export function cheapestMachine(
  spec: EndpointSpec,
  accepts: (instance: Instance, kind: string) => boolean,
): Instance | undefined {
  return marketOf(spec.region).machines.find(({ kind, instance }) => accepts(instance, kind))?.instance;
}

/** What a server sees of an instance. A CPU's memory is the host's. */
export function machineKind({ accelerator, acceleratorCount, cpuArchitecture, memoryBytes }: Instance): string {
  return accelerator === undefined ? `${cpuArchitecture} ${memoryBytes}` : `${accelerator.key} ${acceleratorCount}`;
}
