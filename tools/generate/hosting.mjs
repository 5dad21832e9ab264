/** `data/sources/hosting.json` → `lib/container/data/hosting.json`: drivers of the inference AMIs, and the limits of the SageMaker API. */
import { readSource, toJson } from './emit.mjs';

export async function outputs() {
  const source = await readSource('hosting.json');
  const value = {
    date: source.date,
    sources: source.sources,
    amis: source.amis,
    defaultDrivers: Object.fromEntries(
      source.defaultDrivers.flatMap(({ families, driver, cuda }) => families.map((family) => [family, [driver, cuda]])),
    ),
    neededDrivers: Object.fromEntries(source.neededDriver.map(({ family, driver }) => [family, driver])),
    limits: source.limits,
    patterns: source.patterns,
  };
  return [{ file: 'lib/container/data/hosting.json', text: toJson(value) }];
}
