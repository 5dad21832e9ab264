/** `data/sources/prices.json` → `lib/hardware/data/prices.json`: one row a type and region. */
import { readSource, toJson } from './emit.mjs';

export async function outputs() {
  const source = await readSource('prices.json');
  const value = {
    date: source.date,
    currency: source.currency,
    sources: source.sources,
    columns: ['instanceType', 'region', 'usdPerHour', 'source'],
    prices: source.prices.map((entry) => [entry.instanceType, entry.region, entry.usdPerHour, entry.source]),
  };
  return [{ file: 'lib/hardware/data/prices.json', text: toJson(value) }];
}
