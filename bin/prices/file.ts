import { readFile } from 'node:fs/promises';
import { SpecError } from '../../lib/errors';
import { parsePriceFile, priceTableOf, setPrices, type PriceFile } from '../../lib/plan';

/** Where prices are kept unless `QE_PRICES` or `--out` says otherwise: beside the project that is planned. */
const DEFAULT_FILE = 'qe-prices.json';

export function pricesPath(): string {
  return process.env.QE_PRICES ?? DEFAULT_FILE;
}

/** The price file, or `undefined` where there is none. @throws SpecError `PRICES_UNREADABLE` for one that cannot be used */
export async function readPriceFile(path: string): Promise<PriceFile | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new SpecError('PRICES_UNREADABLE', `cannot read ${path}: ${(cause as Error).message}`, {
      path,
      fix: 'fetch it again with qe prices, or remove it',
      cause,
    });
  }
  return parsePriceFile(text, path);
}

/** Makes every plan of this process use the price file, where there is one. */
export async function usePriceFile(): Promise<void> {
  const file = await readPriceFile(pricesPath());
  setPrices(file === undefined ? undefined : priceTableOf(file));
}
