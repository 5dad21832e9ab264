import { existsSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import type { IConstruct } from 'constructs';
import type { PriceTable } from '../../lib/hardware';
import {
  parseCorrections,
  parsePriceFile,
  priceTableOf,
  setCorrections,
  setPrices,
  type Correction,
} from '../../lib/plan';

/** A file that plans heed, of which the app may name another by context: for an app that does not run beside it. */
interface PlanningFile {
  readonly context: string;
  /** What the command that writes it calls it. */
  readonly name: string;
}

const PRICES: PlanningFile = { context: 'cdk-quantized-endpoints:priceFile', name: 'qe-prices.json' };
const CORRECTIONS: PlanningFile = { context: 'cdk-quantized-endpoints:correctionsFile', name: 'qe-corrections.json' };

interface Planning {
  readonly prices?: PriceTable;
  readonly corrections: readonly Correction[];
}

const plannings = new WeakMap<IConstruct, Planning>();

/**
 * Makes plans use the prices that `qe prices` fetched, and the speeds that `qe plan --measured --save-corrections` learned, where the
 * app has any; they are read once an app.
 *
 * @throws SpecError `PRICES_UNREADABLE`, `CORRECTIONS_UNREADABLE`
 */
export function usePlanningFiles(scope: IConstruct): void {
  const root = scope.node.root;
  let planning = plannings.get(root);
  if (planning === undefined) {
    planning = {
      prices: read(scope, PRICES, (text, file) => priceTableOf(parsePriceFile(text, file))),
      corrections: read(scope, CORRECTIONS, (text, file) => parseCorrections(text, file).corrections) ?? [],
    };
    plannings.set(root, planning);
  }
  setPrices(planning.prices);
  setCorrections(planning.corrections);
}

function read<T>(
  scope: IConstruct,
  { context, name }: PlanningFile,
  parse: (text: string, file: string) => T,
): T | undefined {
  const file = path.resolve((scope.node.tryGetContext(context) as string | undefined) ?? name);
  return existsSync(file) ? parse(readFileSync(file, 'utf8'), file) : undefined;
}
