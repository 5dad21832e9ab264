import { parsePriceFile, priceTableOf, setPrices, type PriceFile } from '../../lib/plan';
import { readIfThere } from '../input';

/** Where prices are kept unless `QE_PRICES` or `--out` says otherwise: beside the project that is planned. */
const DEFAULT_FILE = 'qe-prices.json';

export function pricesPath(): string {
  return process.env.QE_PRICES ?? DEFAULT_FILE;
}

/** The price file, or `undefined` where there is none. @throws SpecError `PRICES_UNREADABLE` for one that cannot be used */
export async function readPriceFile(path: string): Promise<PriceFile | undefined> {
  const text = await readIfThere(path, 'PRICES_UNREADABLE', 'fetch it again with qe prices, or remove it');
  return text === undefined ? undefined : parsePriceFile(text, path);
}

/** Makes every plan of this process use the price file, where there is one. */
export async function usePriceFile(): Promise<void> {
  const file = await readPriceFile(pricesPath());
  setPrices(file === undefined ? undefined : priceTableOf(file));
}
