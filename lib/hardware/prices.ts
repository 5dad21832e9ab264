import data from './data/prices.json';
import type { Price } from './types';

type Row = readonly [instanceType: string, region: string, usdPerHour: number, source: string];

/** Hosting prices on demand, keyed `instanceType region`. */
export type PriceTable = ReadonlyMap<string, Price>;

/** Key of one entry of a `PriceTable`. */
export function priceKey(instanceType: string, region: string): string {
  return `${instanceType} ${region}`;
}

const sources = data.sources as Readonly<Record<string, { source: string; date: string }>>;

/** The prices this package ships, each with its source and date. No price is inferred from another region or from EC2. */
export const builtInPrices: PriceTable = new Map(
  (data.prices as unknown as Row[]).map(([instanceType, region, usdPerHour, key]) => [
    priceKey(instanceType, region),
    Object.freeze({ usdPerHour, region, date: sources[key].date, source: sources[key].source }),
  ]),
);

/**
 * What one instance costs in USD an hour, on demand, hosting; `undefined` where no sourced price is known.
 *
 * @param table prices that win over the built-in ones, such as those just fetched
 */
export function findPrice(instanceType: string, region: string, table?: PriceTable): Price | undefined {
  const key = priceKey(instanceType, region);
  return table?.get(key) ?? builtInPrices.get(key);
}
