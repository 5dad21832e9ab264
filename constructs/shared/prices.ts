import { existsSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import type { IConstruct } from 'constructs';
import type { PriceTable } from '../../lib/hardware';
import { parsePriceFile, priceTableOf, setPrices } from '../../lib/plan';

/** Context key: path of the price file, for an app that does not run beside it. */
const PRICE_FILE_CONTEXT = 'cdk-quantized-endpoints:priceFile';

/** What `qe prices` writes unless it is told otherwise. */
const PRICE_FILE_NAME = 'qe-prices.json';

const tables = new WeakMap<IConstruct, { readonly prices?: PriceTable }>();

/** Makes plans use the prices that `qe prices` fetched, where the app has any; they are read once an app. */
export function usePrices(scope: IConstruct): void {
  const root = scope.node.root;
  let table = tables.get(root);
  if (table === undefined) {
    const file = path.resolve((scope.node.tryGetContext(PRICE_FILE_CONTEXT) as string | undefined) ?? PRICE_FILE_NAME);
    table = existsSync(file) ? { prices: priceTableOf(parsePriceFile(readFileSync(file, 'utf8'), file)) } : {};
    tables.set(root, table);
  }
  setPrices(table.prices);
}
