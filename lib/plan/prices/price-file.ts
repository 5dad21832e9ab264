import { SpecError } from '../../errors';
import { priceKey, type Price, type PriceTable } from '../../hardware';

/** First line of defence against a file of something else. */
const FORMAT = 'qe-prices';
const VERSION = 1;

/** What a price file holds: hosting prices on demand, as they were on one day. */
export interface PriceFile {
  readonly format: typeof FORMAT;
  readonly version: typeof VERSION;
  /** ISO date of the fetch. */
  readonly date: string;
  readonly source: string;
  /** USD an hour by region and instance type. */
  readonly prices: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

export function priceFile(date: string, source: string, prices: PriceFile['prices']): PriceFile {
  return { format: FORMAT, version: VERSION, date, source, prices };
}

/** Prices of another day join those of this one; where both know a price, `newer` wins. */
export function mergePriceFiles(older: PriceFile, newer: PriceFile): PriceFile {
  const prices: Record<string, Record<string, number>> = {};
  for (const [region, table] of Object.entries(older.prices)) prices[region] = { ...table };
  for (const [region, table] of Object.entries(newer.prices)) prices[region] = { ...table };
  return { ...newer, prices };
}

export function serializePriceFile(file: PriceFile): string {
  return `${JSON.stringify(file, undefined, 1)}\n`;
}

/**
 * Reads a price file's text.
 *
 * @throws SpecError `PRICES_UNREADABLE` for a file that is not one, with what is wrong in it
 */
export function parsePriceFile(text: string, path: string): PriceFile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw unreadable(path, `it is not JSON: ${(cause as Error).message}`);
  }
  const { format, version, date, source, prices } = (value ?? {}) as Partial<Record<keyof PriceFile, unknown>>;
  if (format !== FORMAT)
    throw unreadable(path, `its format is ${JSON.stringify(format) ?? 'missing'}, not "${FORMAT}"`);
  if (version !== VERSION)
    throw unreadable(path, `its version is ${JSON.stringify(version) ?? 'missing'}, and ${VERSION} is the one known`);
  if (typeof date !== 'string' || typeof source !== 'string') throw unreadable(path, 'it has no date or no source');
  if (typeof prices !== 'object' || prices === null || Array.isArray(prices))
    throw unreadable(path, 'it has no prices');
  for (const [region, table] of Object.entries(prices)) checkTable(table, region, path);
  return value as PriceFile;
}

function checkTable(table: unknown, region: string, path: string): void {
  if (typeof table !== 'object' || table === null) throw unreadable(path, `prices of ${region} are not an object`);
  for (const [type, price] of Object.entries(table)) {
    if (typeof price !== 'number' || !Number.isFinite(price) || price < 0)
      throw unreadable(path, `the price of ${type} in ${region} is ${JSON.stringify(price)}, not USD an hour`);
  }
}

/** As a table that plans look prices up in. */
export function priceTableOf({ date, source, prices }: PriceFile): PriceTable {
  const table = new Map<string, Price>();
  for (const [region, byType] of Object.entries(prices))
    for (const [type, usdPerHour] of Object.entries(byType))
      table.set(priceKey(type, region), { usdPerHour, region, date, source });
  return table;
}

function unreadable(path: string, why: string): SpecError {
  return new SpecError('PRICES_UNREADABLE', `${path} is not a price file: ${why}`, {
    path,
    allowed: 'a file that qe prices wrote',
    fix: 'fetch it again with qe prices, or remove it',
  });
}
