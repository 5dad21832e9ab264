export { accelerators, findAccelerator } from './accelerators';
export {
  findInstance,
  instanceDataDate,
  instanceTypes,
  isOffered,
  knownRegions,
  nearestInstanceTypes,
  requireInstance,
} from './instances';
export { builtInPrices, findPrice, priceKey, type PriceTable } from './prices';
export type { Accelerator, Instance, Price } from './types';
