import type { PriceTable } from '../../hardware';

let current: PriceTable | undefined;

/**
 * Prices that win over those this package ships, for every plan made from now on: what a price file holds. `undefined` goes back to the
 * built-in ones.
 */
export function setPrices(prices: PriceTable | undefined): void {
  current = prices;
}

export function currentPrices(): PriceTable | undefined {
  return current;
}
